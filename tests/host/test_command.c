/* SPDX-License-Identifier: MIT */
/*
 * Commands of libsidecar to fake vCPUs, and vCPUs that move: wakes, new starts,
 * what Linux has, locks.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "fake/sidecar.h"

static void pings(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	for (uint32_t i = 2; i < NR; i++)
		assert_int_equal(ping_cpu(i), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 0);
	assert_int_equal(ping_cpu(0), SIDECAR_E_CPU);
	waker.up = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(5), SIDECAR_OK);
	assert_true(hw.sent[0] == (UINT64_C(10) << 32 | 0x4400));
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(5), SIDECAR_E_WAY);
	assert_int_equal(*status(5), SIDECAR_IDLE);
}

/* How long it took, and nothing else. */
static void tells_the_time(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a)};
	uint64_t begin = clock_ns();

	(void)state;
	timeout_ms = 10000;
	hw.slow_ms = 20;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(
		sidecar_vcpu_command(cpu(2), SIDECAR_COMMAND_PING, NULL, 0, &a),
		SIDECAR_OK);
	assert_true(a.elapsed_ns >= 20000000);
	assert_true(a.elapsed_ns <= clock_ns() - begin);
}

static int others_lock;

static void other_lets_go(int signal)
{
	(void)signal;
	close(others_lock);
}

static void waits_for_another_client(void **state)
{
	(void)state;
	timeout_ms = 10000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	others_lock = open(in_tree("run/lock/vcpu-1"), O_RDWR);
	assert_int_equal(flock(others_lock, LOCK_EX | LOCK_NB), 0);
	signal(SIGALRM, other_lets_go);
	ualarm(20000, 0);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
}

static void errors_are_printable(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.text = "no\033[2J";
	assert_int_equal(sidecar_vcpu_command(cpu(2), 99, NULL, 0, &a),
			 SIDECAR_E_COMMAND);
	assert_int_equal(a.result, SIDECAR_RESULT_UNKNOWN);
	assert_memory_equal(a.error, "no?[2J???", 9);
	assert_int_equal(strlen(a.error), SIDECAR_ERROR_SIZE - 4);
	hw.fault = true;
	assert_int_equal(ping_cpu(2), SIDECAR_E_COMMAND);
	assert_int_equal(ping_cpu(2), SIDECAR_E_REMOVED);
}

/* An answer to an earlier command is none to this one. */
static void old_answers(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	hw.mute = true;
	assert_int_equal(sidecar_vcpu_command(cpu(2), 1, NULL, 0, &a),
			 SIDECAR_E_COMMAND);
	assert_true(a.result == UINT32_MAX);
	hw.mute = false;
	hw.text = "an old error";
	assert_int_equal(sidecar_vcpu_command(cpu(2), 99, NULL, 0, &a),
			 SIDECAR_E_COMMAND);
	assert_memory_equal(a.error, hw.text, 12);
	hw.mute = true;
	assert_int_equal(sidecar_vcpu_command(cpu(2), 1, NULL, 0, &a),
			 SIDECAR_E_COMMAND);
	assert_string_equal(a.error, "");
}

static void never_touches_linux(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	put_cpu(3, "online", "1\n");
	assert_int_equal(ping_cpu(3), SIDECAR_E_LINUX);
	assert_int_equal(sidecar_vcpu_online(cpu(3)), SIDECAR_E_LINUX);
	put_cpu(3, "online", "0\n");
	put_cpu(3, "hotplug/state", "57\n");
	assert_int_equal(ping_cpu(3), SIDECAR_E_LINUX);
	assert_int_equal(sidecar_vcpu_return(cpu(3)), SIDECAR_E_LINUX);
	put_cpu(3, "online", "x");
	assert_int_equal(ping_cpu(3), SIDECAR_E_LINUX);
	assert_int_equal(hw.nr_up + hw.nr_sent, 0);
}

/* Linux gives it up at this moment: then it can be had. */
static void return_waits_for_linux(void **state)
{
	pid_t child;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	*status(2) = SIDECAR_REMOVED;
	put_cpu(3, "online", "0\n");
	put_cpu(3, "hotplug/state", "57\n");
	child = fork();
	if (!child) {
		usleep(10000);
		put_cpu(3, "hotplug/state", "0\n");
		_exit(0);
	}
	assert_int_equal(sidecar_vcpu_return(cpu(3)), SIDECAR_OK);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(ping_cpu(3), SIDECAR_OK);
}

