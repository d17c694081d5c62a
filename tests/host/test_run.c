/* SPDX-License-Identifier: MIT */
/*
 * Jobs of libsidecar on fake vCPUs: starting, wakes that are lost, a new start,
 * the log, every way to stop one, clients that meet, Linux taking the vCPU.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fake/sidecar.h"

#define ID	  1u /* vCPU of Linux's CPU 2, the first of its node */
#define CPU	  2u
#define POLL_NS	  1000000
#define MAX_POLLS 20000u
#define LONG_MS	  10000u /* for tests that are not about a deadline */

static const char file[] = "a job's file";
static struct sidecar_progress p;
static char logged[3 * SIDECAR_LOG_SIZE];
static size_t nr_logged;
static uint32_t nr_lost;

static int setup(void **state)
{
	fake_setup(state);
	config.timeout_ms = LONG_MS;
	return 0;
}

static enum sidecar_error begin_on(uint32_t linux_cpu)
{
	const struct sidecar_job job = {file, sizeof(file), {41, 2, 3, 4}, 1};

	nr_logged = nr_lost = 0;
	return sidecar_job_start(s, cpu(linux_cpu), &job);
}

static enum sidecar_error poll_once(void)
{
	enum sidecar_error e = sidecar_job_poll(s, cpu(CPU), &p);

	assert_true(p.log_bytes <= SIDECAR_LOG_SIZE);
	if (nr_logged + p.log_bytes <= sizeof(logged)) {
		memcpy(logged + nr_logged, p.log, p.log_bytes);
		nr_logged += p.log_bytes;
	}
	nr_lost += p.log_lost;
	return e;
}

/* Until it has ended, or it is known to run for more than @polls. */
static enum sidecar_error poll_for(uint32_t polls)
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

static enum sidecar_error poll_to_end(void)
{
	enum sidecar_error e = poll_for(MAX_POLLS);

	assert_true(e || p.ended);
	return e;
}

static void begin(void)
{
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
}

/* ---- Starting ----------------------------------------------------------- */

static void runs_to_its_end(void **state)
{
	const struct sidecar_command *c = command(ID);

	(void)state;
	fake_log(ID, "of an older job", 15);
	begin();
	assert_int_equal(*status(ID), SIDECAR_RUN);
	assert_int_equal(c->command, SIDECAR_COMMAND_RUN);
	assert_int_equal(c->arg[0], 0);
	assert_int_equal(c->arg[1], sidecar_job_bytes(s, cpu(CPU)));
	assert_int_equal(c->arg[2], 41);
	assert_int_equal(c->arg[5], 4);
	assert_int_equal(c->arg[6], 1);
	assert_memory_equal(scratch(ID), file, sizeof(file));
	assert_int_equal(begin_on(CPU), SIDECAR_E_JOB);
	assert_int_equal(poll_for(20), SIDECAR_OK);
	assert_false(p.ended);
	assert_int_equal(hw.nr_up, 1);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_int_equal(p.answer.ret[0], 42);
	assert_false(p.answer.restarted);
	assert_true(p.answer.elapsed_ns > 0);
	assert_int_equal(nr_logged, 0);
	assert_int_equal(hw.nr_sent, 0);
	assert_int_equal(poll_once(), SIDECAR_E_JOB);
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
}

/* The second of its node has the second share of scratch. */
static void has_its_own_slice(void **state)
{
	uint64_t bytes;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	bytes = sidecar_job_bytes(s, cpu(CPU));
	assert_int_equal(bytes, SCRATCH / 3 / 4096 * 4096);
	assert_int_equal(begin_on(CPU + 1), SIDECAR_OK);
	assert_int_equal(command(ID + 1)->arg[0], bytes);
	assert_memory_equal(scratch(ID) + bytes, file, sizeof(file));
	assert_int_equal(sidecar_job_bytes(s, cpu(0)), 0);
}

