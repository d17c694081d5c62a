/* SPDX-License-Identifier: MIT */
/*
 * The end of a job of libsidecar on a fake vCPU: every way to stop one, clients
 * that meet, Linux taking the vCPU.
 */
#include <signal.h>
#include <unistd.h>

#include "abi/job.h"
#include "run_job.h"

/* ---- Stopping ----------------------------------------------------------- */

static void stopped(void)
{
	assert_int_equal(poll_to_end(), SIDECAR_E_COMMAND);
	assert_true(p.ended);
	assert_int_equal(answer.result, SIDECAR_RESULT_STOPPED);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
}

static void stops_by_nmis(void **state)
{
	(void)state;
	begin();
	sidecar_job_ask_to_end(cpu(CPU + 1));
	assert_int_equal(*status(ID + 1), SIDECAR_IDLE);
	assert_int_equal(poll_for(3), SIDECAR_OK);
	sidecar_job_ask_to_end(cpu(CPU));
	stopped();
	assert_string_equal(answer.error, "job: stopped");
	assert_true(hw.nr_nmi >= 2);
	assert_int_equal(hw.nr_sent, hw.nr_nmi);
	assert_true(hw.sent[1] == (UINT64_C(2) << 32 | 0x4400));
	assert_false(answer.restarted);
	/* one NMI asks it to end, which it is given time for */
	begin_seen();
	hw.nr_nmi = 0;
	sidecar_job_ask_to_end(cpu(CPU));
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(hw.nr_nmi, 1);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_STOPPING);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_true(p.ended);
}

static void stops_by_privcmd_alone(void **state)
{
	(void)state;
	waker.icr = NULL;
	begin_seen();
	sidecar_job_ask_to_end(cpu(CPU));
	stopped();
	assert_true(hw.nr_nmi >= 2);
}

/* It is DOWN still: a wake, no NMI. */
static void stops_before_it_has_begun(void **state)
{
	(void)state;
	begin();
	sidecar_job_ask_to_end(cpu(CPU));
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(hw.nr_nmi, 0);
	assert_int_equal(hw.nr_up, 1);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
}

/* And has to be started again for that. */
static void stops_when_started_again(void **state)
{
	(void)state;
	timeout_ms = 2 * JOB_GRACE_MS;
	hw.deaf[ID] = true;
	begin();
	sidecar_job_ask_to_end(cpu(CPU));
	stopped();
	assert_true(answer.restarted);
	assert_string_equal(answer.error, "job: stopped");
}

static int held;

static void ends_and_lets_go(int signal)
{
	(void)signal;
	fake_job_end(ID, SIDECAR_RESULT_OK);
	close(held);
}

/* It ends while the NMI waits for another client's, and goes DOWN. */
static void stops_before_the_nmi(void **state)
{
	(void)state;
	begin_seen();
	sidecar_job_ask_to_end(cpu(CPU));
	held = fake_hold(ID);
	signal(SIGALRM, ends_and_lets_go);
	ualarm(20000, 0);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_true(p.ended);
	assert_int_equal(hw.nr_nmi, 0);
}

static void init_at_the_deadline(void **state)
{
	(void)state;
	timeout_ms = TIMEOUT_MS;
	hw.numb[ID] = true;
	begin_seen();
	sidecar_job_ask_to_end(cpu(CPU));
	stopped();
	assert_true(answer.restarted);
	assert_string_equal(answer.error, "job: did not stop: reset by INIT");
	assert_true(hw.sent[hw.nr_sent - 1] == (UINT64_C(2) << 32 | 0x469b));
	assert_int_equal(hw.job_at_start, SIDECAR_JOB_NONE);
	/* and nobody is there to send it */
	waker.icr = NULL;
	begin_seen();
	sidecar_job_ask_to_end(cpu(CPU));
	assert_int_equal(poll_to_end(), SIDECAR_E_WAY);
	assert_false(p.ended);
}

/* ---- Two clients -------------------------------------------------------- */

static void another_client_stops_it(void **state)
{
	struct sidecar *other;
	struct sidecar_answer a = {.size = sizeof(a)};
	bool restarted;

	(void)state;
	begin_seen();
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
			 SIDECAR_OK);
	assert_false(restarted);
	stopped();
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
			 SIDECAR_OK);
	assert_int_equal(sidecar_job_end(cpu_of(other, 0), &restarted),
			 SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_command(cpu_of(other, CPU),
					      SIDECAR_COMMAND_PING, NULL, 0,
					      &a),
			 SIDECAR_OK);
	sidecar_close(other);
}

