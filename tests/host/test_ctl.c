/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl on fake vCPUs: what run, jitter, stop, regs and translate print,
 * as text and as JSON.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

#include "ctl_says.h"
#include "../../sidecar/ctl/job_file.h"
#include "../../sidecar/ctl/report.h"

#define LONG_MS 10000u /* nothing here is about a deadline */

static int setup(void **state)
{
	put_text("the.job", "a job's file");
	fake_setup(state);
	timeout_ms = LONG_MS;
	return 0;
}

static int teardown(void **state)
{
	forget();
	return fake_teardown(state);
}

static void run_one(const char *options_and_cpus)
{
	char line[256];

	snprintf(line, sizeof(line), "run %s -q %s", in_tree("the.job"),
		 options_and_cpus);
	says(line);
}

static void registers(void **state)
{
	(void)state;
	hw.no_register = true;
	says("regs 2,3");
	has("CPU 2 = vCPU 1 = APIC id 2: \n    cr0            "
	    "0x0000000000000064\n");
	has("\nCPU 3 = vCPU 2 = APIC id 4: ");
	has("    kernel_gs_base 0x0000000000000064\n");
	assert_null(strstr(text, "dr0"));
	says("regs -j 2");
	has("[\n  {\"linux_cpu\": 2, \"vcpu\": 1, \"apic_id\": 2, \"cr0\": "
	    "100, \"cr2\": 100,");
	has("\"kernel_gs_base\": 100}\n]\n");
	assert_int_equal(c.exit, 0);
}

static void addresses(void **state)
{
	(void)state;
	says("translate 4096 5");
	has("CPU 5 = vCPU 5 = APIC id 10: \n    virtual        "
	    "0x0000000000001000\n    physical       0x00000000000001f4\n"
	    "    entry          0x00000000000001f5\n");
}

static void jobs(void **state)
{
	(void)state;
	hw.job = FAKE_JOB_ENDS;
	run_one("-a 6 2");
	has("hello\n?bye\nCPU 2 = vCPU 1 = APIC id 2: job: done after ");
	has(" us, ret 7 0 0 0 0 0 0 0\n");
	run_one("-A");
	has("CPU 2: hello\n");
	has("CPU 7: ?bye\n");
	has("CPU 7 = vCPU 7 = APIC id 14: job: done after ");
	run_one("-j -N 1");
	has("{\"linux_cpu\": 5, \"vcpu\": 5, \"apic_id\": 10, \"result\": 0, "
	    "\"error\": \"\", \"ret\": [1, 0, 0, 0, 0, 0, 0, 0], \"ns\": ");
	has("\"restarted\": false, \"log\": \"hello\\n?bye\"}");
	assert_null(strstr(text, "\"linux_cpu\": 2,"));
	assert_int_equal(c.exit, 0);
}

static void jobs_by_name(void **state)
{
	char dir[256];

	(void)state;
	hw.job = FAKE_JOB_ENDS;
	snprintf(dir, sizeof(dir), "%s", in_tree("."));
	job_file_folder = dir;
	says("run -q the 2");
	has("CPU 2 = vCPU 1 = APIC id 2: job: done after ");
	job_file_folder = "/nowhere";
	says("run -q the 2");
	assert_int_equal(c.exit, 1);
}

static void jobs_that_fail(void **state)
{
	(void)state;
	hw.job = FAKE_JOB_REFUSED;
	run_one("3");
	has("CPU 3 = vCPU 2 = APIC id 4: RUN: no after ");
	assert_int_equal(c.exit, EXIT_ANSWER);
	run_one("0");
	assert_int_equal(c.exit, EXIT_CPU);
	run_one("9");
	assert_int_equal(c.exit, EXIT_CPU);
	control(1)->magic = 0;
	run_one("7");
	assert_int_equal(c.exit, EXIT_BAD);
	put_cpu(2, "online", "1\n");
	run_one("2");
	assert_int_equal(c.exit, EXIT_LINUX);
	warns("run /nowhere/x 3", "job /nowhere/x: No such file", true);
	assert_string_equal(text, "");
	assert_int_equal(c.exit, 1);
	says("run -j /nowhere/x 3");
	assert_string_equal(text, "[\n  {\"error\": \"system error\", "
				  "\"detail\": \"job /nowhere/x: No such "
				  "file or directory\"}\n]\n");
	assert_int_equal(c.exit, 1);
}