/* Large shares are whole large pages, where a job's memory can have them. */
static void sizes_of_slices(void **state)
{
	(void)state;
	scar.n[1].carve_size = 0xd00000;
	put_scar(sizeof(scar));
	control(1)->carve_size = 0xd00000;
	control(1)->scratch_size = 0xc00000;
	control(1)->scratch_offset = 0x100000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_job_bytes(s, cpu(5)), 0x400000);
	control(1)->scratch_size = 3 * 0x3ff000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_job_bytes(s, cpu(5)), 0x200000);
	control(1)->scratch_size = 3 * 0x1ff000 + 0x2000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_job_bytes(s, cpu(5)), 0x1ff000);
	control(1)->scratch_size = 0;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_job_bytes(s, cpu(5)), 0);
	assert_int_equal(begin_on(5), SIDECAR_E_JOB);
}

static void refused_by_the_client(void **state)
{
	static const uint8_t large[SCRATCH];
	struct sidecar_job job = {large, sizeof(large), {0}, 0};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_job_start(s, cpu(CPU), &job), SIDECAR_E_JOB);
	job.file_bytes = 0;
	assert_int_equal(sidecar_job_start(s, cpu(CPU), &job), SIDECAR_E_JOB);
	assert_int_equal(begin_on(0), SIDECAR_E_CPU);
	put_cpu(CPU, "online", "1\n");
	assert_int_equal(begin_on(CPU), SIDECAR_E_LINUX);
	put_cpu(CPU, "online", "0\n");
	*status(ID) = SIDECAR_REMOVED;
	assert_int_equal(begin_on(CPU), SIDECAR_E_REMOVED);
	*status(ID) = 0x55;
	assert_int_equal(begin_on(CPU), SIDECAR_E_STATE);
	assert_int_equal(hw.nr_up + hw.nr_sent, 0);
	*status(ID) = SIDECAR_IDLE;
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
}

static void refused_by_the_vcpu(void **state)
{
	(void)state;
	hw.job = FAKE_JOB_REFUSED;
	begin();
	assert_int_equal(poll_to_end(), SIDECAR_E_COMMAND);
	assert_true(p.ended);
	assert_int_equal(p.answer.result, SIDECAR_RESULT_REFUSED);
	assert_string_equal(p.answer.error, "RUN: no");
}

static void wakes_until_it_is_seen(void **state)
{
	(void)state;
	hw.lost = 3;
	begin();
	assert_int_equal(poll_for(40), SIDECAR_OK);
	assert_int_equal(hw.nr_up, 4);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	assert_int_equal(hw.nr_sent, 0);
}

static void restarts_once(void **state)
{
	(void)state;
	config.timeout_ms = TIMEOUT_MS;
	hw.deaf[ID] = true;
	begin();
	assert_int_equal(poll_for(3 * TIMEOUT_MS), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 2);
	assert_true(hw.sent[0] == (UINT64_C(2) << 32 | 0x4500));
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	assert_int_equal(command(ID)->arg[2], 41);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_true(p.answer.restarted);
	/* it starts again, but does not hear a wake even then */
	begin();
	hw.deaf[ID] = hw.dead[ID] = true;
	assert_int_equal(poll_to_end(), SIDECAR_E_TIMEOUT);
	assert_false(p.ended);
	assert_int_equal(*status(ID), SIDECAR_REMOVED);
}

static void cannot_restart_without_msr(void **state)
{
	(void)state;
	config.timeout_ms = TIMEOUT_MS;
	waker.icr = NULL;
	hw.deaf[ID] = true;
	begin();
	assert_int_equal(poll_to_end(), SIDECAR_E_TIMEOUT);
	hw.deaf[ID] = false;
	waker.up = NULL;
	*status(ID) = SIDECAR_IDLE;
	begin();
	assert_int_equal(poll_to_end(), SIDECAR_E_WAY);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
}

/* After a restore Xen knows nothing of it: VCPUOP_up is -EINVAL. */
static void restored(void **state)
{
	(void)state;
	hw.error = -22;
	begin();
	assert_int_equal(poll_once(), SIDECAR_OK);
	hw.error = 0;
	assert_int_equal(poll_for(20), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 2);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	hw.error = -1;
	assert_int_equal(begin_on(CPU + 1), SIDECAR_OK);
	assert_int_equal(sidecar_job_poll(s, cpu(CPU + 1), &p), SIDECAR_E_WAY);
}