static void impossible_states(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	*status(2) = 0x77;
	assert_int_equal(ping_cpu(3), SIDECAR_E_STATE);
	*status(2) = SIDECAR_REMOVED;
	assert_int_equal(ping_cpu(3), SIDECAR_E_REMOVED);
	/* left behind by a client that died */
	*status(2) = SIDECAR_RUN;
	assert_int_equal(ping_cpu(3), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 0);
}

static void deaf_is_restarted(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.deaf[2] = true;
	assert_int_equal(
		sidecar_vcpu_command(cpu(3), SIDECAR_COMMAND_PING, NULL, 0, &a),
		SIDECAR_OK);
	assert_true(a.restarted);
	assert_int_equal(hw.nr_sent, 2);
	assert_true(hw.sent[0] == (UINT64_C(4) << 32 | 0x4500));
	assert_true(hw.sent[1] == (UINT64_C(4) << 32 | 0x469b));
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.deaf[2] = true;
	assert_int_equal(ping_cpu(3), SIDECAR_E_TIMEOUT);
}

/* A deadline that nobody waits for, and one that is waited for. */
#define LONG_MS	 10000u
#define SHORT_MS 300u
#define SOON_NS	 UINT64_C(1000000000)
#define LATE_NS	 UINT64_C(200000000)

static uint64_t ping_ns(uint32_t linux_cpu, enum sidecar_error want,
			bool restarted)
{
	uint64_t begin = clock_ns();
	struct sidecar_answer a = {.size = sizeof(a)};

	assert_int_equal(sidecar_vcpu_command(cpu(linux_cpu),
					      SIDECAR_COMMAND_PING, NULL, 0,
					      &a),
			 want);
	assert_int_equal(a.restarted, restarted);
	return clock_ns() - begin;
}

/* It wakes, and goes DOWN in Linux's loop: nobody waits for its answer. */
static void slept_in_linux(void **state)
{
	(void)state;
	timeout_ms = LONG_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.deaf[2] = true;
	assert_true(ping_ns(3, SIDECAR_OK, true) < SOON_NS);
	assert_int_equal(hw.nr_sent, 2);
	/* a command that somebody else left */
	hw.deaf[2] = true;
	*status(2) = SIDECAR_STOP;
	assert_int_equal(ping_cpu(3), SIDECAR_OK);
	/* it cannot be started again */
	hw.deaf[2] = true;
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_true(ping_ns(3, SIDECAR_E_TIMEOUT, false) < SOON_NS);
	assert_non_null(strstr(detail_of(s), "Linux had it meanwhile"));
	assert_int_equal(sidecar_vcpu_online(cpu(3)), SIDECAR_OK);
}

/* What only takes long is not mistaken for that. */
static void slow_is_waited_for(void **state)
{
	(void)state;
	timeout_ms = LONG_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.slow_ms = 300;
	assert_true(ping_ns(3, SIDECAR_OK, false) > LATE_NS);
	hw.slow_ms = 0;
	hw.lost = 5;
	assert_true(ping_ns(3, SIDECAR_OK, false) > 0);
	/* up, and silent: this is what the deadline is for */
	timeout_ms = SHORT_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.deaf[2] = hw.up[2] = true;
	assert_true(ping_ns(3, SIDECAR_OK, true) > LATE_NS);
	assert_int_equal(hw.nr_sent, 2);
}

/* It does not answer: is that seen early, or when its time is over? */
static void sleeps(bool soon)
{
	uint64_t ns;

	timeout_ms = soon ? LONG_MS : SHORT_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.deaf[2] = true;
	ns = ping_ns(3, SIDECAR_OK, true);
	assert_true(soon ? ns < SOON_NS : ns > LATE_NS);
}

/* With msr alone it is Linux's own count that says so. */
static void slept_in_linux_by_msr(void **state)
{
	(void)state;
	waker = (struct wake_calls){.icr = waker.icr};
	put_text("softirqs", "          CPU0       CPU3       CPU1       \n"
			     "      HI:          9         40          9\n"
			     "   TIMER:          9          2          9\n");
	unlink(in_tree("run/lock/vcpu-2"));
	sleeps(true);
	/* not since it came back: it may be slow, or have missed the NMI */
	sleeps(false);
	put_text("softirqs", "CPU3\nHI: 40\n\nX\nTIMER: 3");
	sleeps(true);
	/* nothing is known of this one */
	put_text("softirqs", "CPU33 CPU\nHI: 41 1\n");
	sleeps(false);
	unlink(in_tree("softirqs"));
	sleeps(false);
}