/* Nothing is lost without a word. */
static void complaints(void **state)
{
	FILE *out = stdout, *err = stderr;
	char *said = NULL, want[512];
	size_t nr = 0;
	int code[2];

	(void)state;
	stderr = open_memstream(&said, &nr);
	says("run nowhere 3");
	stdout = fopen("/dev/full", "w");
	fputs("output", stdout);
	code[0] = report_end(0);
	code[1] = report_end(EXIT_ANSWER);
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;
	assert_int_equal(code[0], 1);
	assert_int_equal(code[1], EXIT_ANSWER);
	snprintf(want, sizeof(want),
		 "sidecarctl: system error: job nowhere: No such file or "
		 "directory here and in %s\n"
		 "sidecarctl: standard output: No space left on device\n"
		 "sidecarctl: standard output: No space left on device\n",
		 job_file_folder);
	assert_string_equal(said, want);
	free(said);
}

static void jobs_that_are_stopped(void **state)
{
	(void)state;
	run_one("-t 1 2");
	has("CPU 2 = vCPU 1 = APIC id 2: job: stopped after ");
	assert_int_equal(c.exit, EXIT_ANSWER);
	says("stop 2");
	has("CPU 2 = vCPU 1 = APIC id 2: no job runs\n");
	says("stop");
	assert_string_equal(text, "");
	*status(1) = SIDECAR_RUN;
	command(1)->job_state = SIDECAR_JOB_RUNNING;
	hw.up[1] = true;
	says("stop -j");
	assert_string_equal(text, "[\n  {\"linux_cpu\": 2, \"vcpu\": 1, "
				  "\"apic_id\": 2, \"done\": "
				  "\"stopped\"}\n]\n");
	assert_int_equal(c.exit, 0);
}

static uint32_t nr_interrupts;

static void interrupt(int signal)
{
	struct sigaction now;

	(void)signal;
	if (nr_interrupts++ == 10)
		abort();
	sigaction(SIGINT, NULL, &now);
	/* only one is heard */
	if (now.sa_handler != SIG_DFL)
		raise(SIGINT);
}

/* Again and again: one can come before anything runs. */
static void interrupted(const char *line)
{
	const struct itimerval second = {{1, 0}, {1, 0}}, never = {0};

	signal(SIGINT, SIG_IGN);
	signal(SIGALRM, interrupt);
	nr_interrupts = 0;
	setitimer(ITIMER_REAL, &second, NULL);
	says(line);
	setitimer(ITIMER_REAL, &never, NULL);
	has("CPU 2 = vCPU 1 = APIC id 2: job: stopped after ");
	has("CPU 3 = vCPU 2 = APIC id 4: job: stopped after ");
	assert_int_equal(c.exit, EXIT_ANSWER);
	assert_int_equal(*status(1), SIDECAR_IDLE);
}

/* Without a signal they would run for ever. */
static void jobs_that_are_interrupted(void **state)
{
	char line[256];

	(void)state;
	snprintf(line, sizeof(line), "run %s 2,3", in_tree("the.job"));
	interrupted(line);
	interrupted("jitter -t 3600 2,3");
	/* an earlier signal is not one of the next call */
	hw.job = FAKE_JOB_ENDS;
	run_one("2");
	has("job: done after ");
}

