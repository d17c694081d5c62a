/* SPDX-License-Identifier: MIT */
/*
 * libsidecar for programs of any age: structs of other sizes, results that
 * nobody wants, waiting between polls.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "run_job.h"
#include "../../sidecar/lib/sized.h"

#define MS 1000000u

/* ---- Sizes -------------------------------------------------------------- */

/* As a newer header may have them: with members that we do not know. */
struct newer_answer {
	struct sidecar_answer known;
	uint64_t more[2];
};
struct newer_job {
	struct sidecar_job known;
	uint64_t more[2];
};

static void answers_of_newer_programs(void **state)
{
	struct newer_answer a = {.known.size = sizeof(a), .more = {7, 7}};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_command(cpu(CPU), SIDECAR_COMMAND_STATS,
					      NULL, 0, &a.known),
			 SIDECAR_OK);
	assert_int_equal(a.known.size, sizeof(a));
	assert_int_equal(a.known.ret[4], 104);
	assert_true(a.known.elapsed_ns > 0);
	assert_int_equal(a.more[0] | a.more[1], 0);
}

/* What they ask for and we do not know is not silently left out. */
static void jobs_of_newer_programs(void **state)
{
	struct newer_job job = {
		.known = {.size = sizeof(job),
			  .file = file,
			  .file_bytes = sizeof(file)},
	};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	job.more[1] = 1;
	assert_int_equal(sidecar_job_start(cpu(CPU), &job.known),
			 SIDECAR_E_ARGUMENT);
	assert_non_null(strstr(detail_of(s), "struct job: byte "));
	assert_int_equal(*status(ID), SIDECAR_IDLE);
	job.more[1] = 0;
	assert_int_equal(sidecar_job_start(cpu(CPU), &job.known), SIDECAR_OK);
}

/* A struct that grows, and a program that has the shorter one. */
static void structs_that_grow(void **state)
{
	struct {
		size_t size;
		uint32_t first, later;
	} ours = {0, 1, 2}, read;
	struct {
		size_t size;
		uint32_t first, none;
	} theirs = {offsetof(typeof(ours), later), 5, 6};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	sized_write(&theirs, &ours, sizeof(ours));
	assert_int_equal(theirs.size, offsetof(typeof(ours), later));
	assert_int_equal(theirs.first, 1);
	assert_int_equal(theirs.none, 6);
	assert_int_equal(
		sized_read(s, &read, sizeof(read), &theirs, theirs.size, "x"),
		SIDECAR_OK);
	assert_int_equal(read.first, 1);
	assert_int_equal(read.later, 0);
	sized_write(NULL, &ours, sizeof(ours));
}

static void sizes_that_are_none(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a) - 1};
	struct sidecar_job job = {.file = file, .file_bytes = sizeof(file)};
	struct sidecar_progress none = {.size = 0};

	(void)state;
	begin_seen();
	assert_int_equal(sidecar_vcpu_command(cpu(CPU + 1),
					      SIDECAR_COMMAND_PING, NULL, 0,
					      &a),
			 SIDECAR_E_ARGUMENT);
	assert_non_null(strstr(detail_of(s), "struct answer: size "));
	assert_int_equal(sidecar_job_start(cpu(CPU + 1), &job),
			 SIDECAR_E_ARGUMENT);
	assert_int_equal(sidecar_job_poll(cpu(CPU), &none, NULL),
			 SIDECAR_E_ARGUMENT);
	assert_int_equal(sidecar_job_poll(cpu(CPU), NULL, &a),
			 SIDECAR_E_ARGUMENT);
	/* the job is as it was */
	assert_int_equal(poll_for(3), SIDECAR_OK);
	assert_int_equal(command(ID + 1)->nr_commands, 0);
}

/* ---- Arguments ---------------------------------------------------------- */