/* The fake fails the test if a CPU that is online is sent anything. */
static void restart_meets_linux(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.deaf[2] = hw.dead[2] = true;
	hw.taken = 0x4500;
	assert_int_equal(ping_cpu(3), SIDECAR_E_LINUX);
	assert_int_equal(hw.nr_sent, 1);
	put_cpu(3, "online", "0\n");
	hw.nr_sent = 0;
	hw.taken = 0x4600 | LOW_PA >> 12;
	*status(2) = SIDECAR_IDLE;
	assert_int_equal(ping_cpu(3), SIDECAR_E_LINUX);
	assert_int_equal(hw.nr_sent, 2);
	assert_int_equal(*status(2), SIDECAR_REMOVED);
}

static void locked(void **state)
{
	const char *path = in_tree("run/lock/vcpu-1");
	int fd;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(ping_cpu(2), SIDECAR_E_BUSY);
	assert_int_equal(ping_cpu(3), SIDECAR_OK);
	close(fd);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	unlink(path);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(ping_cpu(2), SIDECAR_E_SYSTEM);
	unlink(path);
}

/*
 * NMI, INIT, SIPI and the start of a command are for one client at a time,
 * whoever has the lock.
 */
static void held(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	fd = fake_hold(1);
	assert_int_equal(ping_cpu(2), SIDECAR_E_BUSY);
	assert_int_equal(ping_cpu(3), SIDECAR_OK);
	assert_int_equal(*status(1), SIDECAR_IDLE);
	assert_int_equal(sidecar_vcpu_return(cpu(2)), SIDECAR_E_BUSY);
	/* what an earlier client has begun */
	*status(1) = SIDECAR_RUN;
	hw.deaf[1] = true;
	assert_int_equal(ping_cpu(2), SIDECAR_E_BUSY);
	waker.up = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(2), SIDECAR_E_BUSY);
	assert_int_equal(hw.nr_sent, 0);
	close(fd);
	hw.deaf[1] = false;
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	/* also for the command that was left behind */
	assert_int_equal(hw.nr_sent, 2);
}

static bool linux_had(uint32_t linux_cpu)
{
	return sidecar_vcpu_linux_had(cpu(linux_cpu));
}

/* What Linux had before a restore it has not had in this domain. */
static void had_by_linux(void **state)
{
	static const char older[64] = "linux: domain 4294967295, restore 1\n";

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	unlink(in_tree("run/lock/vcpu-6"));
	assert_false(linux_had(6));
	assert_int_equal(ping_cpu(6), SIDECAR_OK);
	assert_false(linux_had(6));
	assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_OK);
	assert_true(linux_had(6));
	assert_int_equal(sidecar_vcpu_return(cpu(6)), SIDECAR_OK);
	assert_true(linux_had(6));
	put("run/lock/vcpu-6", older, sizeof(older));
	assert_false(linux_had(6));
	put_cpu(6, "online", "1\n");
	assert_int_equal(sidecar_vcpu_return(cpu(6)), SIDECAR_OK);
	assert_true(linux_had(6));
}

/* ---- Moving ------------------------------------------------------------- */

static void moves(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	for (uint32_t turn = 0; turn < 3; turn++) {
		hw.nr_sent = 0;
		assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_OK);
		assert_int_equal(*status(6), SIDECAR_REMOVED);
		assert_int_equal(hw.nr_sent, 0);
		assert_int_equal(cpu_online(6), 1);
		assert_int_equal(sidecar_vcpu_return(cpu(6)), SIDECAR_OK);
		assert_int_equal(cpu_online(6), 0);
		assert_int_equal(*status(6), SIDECAR_IDLE);
		assert_int_equal(hw.nr_sent, 2);
		assert_int_equal(ping_cpu(6), SIDECAR_OK);
	}
	assert_int_equal(sidecar_vcpu_online(cpu(0)), SIDECAR_E_CPU);
	assert_int_equal(sidecar_vcpu_return(cpu(0)), SIDECAR_E_CPU);
}

/* Xen 4.17 makes Linux panic when it onlines a vCPU that is up. */
static void only_down_is_onlined(void **state)
{
	(void)state;
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.up[6] = true;
	assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_E_WAY);
	assert_int_equal(cpu_online(6), 0);
	both_ways();
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_OK);
	assert_true(hw.sent[0] == (UINT64_C(12) << 32 | 0x4500));
	assert_int_equal(cpu_online(6), 1);
}