/* Its reader has gone: nobody would see how they end. */
static void jobs_without_a_reader(void **state)
{
	const struct command *cmd;
	char line[256];
	int fd[2];

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	snprintf(line, sizeof(line), "run %s -q 2", in_tree("the.job"));
	cmd = arguments(line);
	assert_non_null(cmd);
	c.s = s;
	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	c.show.to = fdopen(fd[1], "w");
	hw.job = FAKE_JOB_LOGS;
	assert_int_equal(cmd->once(&c), SIDECAR_OK);
	assert_int_equal(c.exit, EXIT_ANSWER);
	assert_int_equal(*status(1), SIDECAR_IDLE);
	fclose(c.show.to);
	signal(SIGPIPE, SIG_DFL);
}

/* Of two that look at the same time, the second takes the next. */
static void jobs_on_the_first_idle(void **state)
{
	char path[256], line[256];
	int fd;

	(void)state;
	hw.job = FAKE_JOB_ENDS;
	snprintf(line, sizeof(line), "run %s -q", in_tree("the.job"));
	run_one("");
	has("CPU 2 = vCPU 1 = APIC id 2: job: done after ");
	snprintf(path, sizeof(path), "%s", in_tree("run/lock/vcpu-1"));
	fd = open(path, O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	run_one("");
	has("CPU 3 = vCPU 2 = APIC id 4: job: done after ");
	assert_int_equal(c.exit, 0);
	/* no other is idle: it waits for that one */
	timeout_ms = TIMEOUT_MS;
	for (uint32_t id = 2; id < NR; id++)
		*status(id) = SIDECAR_REMOVED;
	warns(line, "CPU 2 (vCPU 1, APIC id 2): another client still uses it",
	      true);
	assert_int_equal(c.exit, EXIT_ANSWER);
	close(fd);
	run_one("");
	has("CPU 2 = vCPU 1 = APIC id 2: job: done after ");
	*status(1) = SIDECAR_REMOVED;
	warns(line, "no vCPU is idle", true);
	assert_int_equal(c.exit, EXIT_CPU);
}

static void jitter_of_some(void **state)
{
	(void)state;
	hw.job = FAKE_JOB_ENDS;
	says("jitter -q -t 4 2,3");
	has("CPU 2 = vCPU 1 = APIC id 2: looked at the TSC for ");
	has("CPU 3 = vCPU 2 = APIC id 4: looked at the TSC for ");
	/* ms, and one: that is what the fake makes of it */
	has("    gaps                               4001\n");
	assert_int_equal(c.exit, 0);
	says("jitter -q -j 2 0");
	has("{\"linux_cpu\": 2, \"vcpu\": 1, \"apic_id\": 2, \"tsc_khz\": 0, "
	    "\"sidecar\": {\"gaps\": 1, ");
	has("{\"linux_cpu\": 0, \"error\": ");
	assert_int_equal(c.exit, EXIT_CPU);
}

static void warned(const char *line)
{
	char quiet[256], prepared[256];

	snprintf(quiet, sizeof(quiet), "-q %s", line);
	snprintf(prepared, sizeof(prepared), "-p %s", line);
	warns(line, "CPUs never online in Linux so far: 1;", true);
	warns(quiet, "panics Linux", false);
	warns(prepared, "panics Linux", false);
	assert_int_equal(c.exit, 0);
	warns(line, "panics Linux", false);
}

/* Only of those that Linux never had; --prepare lets it have them. */
static void warned_of_linux(void **state)
{
	char line[256];

	(void)state;
	/* a Xen that needs no warning? */
	if (!access("/sys/hypervisor/version", F_OK))
		skip();
	hw.job = FAKE_JOB_ENDS;
	snprintf(line, sizeof(line), "run %s 2", in_tree("the.job"));
	warned(line);
	warned("jitter 3");
}

/* What return needs is asked for before the steps ahead of it. */
static void steps_without_msr(void **state)
{
	char line[256];

	(void)state;
	waker.icr = NULL;
	unlink(in_tree("run/lock/vcpu-1"));
	*status(1) = SIDECAR_RUN;
	command(1)->job_state = SIDECAR_JOB_RUNNING;
	hw.up[1] = true;
	says("return -f -q 2");
	assert_int_equal(c.exit, EXIT_ACCESS);
	assert_int_equal(*status(1), SIDECAR_RUN);
	*status(1) = SIDECAR_IDLE;
	hw.up[1] = false;
	snprintf(line, sizeof(line), "run %s -p -q 2", in_tree("the.job"));
	warns(line, "INIT needs the msr module", true);
	assert_int_equal(c.exit, EXIT_ACCESS);
	assert_int_equal(*status(1), SIDECAR_IDLE);
	assert_int_equal(cpu_online(2), 0);
}

/* All of them, one that was named, and one of which Linux's folder is gone. */
static void lists(void **state)
{
	char gone[256];

	(void)state;
	both_ways();
	says("list");
	has("sidecar node 0: vnode 0, 256 KiB of vnode 0 at 0x200000, scratch "
	    "128 KiB, shared 0 KiB\n");
	has("      0     0        0  -        ");
	has("\n8 vCPUs in 2 sidecar nodes: 2 base, 6 idle\n");
	*status(5) = SIDECAR_IDLE;
	put_cpu(5, "online", "1\n");
	says("list 2,5");
	has("\n2 vCPUs in 2 sidecar nodes: 0 base, 1 idle, 1 online in Linux\n");
	put_cpu(5, "online", "0\n");
	says("list 2");
	has("\n1 vCPU in 1 sidecar node: 0 base, 1 idle\n");
	assert_null(strstr(text, "sidecar node 1:"));
	says("list -N 1");
	has("\n4 vCPUs in 1 sidecar node: 1 base, 3 idle\n");
	says("list -jN 1");
	assert_null(strstr(text, "sidecar node"));
	has("\"scratch_bytes\": 131072, ");
	warns("list 9", "not a CPU of the sidecar: CPU 9", true);
	assert_int_equal(c.exit, EXIT_CPU);
	snprintf(gone, sizeof(gone), "%s", in_tree("gone"));
	assert_int_equal(rename(in_tree("cpu/cpu7"), gone), 0);
	says("list 7");
	has("none     Linux does not have it (xl vcpu-set, nr_cpus=)\n");
	says("ping 7");
	assert_int_equal(strncmp(text, "vCPU 7 = APIC id 14: ", 21), 0);
	put_text("cpu/possible", "0-5,7\n");
	warns("online 7",
	      "refused by Linux: CPU 7 (vCPU 7, APIC id 14): taken "
	      "away by xl vcpu-set (in dom0, xl vcpu-set DOMAIN",
	      true);
	put_text("cpu/possible", "0-6,8-9\n");
	warns("online 7", "Linux was booted with fewer CPUs (nr_cpus= or",
	      true);
	assert_int_equal(rename(gone, in_tree("cpu/cpu7")), 0);
}

/* What no CPU can help is said of the first; JSON has it for each. */
static void once_for_all(void **state)
{
	(void)state;
	waker.up = NULL;
	waker.icr = NULL;
	warns("ping 2,3,5", "the same for 2 more CPUs\n", true);
	assert_int_equal(c.exit, EXIT_ACCESS);
	warns("ping 2,3,5", "CPU 2 (vCPU 1, APIC id 2): ", true);
	warns("ping 2,3,5", "CPU 3 (", false);
	warns("ping 2,3", "the same for 1 more CPU\n", true);
	says("ping -j 2,3");
	has("{\"linux_cpu\": 3, \"error\": \"no way to do this\"");
	/* other commands have other causes */
	warns("ping 2", "the same", false);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(registers),
		CASE(addresses),
		CASE(jobs),
		CASE(jobs_by_name),
		CASE(jobs_that_fail),
		CASE(complaints),
		CASE(jobs_that_are_stopped),
		CASE(jobs_that_are_interrupted),
		CASE(jobs_without_a_reader),
		CASE(jobs_on_the_first_idle),
		CASE(jitter_of_some),
		CASE(warned_of_linux),
		CASE(steps_without_msr),
		CASE(lists),
		CASE(once_for_all),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
