/* SPDX-License-Identifier: MIT */
/*
 * The longest time the vCPU was not running: a loop reads the TSC for arg[0] ms
 * (1000 if 0).
 * Logs a histogram of the gaps between two reads; ret: gaps, longest, ticks in
 * all, ticks per ms.
 */
#include "abi/jitter.h"
#include "sidecar/job.h"

#define DEFAULT_MS 1000u
#define MAX_MS	   (JITTER_MAX_SECONDS * 1000u)

#define LINES_AT_ONCE 32u
#define PAUSE_NS      5000000u

static struct jitter result;

static void log_result(struct job_services *s)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < JITTER_BINS; i++) {
		if (!result.bin[i])
			continue;
		job_put(s, JITTER_LOG_FROM);
		job_put_number(s, jitter_edge(i));
		job_put(s, JITTER_LOG_GAPS);
		job_put_number(s, result.bin[i]);
		job_put(s, "\n");
		/* the client keeps up: its ring has room for more than these */
		if (++nr % LINES_AT_ONCE == 0)
			job_wait(PAUSE_NS);
	}
}

int job_main(struct job_services *s)
{
	uint64_t ms = s->arg[0] ? s->arg[0] : DEFAULT_MS;

	if (ms > MAX_MS) {
		job_put(s, "the first argument: want at most 3600000 ms\n");
		return 1;
	}
	jitter_run(&result, ms * s->tsc_khz, &s->stop);
	log_result(s);
	s->ret[0] = result.nr;
	s->ret[1] = result.longest;
	s->ret[2] = result.ticks;
	s->ret[3] = s->tsc_khz;
	return 0;
}