/* ---- The log ------------------------------------------------------------ */

static void log_in_pieces(void **state)
{
	char text[1500];

	(void)state;
	command(ID)->log_head = command(ID)->log_tail =
		command(ID)->log_writing = 0xfffffe00;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	for (uint32_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (uint32_t turn = 0; turn < 3; turn++) {
		fake_log(ID, text, sizeof(text));
		assert_int_equal(poll_once(), SIDECAR_OK);
		assert_int_equal(p.log_bytes, sizeof(text));
		assert_memory_equal(p.log, text, sizeof(text));
	}
	fake_log(ID, "end", 3);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_memory_equal(p.log, "end", 3);
	assert_int_equal(nr_lost, 0);
}

static void log_overrun(void **state)
{
	char text[SIDECAR_LOG_SIZE + 100];

	(void)state;
	memset(text, 'x', 100);
	memset(text + 100, 'y', SIDECAR_LOG_SIZE);
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	fake_log(ID, text, sizeof(text));
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(p.log_lost, 100);
	assert_int_equal(p.log_bytes, SIDECAR_LOG_SIZE);
	assert_memory_equal(p.log, text + 100, SIDECAR_LOG_SIZE);
	/* the vCPU is in the middle of a write over the oldest 50 */
	fake_log(ID, text + 100, SIDECAR_LOG_SIZE);
	command(ID)->log_writing += 50;
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(p.log_lost, 50);
	assert_int_equal(p.log_bytes, SIDECAR_LOG_SIZE - 50);
}

/* Whatever is there, no more than the ring is read. */
static void log_hostile(void **state)
{
	static const uint32_t n[] = {0,		 1,	     2047,
				     2048,	 2049,	     0x7fffffff,
				     0x80000000, 0x80000800, 0xffffffff,
				     0xfffff7ff, 0xfffff800};
	const size_t nr = sizeof(n) / sizeof(n[0]);
	struct sidecar_command *c = command(ID);

	(void)state;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	for (size_t i = 0; i < nr * nr * nr; i++) {
		c->log_head = n[i % nr];
		c->log_tail = n[i / nr % nr];
		c->log_writing = n[i / nr / nr];
		assert_int_equal(poll_once(), SIDECAR_OK);
		assert_int_equal(c->log_tail, c->log_head);
	}
}

/* ---- Stopping ----------------------------------------------------------- */

static void stopped(void)
{
	assert_int_equal(poll_to_end(), SIDECAR_E_COMMAND);
	assert_true(p.ended);
	assert_int_equal(p.answer.result, SIDECAR_RESULT_STOPPED);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
}

static void stops_by_nmis(void **state)
{
	(void)state;
	begin();
	sidecar_job_stop(s, cpu(CPU + 1));
	assert_int_equal(*status(ID + 1), SIDECAR_IDLE);
	assert_int_equal(poll_for(3), SIDECAR_OK);
	sidecar_job_stop(s, cpu(CPU));
	stopped();
	assert_string_equal(p.answer.error, "job: stopped");
	assert_int_equal(hw.nr_nmi, 2);
	assert_int_equal(hw.nr_sent, 2);
	assert_true(hw.sent[1] == (UINT64_C(2) << 32 | 0x4400));
	assert_false(p.answer.restarted);
	/* one NMI asks it to end, which it is given time for */
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	sidecar_job_stop(s, cpu(CPU));
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(hw.nr_nmi, 3);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_STOPPING);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_true(p.ended);
}

static void stops_by_privcmd_alone(void **state)
{
	(void)state;
	waker.icr = NULL;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	sidecar_job_stop(s, cpu(CPU));
	stopped();
	assert_int_equal(hw.nr_nmi, 2);
}

/* It is DOWN still: a wake, no NMI. */
static void stops_before_it_has_begun(void **state)
{
	(void)state;
	begin();
	sidecar_job_stop(s, cpu(CPU));
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(hw.nr_nmi, 0);
	assert_int_equal(hw.nr_up, 1);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
}

