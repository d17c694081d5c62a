/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl on fake vCPUs: jobs that are left with a process of their own, and
 * who attaches to them or waits.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl_says.h"

#define ID	1u /* vCPU of Linux's CPU 2 */
#define LONG_MS 10000u

static pid_t keeper;

static int setup(void **state)
{
	put_text("the.job", "a job's file");
	fake_setup(state);
	timeout_ms = LONG_MS;
	unlink(in_tree("run/lock/vcpu-1"));
	unlink(in_tree("run/lock/vcpu-2"));
	keeper = 0;
	return 0;
}

static int teardown(void **state)
{
	forget();
	return fake_teardown(state);
}

/* The process that it names; this one's handle is closed as sidecarctl's is. */
static void detach(const char *options_and_cpus)
{
	char line[256];
	const char *at;

	snprintf(line, sizeof(line), "run %s -q -d %s", in_tree("the.job"),
		 options_and_cpus);
	says(line);
	at = strstr(text, "kept by process ");
	if (!at)
		fail_msg("no process in: %s", text);
	keeper = atoi(at + strlen("kept by process "));
	assert_true(keeper > 1);
	sidecar_close(s);
	s = NULL;
}

static void keeper_ends(int want)
{
	int how;

	assert_int_equal(waitpid(keeper, &how, 0), keeper);
	assert_int_equal(WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how),
			 want);
}

static bool is_claimed(void)
{
	int fd = open(in_tree("run/lock/vcpu-1"), O_RDWR);
	bool claimed = flock(fd, LOCK_EX | LOCK_NB);

	assert_true(fd >= 0);
	close(fd);
	return claimed;
}

static void job_ends(uint32_t result, const char *error)
{
	struct sidecar_command *page = command(ID);

	page->result = result;
	page->error_len = (uint32_t)strlen(error);
	memcpy(page->error, error, page->error_len);
	page->job_state = SIDECAR_JOB_ENDED;
	page->command = SIDECAR_COMMAND_NONE;
	hw.up[ID] = false;
	*status(ID) = SIDECAR_IDLE;
}

/* ---- With its process --------------------------------------------------- */

static void waited_for(void **state)
{
	(void)state;
	detach("2");
	has("CPU 2 = vCPU 1 = APIC id 2: detached, kept by process ");
	assert_int_equal(c.exit, 0);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	assert_true(is_claimed());
	fake_log(ID, "hello\n", 6);
	job_ends(SIDECAR_RESULT_JOB, "job: exit status 0x5");
	says("wait 2");
	has("CPU 2 = vCPU 1 = APIC id 2: job: exit status 0x5");
	assert_null(strstr(text, "hello"));
	assert_int_equal(c.exit, 5);
	keeper_ends(0);
	assert_false(is_claimed());
	/* a command does not take what was noted */
	says("ping -q 2");
	says("wait 2");
	assert_int_equal(c.exit, 5);
	says("attach 2");
	has("hello\nCPU 2 = vCPU 1 = APIC id 2: job: exit status 0x5 after ");
	assert_int_equal(c.exit, EXIT_ANSWER);
	says("attach -j 2");
	has("\"error\": \"job: exit status 0x5\", \"ret\": [1, 0, ");
	has("\"log\": \"hello\\n\"}");
}

static void has_a_time_limit(void **state)
{
	(void)state;
	detach("-t 1 2");
	says("wait 2");
	has("job: stopped");
	assert_int_equal(c.exit, EXIT_STOPPED);
	keeper_ends(0);
	hw.up[ID] = false;
}

/* As a service manager does it: like run, it stops its jobs. */
static void is_told_to_end(void **state)
{
	(void)state;
	detach("2");
	assert_int_equal(kill(keeper, SIGTERM), 0);
	says("wait 2");
	assert_int_equal(c.exit, EXIT_STOPPED);
	keeper_ends(0);
	hw.up[ID] = false;
}

static void others_wait_for_it(void **state)
{
	(void)state;
	detach("2");
	timeout_ms = TIMEOUT_MS;
	warns("ping 2", "another client still uses it", true);
	assert_int_equal(c.exit, EXIT_ANSWER);
	timeout_ms = LONG_MS;
	says("stop 2");
	has("stopped\n");
	keeper_ends(0);
	says("wait 2");
	assert_int_equal(c.exit, EXIT_STOPPED);
}