static void arguments(void **state)
{
	const uint64_t arg[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	const struct sidecar_job job = {.size = sizeof(job), .file_bytes = 1};
	struct sidecar_vcpu *v;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	v = cpu(CPU);
	assert_int_equal(
		sidecar_vcpu_command(v, SIDECAR_COMMAND_PING, arg, 2, NULL),
		SIDECAR_OK);
	assert_int_equal(command(ID)->arg[0], 1);
	assert_int_equal(command(ID)->arg[1], 2);
	assert_int_equal(command(ID)->arg[2], 0);
	assert_int_equal(
		sidecar_vcpu_command(v, SIDECAR_COMMAND_PING, arg, 8, NULL),
		SIDECAR_OK);
	assert_int_equal(command(ID)->arg[7], 8);
	assert_int_equal(
		sidecar_vcpu_command(v, SIDECAR_COMMAND_PING, arg, 9, NULL),
		SIDECAR_E_ARGUMENT);
	assert_int_equal(
		sidecar_vcpu_command(v, SIDECAR_COMMAND_PING, NULL, 1, NULL),
		SIDECAR_E_ARGUMENT);
	assert_int_equal(
		sidecar_vcpu_command(v, SIDECAR_COMMAND_RUN, NULL, 0, NULL),
		SIDECAR_E_JOB);
	assert_int_equal(sidecar_job_start(v, &job), SIDECAR_E_ARGUMENT);
	assert_string_equal(detail_of(s), "CPU 2 (vCPU 1, APIC id 2): a job "
					  "without a file");
}

static void results_nobody_wants(void **state)
{
	(void)state;
	begin_seen();
	fake_log(ID, "not read", 8);
	assert_int_equal(sidecar_job_poll(cpu(CPU), NULL, NULL), SIDECAR_OK);
	assert_int_equal(command(ID)->log_tail, command(ID)->log_head);
	assert_int_equal(sidecar_job_end(cpu(CPU + 1), NULL), SIDECAR_OK);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(sidecar_job_poll(cpu(CPU), NULL, NULL), SIDECAR_OK);
	assert_int_equal(sidecar_job_poll(cpu(CPU), NULL, NULL), SIDECAR_E_JOB);
}

static void details(void **state)
{
	char text[8] = "1234567";

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_find_cpu(s, 99, NULL), SIDECAR_E_CPU);
	sidecar_get_detail(s, text, sizeof(text));
	assert_string_equal(text, "CPU 99 ");
	sidecar_get_detail(s, text, 0);
	assert_string_equal(text, "CPU 99 ");
	sidecar_get_detail(NULL, text, sizeof(text));
	assert_string_equal(text, "no memo");
	sidecar_close(NULL);
}

/* ---- The log in pieces -------------------------------------------------- */

/* It has ended when all of it has been handed over. */
static void log_in_small_buffers(void **state)
{
	char piece[4];
	struct sidecar_progress q = {
		.size = sizeof(q), .log = piece, .log_size = sizeof(piece)};

	(void)state;
	begin_seen();
	fake_log(ID, "abcdefghij", 10);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(sidecar_job_poll(cpu(CPU), &q, &answer),
				 SIDECAR_OK);
		assert_memory_equal(piece, "abcdefghij" + 4 * i, q.log_bytes);
		assert_int_equal(q.log_bytes, i < 2 ? 4 : 2);
		assert_int_equal(q.ended, i == 2);
		assert_int_equal(q.log_lost, 0);
	}
	assert_ptr_equal(q.log, piece);
	assert_int_equal(q.log_size, sizeof(piece));
	assert_int_equal(answer.ret[0], 42);
}

/* ---- Waiting ------------------------------------------------------------ */

static uint64_t waited_ns(uint32_t ms)
{
	uint64_t begin = clock_ns();

	assert_int_equal(sidecar_wait(s, ms), SIDECAR_OK);
	return clock_ns() - begin;
}

static void waits_for_jobs_alone(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_fd(s), -1);
	assert_true(waited_ns(30) >= 30 * MS);
	begin_seen();
	/* nothing tells when it ends: well before the hour is over */
	assert_true(waited_ns(3600000) < LONG_MS * UINT64_C(1000000));
	assert_true(waited_ns(0) < LONG_MS * UINT64_C(1000000));
}

static void runs_by_waits(void **state)
{
	enum sidecar_error e = SIDECAR_OK;

	(void)state;
	hw.job = FAKE_JOB_ENDS;
	hw.lost = 3;
	begin();
	for (p.ended = false; !e && !p.ended; e = poll_once())
		assert_int_equal(sidecar_wait(s, 1000), SIDECAR_OK);
	assert_int_equal(e, SIDECAR_OK);
	assert_int_equal(answer.ret[0], 42);
	assert_memory_equal(logged, "hello\n\033bye", 10);
}

static void version(void **state)
{
	char want[16];

	(void)state;
	snprintf(want, sizeof(want), "%d.%d", SIDECAR_VERSION_MAJOR,
		 SIDECAR_VERSION_MINOR);
	assert_string_equal(sidecar_version(), want);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(answers_of_newer_programs),
		CASE(jobs_of_newer_programs),
		CASE(structs_that_grow),
		CASE(sizes_that_are_none),
		CASE(arguments),
		CASE(results_nobody_wants),
		CASE(details),
		CASE(log_in_small_buffers),
		CASE(waits_for_jobs_alone),
		CASE(runs_by_waits),
		CASE(version),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