static void init_at_the_deadline(void **state)
{
	(void)state;
	config.timeout_ms = TIMEOUT_MS;
	hw.numb[ID] = true;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	sidecar_job_stop(s, cpu(CPU));
	stopped();
	assert_true(p.answer.restarted);
	assert_string_equal(p.answer.error, "job: did not stop: INIT");
	assert_true(hw.sent[hw.nr_sent - 1] == (UINT64_C(2) << 32 | 0x469b));
	assert_int_equal(hw.job_at_start, SIDECAR_JOB_NONE);
	/* and nobody is there to send it */
	waker.icr = NULL;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	sidecar_job_stop(s, cpu(CPU));
	assert_int_equal(poll_to_end(), SIDECAR_E_WAY);
	assert_false(p.ended);
}

/* ---- Two clients -------------------------------------------------------- */

static void another_client_stops_it(void **state)
{
	struct sidecar *other;
	struct sidecar_answer a;
	bool restarted;

	(void)state;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	assert_int_equal(sidecar_open(&config, &other), SIDECAR_OK);
	assert_int_equal(sidecar_stop(other, cpu(CPU), &restarted), SIDECAR_OK);
	assert_false(restarted);
	stopped();
	assert_int_equal(sidecar_stop(other, cpu(CPU), &restarted), SIDECAR_OK);
	assert_int_equal(sidecar_stop(other, cpu(0), &restarted), SIDECAR_OK);
	assert_int_equal(sidecar_request(other, cpu(CPU), SIDECAR_COMMAND_PING,
					 NULL, &a),
			 SIDECAR_OK);
	sidecar_close(other);
}

/* The other's NMI has been the first: this client's is not at once the last. */
static void another_client_asks_it(void **state)
{
	(void)state;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	*status(ID) = SIDECAR_STOP;
	command(ID)->job_state = SIDECAR_JOB_STOPPING;
	assert_int_equal(poll_for(3), SIDECAR_OK);
	assert_int_equal(hw.nr_nmi, 0);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_true(p.ended);
}

/* One that hears no NMI is its own client's, until that one is gone. */
static void another_client_cannot_stop_it(void **state)
{
	struct sidecar *other;
	bool restarted;

	(void)state;
	config.timeout_ms = TIMEOUT_MS;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	hw.numb[ID] = true;
	assert_int_equal(sidecar_open(&config, &other), SIDECAR_OK);
	assert_int_equal(sidecar_stop(other, cpu(CPU), &restarted),
			 SIDECAR_E_BUSY);
	assert_int_equal(hw.up[ID], true);
	sidecar_close(s);
	s = NULL;
	assert_int_equal(sidecar_stop(other, 1, &restarted), SIDECAR_OK);
	assert_true(restarted);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
	sidecar_close(other);
}

/* Its own client has started the vCPU again meanwhile: no gates for NMIs. */
static void another_client_started_it_again(void **state)
{
	struct sidecar *other;
	bool restarted;

	(void)state;
	config.timeout_ms = TIMEOUT_MS;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	hw.numb[ID] = hw.forgets = true;
	assert_int_equal(sidecar_open(&config, &other), SIDECAR_OK);
	assert_int_equal(sidecar_stop(other, cpu(CPU), &restarted),
			 SIDECAR_E_BUSY);
	assert_int_equal(hw.nr_nmi, 1);
	sidecar_close(other);
}

/* And does so just now. */
static void another_client_holds_it(void **state)
{
	struct sidecar *other;
	bool restarted;
	int fd;

	(void)state;
	config.timeout_ms = TIMEOUT_MS;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	fd = fake_hold(ID);
	assert_int_equal(sidecar_open(&config, &other), SIDECAR_OK);
	assert_int_equal(sidecar_stop(other, cpu(CPU), &restarted),
			 SIDECAR_E_BUSY);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	*status(ID) = SIDECAR_STOP;
	assert_int_equal(sidecar_stop(other, cpu(CPU), &restarted),
			 SIDECAR_E_BUSY);
	assert_int_equal(hw.nr_nmi, 0);
	close(fd);
	sidecar_close(other);
}