static void moves_by_msr(void **state)
{
	(void)state;
	waker.up = NULL;
	waker.is_up = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_OK);
	/* NMI to wake it; INIT, as nobody can say that it is DOWN; once more,
	 * as Xen ignores INIT where it has not started the vCPU */
	assert_int_equal(hw.nr_sent, 4);
	assert_true(hw.sent[1] == (UINT64_C(12) << 32 | 0x4500));
	assert_true(hw.sent[2] == (UINT64_C(12) << 32 | 0x469b));
	assert_true(hw.sent[3] == (UINT64_C(12) << 32 | 0x4500));
	assert_int_equal(sidecar_vcpu_return(cpu(6)), SIDECAR_OK);
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_E_WAY);
	assert_int_equal(*status(6), SIDECAR_IDLE);
	put_cpu(6, "online", "1\n");
	assert_int_equal(sidecar_vcpu_return(cpu(6)), SIDECAR_E_WAY);
	assert_int_equal(cpu_online(6), 1);
}

/* Whoever lacks a way leaves the vCPU as it is, for one who has it. */
static void no_way(void **state)
{
	static const struct wake_calls none;
	struct sidecar_answer a = {.size = sizeof(a)};

	(void)state;
	for (uint32_t has = 0; has < 2; has++) {
		waker = none;
		assert_int_equal(open_again(), SIDECAR_OK);
		assert_int_equal(ping_cpu(6), SIDECAR_E_WAY);
		assert_int_equal(sidecar_vcpu_command(cpu(6),
						      SIDECAR_COMMAND_GET, NULL,
						      0, &a),
				 SIDECAR_E_WAY);
		assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_E_WAY);
		assert_int_equal(sidecar_vcpu_return(cpu(6)), SIDECAR_E_WAY);
		assert_int_equal(sidecar_vcpu_check_return(cpu(6)),
				 SIDECAR_E_WAY);
		assert_int_equal(*status(6), SIDECAR_IDLE);
		assert_int_equal(cpu_online(6), 0);
		both_ways();
		if (has)
			waker.icr = NULL;
		assert_int_equal(open_again(), SIDECAR_OK);
		assert_int_equal(ping_cpu(6), SIDECAR_OK);
	}
	/* which does not take a CPU from Linux either */
	assert_int_equal(sidecar_vcpu_check_return(cpu(6)), SIDECAR_E_WAY);
	assert_int_equal(sidecar_vcpu_check_return(cpu(0)), SIDECAR_E_CPU);
	assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_return(cpu(6)), SIDECAR_E_WAY);
	assert_int_equal(cpu_online(6), 1);
	both_ways();
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_return(cpu(6)), SIDECAR_OK);
}

/* Nobody could say that it is DOWN, and Linux must not have it before. */
static void no_way_to_be_sure(void **state)
{
	(void)state;
	waker.is_up = NULL;
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_E_WAY);
	assert_int_equal(*status(6), SIDECAR_IDLE);
	assert_int_equal(ping_cpu(6), SIDECAR_OK);
}

/* There is one, and it is refused: msr.allow_writes=off, Xen's XSM. */
static void refused_way(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.error = -1;
	assert_int_equal(ping_cpu(6), SIDECAR_E_WAY);
	assert_int_equal(sidecar_vcpu_online(cpu(6)), SIDECAR_E_WAY);
	assert_non_null(strstr(detail_of(s), "cannot be woken: "));
	assert_int_equal(*status(6), SIDECAR_IDLE);
	assert_int_equal(cpu_online(6), 0);
	hw.error = 0;
	assert_int_equal(ping_cpu(6), SIDECAR_OK);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(pings),
		CASE(tells_the_time),
		CASE(waits_for_another_client),
		CASE(errors_are_printable),
		CASE(old_answers),
		CASE(never_touches_linux),
		CASE(return_waits_for_linux),
		CASE(impossible_states),
		CASE(deaf_is_restarted),
		CASE(slept_in_linux),
		CASE(slow_is_waited_for),
		CASE(slept_in_linux_by_msr),
		CASE(restart_meets_linux),
		CASE(locked),
		CASE(held),
		CASE(had_by_linux),
		CASE(moves),
		CASE(only_down_is_onlined),
		CASE(moves_by_msr),
		CASE(no_way),
		CASE(no_way_to_be_sure),
		CASE(refused_way),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