/* Each sends what may be the first NMI; the job has its time all the same. */
static void another_client_asks_it(void **state)
{
	(void)state;
	begin_seen();
	*status(ID) = SIDECAR_STOP;
	waker.nmi(waker.ctx, ID);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_STOPPING);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(hw.nr_nmi, 2);
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
	timeout_ms = TIMEOUT_MS;
	begin_seen();
	hw.numb[ID] = true;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
			 SIDECAR_E_BUSY);
	assert_int_equal(hw.up[ID], true);
	sidecar_close(s);
	s = NULL;
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
			 SIDECAR_OK);
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
	timeout_ms = TIMEOUT_MS;
	begin_seen();
	hw.numb[ID] = hw.forgets = true;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
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
	timeout_ms = TIMEOUT_MS;
	begin_seen();
	fd = fake_hold(ID);
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
			 SIDECAR_E_BUSY);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	*status(ID) = SIDECAR_STOP;
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
			 SIDECAR_E_BUSY);
	assert_int_equal(hw.nr_nmi, 0);
	close(fd);
	sidecar_close(other);
}

/*
 * While a stop has looked at its job for the @look-th time, the job ends, and
 * other clients start something else there, if they can.
 */
static struct sidecar *third;
static uint32_t look, looks;
static int (*real_is_up)(void *ctx, uint32_t id);
static enum sidecar_error third_begins, third_pings;

static int meanwhile(void *ctx, uint32_t id)
{
	const struct sidecar_job job = {
		.size = sizeof(job), .file = file, .file_bytes = sizeof(file)};
	struct sidecar_answer a = {.size = sizeof(a)};
	int up = real_is_up(ctx, id);

	if (++looks != look)
		return up;
	looks = 1000;
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_true(p.ended);
	third_pings = sidecar_vcpu_command(cpu_of(third, CPU),
					   SIDECAR_COMMAND_PING, NULL, 0, &a);
	third_begins = sidecar_job_start(cpu_of(third, CPU), &job);
	while (!third_begins && command(ID)->job_state != SIDECAR_JOB_RUNNING)
		assert_int_equal(
			sidecar_job_poll(cpu_of(third, CPU), &p, &answer),
			SIDECAR_OK);
	return up;
}

/* A stop that something comes in between at its @n-th look. */
static enum sidecar_error stop_late(uint32_t n)
{
	struct sidecar *other;
	enum sidecar_error e;
	bool restarted;

	timeout_ms = TIMEOUT_MS;
	looks = 0;
	look = n;
	both_ways();
	begin_seen();
	assert_int_equal(open_other(&third), SIDECAR_OK);
	real_is_up = waker.is_up;
	waker.is_up = meanwhile;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	e = sidecar_job_end(cpu_of(other, CPU), &restarted);
	assert_int_equal(looks >= 1000, true);
	assert_false(restarted);
	sidecar_close(other);
	return e;
}

/* A STOP is for the job that was seen, not for the next one. */
static void stops_no_other_job(void **state)
{
	(void)state;
	/* between the first look and the one that counts: another runs */
	assert_int_equal(stop_late(1), SIDECAR_OK);
	assert_int_equal(third_begins, SIDECAR_OK);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(sidecar_job_poll(cpu_of(third, CPU), &p, &answer),
			 SIDECAR_OK);
	assert_true(p.ended);
	sidecar_close(third);
	/* between that and the swap nothing can begin */
	assert_int_equal(stop_late(2), SIDECAR_OK);
	assert_int_equal(third_pings, SIDECAR_E_BUSY);
	assert_int_equal(third_begins, SIDECAR_E_BUSY);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
	assert_int_equal(hw.nr_nmi, 0);
	sidecar_close(third);
}

static void ends_and_another_is_left(int signal)
{
	const struct sidecar_job job = {
		.size = sizeof(job), .file = file, .file_bytes = sizeof(file)};

	(void)signal;
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(sidecar_job_start(cpu_of(third, CPU), &job),
			 SIDECAR_OK);
	sidecar_close(third);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
}

/* Nor does INIT, for one that hears no NMI, but ends before its turn. */
static void kills_no_other_job(void **state)
{
	struct sidecar *other;
	bool restarted;

	(void)state;
	timeout_ms = TIMEOUT_MS;
	hw.numb[ID] = true;
	begin_seen();
	assert_int_equal(open_other(&third), SIDECAR_OK);
	assert_int_equal(open_other(&other), SIDECAR_OK);
	signal(SIGALRM, ends_and_another_is_left);
	ualarm((TIMEOUT_MS + TIMEOUT_MS / 2) * 1000, 0);
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
			 SIDECAR_OK);
	assert_false(restarted);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	sidecar_close(other);
}