/* One process for all of one call. */
static void on_many(void **state)
{
	(void)state;
	detach("2,3");
	has("CPU 2 = vCPU 1 = APIC id 2: detached, kept by process ");
	has("CPU 3 = vCPU 2 = APIC id 4: detached, kept by process ");
	job_ends(SIDECAR_RESULT_OK, "");
	says("wait 2");
	assert_int_equal(c.exit, 0);
	assert_int_equal(waitpid(keeper, NULL, WNOHANG), 0);
	says("stop -q 3");
	keeper_ends(0);
	/* the first that has not ended well counts */
	says("wait 2,3");
	has("CPU 2 = vCPU 1 = APIC id 2: job: done");
	has("CPU 3 = vCPU 2 = APIC id 4: job: stopped");
	assert_int_equal(c.exit, EXIT_STOPPED);
}

/* ---- Without ------------------------------------------------------------ */

static void its_process_is_killed(void **state)
{
	(void)state;
	detach("-t 1 2");
	assert_int_equal(kill(keeper, SIGKILL), 0);
	keeper_ends(SIGKILL);
	assert_false(is_claimed());
	fake_log(ID, "goes on\n", 8);
	/* nobody keeps its time any more, but anybody may stop it */
	warns("ping -q 2", "a job runs on it: stop it first", true);
	says("stop 2");
	has("stopped\n");
	says("attach 2");
	has("goes on\nCPU 2 = vCPU 1 = APIC id 2: job: stopped, ret");
	says("wait 2");
	assert_int_equal(c.exit, EXIT_STOPPED);
	says("ping -q 2");
	warns("wait 2", "no job, and no result of one, is on it", true);
	assert_int_equal(c.exit, EXIT_WAIT);
	warns("attach 2", "no job, and no result of one, is on it", true);
	assert_int_equal(c.exit, EXIT_ANSWER);
}

static void none_is_needed(void **state)
{
	char line[256];

	(void)state;
	snprintf(line, sizeof(line), "run %s -q -d 2", in_tree("the.job"));
	hw.job = FAKE_JOB_REFUSED;
	says(line);
	has("RUN: no after ");
	assert_int_equal(c.exit, EXIT_ANSWER);
	says("wait 2");
	assert_int_equal(c.exit, EXIT_DIED);
	hw.job = FAKE_JOB_ENDS;
	says(line);
	has("job: done after ");
	assert_null(strstr(text, "hello"));
	says("attach 2");
	has("hello\n?bye\nCPU 2 = vCPU 1 = APIC id 2: job: done after ");
	assert_int_equal(c.exit, 0);
}

static void exit_codes(void **state)
{
	static const struct {
		uint32_t result;
		const char *error;
		int exit;
	} ends[] = {
		{SIDECAR_RESULT_OK, "", 0},
		{SIDECAR_RESULT_JOB, "job: exit status 0x1", 1},
		{SIDECAR_RESULT_JOB, "job: exit status 0xff", 255},
		{SIDECAR_RESULT_JOB, "job: exit status 0x100", 255},
		{SIDECAR_RESULT_JOB, "garbage", 255},
		{SIDECAR_RESULT_JOB_DIED, "job: exception", EXIT_DIED},
		{SIDECAR_RESULT_STOPPED, "job: stopped", EXIT_STOPPED},
		{77, "x", EXIT_DIED},
	};

	(void)state;
	detach("2");
	kill(keeper, SIGKILL);
	keeper_ends(SIGKILL);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		job_ends(ends[i].result, ends[i].error);
		says("wait 2");
		assert_int_equal(c.exit, ends[i].exit);
	}
	/* errors of its own are none of these */
	warns("wait 9", "CPU 9 is in no sidecar node", true);
	assert_int_equal(c.exit, EXIT_WAIT);
	put_cpu(2, "online", "1\n");
	*status(ID) = SIDECAR_RUN;
	warns("wait 2", "Linux has it online", true);
	assert_int_equal(c.exit, EXIT_WAIT);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(waited_for),     CASE(has_a_time_limit),
		CASE(is_told_to_end), CASE(others_wait_for_it),
		CASE(on_many),	      CASE(its_process_is_killed),
		CASE(none_is_needed), CASE(exit_codes),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
