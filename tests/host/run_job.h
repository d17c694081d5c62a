/* SPDX-License-Identifier: MIT */
/*
 * What the tests of jobs of libsidecar have in common: a job on a fake vCPU,
 * and what it has said so far. For each test setup().
 */
#ifndef RUN_JOB_H
#define RUN_JOB_H

#include <string.h>
#include <time.h>

#include "fake/sidecar.h"

#define ID	  1u /* vCPU of Linux's CPU 2, the first of its node */
#define CPU	  2u
#define POLL_NS	  1000000
#define MAX_POLLS 20000u
#define LONG_MS	  10000u /* for tests that are not about a deadline */

static const char file[] = "a job's file";
static char log_piece[SIDECAR_LOG_SIZE];
static struct sidecar_progress p = {
	.size = sizeof(p), .log = log_piece, .log_size = sizeof(log_piece)};
static struct sidecar_answer answer = {.size = sizeof(answer)};
static char logged[3 * SIDECAR_LOG_SIZE];
static size_t nr_logged;
static uint32_t nr_lost;

static inline int setup(void **state)
{
	fake_setup(state);
	timeout_ms = LONG_MS;
	return 0;
}

static inline enum sidecar_error begin_on(uint32_t linux_cpu)
{
	const struct sidecar_job job = {.size = sizeof(job),
					.file = file,
					.file_bytes = sizeof(file),
					.arg = {41, 2, 3, 4},
					.run_flags = 1};

	nr_logged = nr_lost = 0;
	return sidecar_job_start(cpu(linux_cpu), &job);
}

static inline enum sidecar_error poll_once(void)
{
	enum sidecar_error e = sidecar_job_poll(cpu(CPU), &p, &answer);

	assert_true(p.log_bytes <= SIDECAR_LOG_SIZE);
	if (nr_logged + p.log_bytes <= sizeof(logged)) {
		memcpy(logged + nr_logged, p.log, p.log_bytes);
		nr_logged += p.log_bytes;
	}
	nr_lost += p.log_lost;
	return e;
}

/* Until it has ended, or it is known to run for more than @polls. */
static inline enum sidecar_error poll_for(uint32_t polls)
{
	const struct timespec nap = {0, POLL_NS};
	enum sidecar_error e = SIDECAR_OK;

	for (uint32_t i = 0; i < polls && !e; i++) {
		e = poll_once();
		if (p.ended)
			return e;
		nanosleep(&nap, NULL);
	}
	return e;
}

static inline enum sidecar_error poll_to_end(void)
{
	enum sidecar_error e = poll_for(MAX_POLLS);

	assert_true(e || p.ended);
	return e;
}

static inline void begin(void)
{
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
}

/* The same, and the vCPU has had time to see it. */
static inline void begin_seen(void)
{
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
}

#endif