static void its_client_died(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a)};
	bool restarted;

	(void)state;
	begin_seen();
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_true(sidecar_vcpu_has_job(cpu(CPU)));
	assert_int_equal(sidecar_vcpu_command(cpu(CPU), SIDECAR_COMMAND_PING,
					      NULL, 0, &a),
			 SIDECAR_E_BUSY);
	assert_int_equal(begin_on(CPU), SIDECAR_E_BUSY);
	assert_int_equal(sidecar_vcpu_online(cpu(CPU)), SIDECAR_E_BUSY);
	assert_int_equal(sidecar_vcpu_return(cpu(CPU)), SIDECAR_E_BUSY);
	assert_true(hw.up[ID]);
	assert_int_equal(sidecar_job_end(cpu(CPU), &restarted), SIDECAR_OK);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
}

/* Its job goes on: nobody could tell it. */
static void stops_nothing_without_a_way(void **state)
{
	struct sidecar *other;
	bool restarted;

	(void)state;
	begin_seen();
	waker.nmi = NULL;
	waker.icr = NULL;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU), &restarted),
			 SIDECAR_E_WAY);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	assert_int_equal(sidecar_job_end(cpu_of(other, CPU + 1), &restarted),
			 SIDECAR_OK);
	sidecar_close(other);
	assert_int_equal(poll_once(), SIDECAR_OK);
}

/* ---- Linux -------------------------------------------------------------- */

/* It hears no wake and is started again for its next command. */
static void answers_after_init(void)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	assert_int_equal(sidecar_vcpu_command(cpu(CPU), SIDECAR_COMMAND_PING,
					      NULL, 0, &a),
			 SIDECAR_OK);
	assert_true(a.restarted);
}

static void linux_takes_it(void **state)
{
	uint32_t sent;

	(void)state;
	timeout_ms = TIMEOUT_MS;
	begin_seen();
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
	answers_after_init();
}

/* Taken and given up between two looks. */
static void linux_borrows_it(void **state)
{
	(void)state;
	timeout_ms = TIMEOUT_MS;
	begin_seen();
	hw.up[ID] = false;
	hw.deaf[ID] = true;
	assert_int_equal(poll_to_end(), SIDECAR_E_TIMEOUT);
	assert_false(p.ended);
	answers_after_init();
	/* the next job, in place of that command */
	begin_seen();
	hw.up[ID] = false;
	hw.deaf[ID] = true;
	assert_int_equal(poll_to_end(), SIDECAR_E_TIMEOUT);
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
	assert_int_equal(poll_for(3), SIDECAR_OK);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_true(answer.restarted);
}

/* Between two looks, and nobody can ask Xen. */
static void linux_borrows_it_by_msr(void **state)
{
	(void)state;
	put_text("softirqs", "CPU2\nTIMER: 7\n");
	waker.up = NULL;
	waker.is_up = NULL;
	waker.nmi = NULL;
	begin_seen();
	assert_int_equal(poll_for(150), SIDECAR_OK);
	put_text("softirqs", "CPU2\nTIMER: 8\n");
	hw.deaf[ID] = true;
	assert_int_equal(poll_for(1000), SIDECAR_E_TIMEOUT);
	assert_false(p.ended);
	answers_after_init();
	unlink(in_tree("softirqs"));
}

/* xl vcpu-set: for a moment its folder has no file `online`. */
static void linux_drops_it(void **state)
{
	(void)state;
	begin_seen();
	put_cpu(CPU, "online", "");
	assert_int_equal(poll_for(150), SIDECAR_OK);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	assert_int_equal(ping_cpu(CPU + 1), SIDECAR_OK);
	put_cpu(CPU, "online", "0\n");
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	put_cpu(CPU, "online", "");
	assert_int_equal(ping_cpu(CPU), SIDECAR_E_LINUX);
	assert_non_null(strstr(detail_of(s), "try again"));
	put_cpu(CPU, "online", "0\n");
}

/* What cannot be read is Linux's. */
static void linux_may_have_it(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	put_cpu(CPU, "hotplug/state", "?\n");
	assert_int_equal(sidecar_vcpu_command(cpu(CPU), SIDECAR_COMMAND_PING,
					      NULL, 0, &a),
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
		CASE(stops_by_nmis),
		CASE(stops_by_privcmd_alone),
		CASE(stops_before_it_has_begun),
		CASE(stops_when_started_again),
		CASE(stops_before_the_nmi),
		CASE(init_at_the_deadline),
		CASE(another_client_stops_it),
		CASE(another_client_asks_it),
		CASE(another_client_cannot_stop_it),
		CASE(another_client_started_it_again),
		CASE(another_client_holds_it),
		CASE(stops_no_other_job),
		CASE(kills_no_other_job),
		CASE(its_client_died),
		CASE(stops_nothing_without_a_way),
		CASE(linux_borrows_it),
		CASE(linux_borrows_it_by_msr),
		CASE(linux_drops_it),
		CASE(linux_may_have_it),
		CASE(linux_takes_it),
		CASE(linux_takes_it_by_msr),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