static void its_client_died(void **state)
{
	struct sidecar_vcpu_info v;
	struct sidecar_answer a;
	bool restarted;

	(void)state;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	assert_int_equal(open_again(), SIDECAR_OK);
	sidecar_vcpu(s, cpu(CPU), &v);
	assert_true(v.job);
	assert_int_equal(
		sidecar_request(s, cpu(CPU), SIDECAR_COMMAND_PING, NULL, &a),
		SIDECAR_E_BUSY);
	assert_int_equal(begin_on(CPU), SIDECAR_E_BUSY);
	assert_int_equal(sidecar_online(s, cpu(CPU)), SIDECAR_E_BUSY);
	assert_int_equal(sidecar_return(s, cpu(CPU)), SIDECAR_E_BUSY);
	assert_true(hw.up[ID]);
	assert_int_equal(sidecar_stop(s, cpu(CPU), &restarted), SIDECAR_OK);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
}

/* ---- Linux -------------------------------------------------------------- */

static void linux_takes_it(void **state)
{
	struct sidecar_answer a;
	uint32_t sent;

	(void)state;
	config.timeout_ms = TIMEOUT_MS;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	sent = hw.nr_sent + hw.nr_up;
	/* about to, which may fail yet */
	put_cpu(CPU, "hotplug/state", "57\n");
	assert_int_equal(poll_for(150), SIDECAR_OK);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	put_cpu(CPU, "online", "1\n");
	assert_int_equal(poll_to_end(), SIDECAR_E_LINUX);
	assert_false(p.ended);
	assert_int_equal(hw.nr_sent + hw.nr_up, sent);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_NONE);
	put_cpu(CPU, "hotplug/state", "0\n");
	/* Linux has offlined it again, and it waits in Linux's own loop */
	put_cpu(CPU, "online", "0\n");
	hw.up[ID] = false;
	hw.deaf[ID] = true;
	assert_int_equal(
		sidecar_request(s, cpu(CPU), SIDECAR_COMMAND_PING, NULL, &a),
		SIDECAR_OK);
	assert_true(a.restarted);
}

/* Taken and given up between two looks. */
static void linux_borrows_it(void **state)
{
	struct sidecar_answer a;

	(void)state;
	begin();
	assert_int_equal(poll_for(3), SIDECAR_OK);
	hw.up[ID] = false;
	hw.deaf[ID] = true;
	assert_int_equal(poll_to_end(), SIDECAR_E_TIMEOUT);
	assert_false(p.ended);
	assert_int_equal(
		sidecar_request(s, cpu(CPU), SIDECAR_COMMAND_PING, NULL, &a),
		SIDECAR_OK);
	assert_true(a.restarted);
}

/* What cannot be read is Linux's. */
static void linux_may_have_it(void **state)
{
	struct sidecar_answer a;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	put_cpu(CPU, "hotplug/state", "?\n");
	assert_int_equal(
		sidecar_request(s, cpu(CPU), SIDECAR_COMMAND_PING, NULL, &a),
		SIDECAR_E_LINUX);
	assert_int_equal(hw.nr_sent + hw.nr_up, 0);
}

/* With msr alone nobody can tell that nothing runs there any more. */
static void linux_takes_it_by_msr(void **state)
{
	waker.up = NULL;
	waker.is_up = NULL;
	waker.nmi = NULL;
	linux_takes_it(state);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(runs_to_its_end),
		CASE(has_its_own_slice),
		CASE(sizes_of_slices),
		CASE(refused_by_the_client),
		CASE(refused_by_the_vcpu),
		CASE(wakes_until_it_is_seen),
		CASE(restarts_once),
		CASE(cannot_restart_without_msr),
		CASE(restored),
		CASE(log_in_pieces),
		CASE(log_overrun),
		CASE(log_hostile),
		CASE(stops_by_nmis),
		CASE(stops_by_privcmd_alone),
		CASE(stops_before_it_has_begun),
		CASE(init_at_the_deadline),
		CASE(another_client_stops_it),
		CASE(another_client_asks_it),
		CASE(another_client_cannot_stop_it),
		CASE(another_client_started_it_again),
		CASE(another_client_holds_it),
		CASE(its_client_died),
		CASE(linux_borrows_it),
		CASE(linux_may_have_it),
		CASE(linux_takes_it),
		CASE(linux_takes_it_by_msr),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
