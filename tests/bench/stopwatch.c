/* SPDX-License-Identifier: MIT */
/*
 * Times in a guest, in nanoseconds: `stopwatch run COMMAND...` says how long a
 * command took; `stopwatch wake CPU CPU N` how long a thread on the first CPU
 * waits until one that sleeps on the second has answered: least, mean, most.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../xen/pin.h"
#include "clock.h"

/* Between two wakes: long enough for the other CPU to be idle. */
#define PAUSE_NS 2000000
#define STOP	 UINT32_MAX

static uint32_t asked, answered;

static int run(char **argv)
{
	uint64_t begin = clock_ns();
	pid_t child = fork();
	int status;

	if (!child) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	printf("%" PRIu64 "\n", clock_ns() - begin);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void *sleeper(void *cpu)
{
	uint32_t seen = 0;

	if (!pin_to_cpu(*(int *)cpu))
		exit(1);
	while (seen != STOP) {
		while (__atomic_load_n(&asked, __ATOMIC_ACQUIRE) == seen)
			syscall(SYS_futex, &asked, FUTEX_WAIT_PRIVATE, seen,
				NULL, NULL, 0);
		seen = __atomic_load_n(&asked, __ATOMIC_ACQUIRE);
		__atomic_store_n(&answered, seen, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* The one that asks spins, as sidecarctl does. */
static uint64_t ask(uint32_t what)
{
	uint64_t begin = clock_ns();

	__atomic_store_n(&asked, what, __ATOMIC_RELEASE);
	syscall(SYS_futex, &asked, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	while (__atomic_load_n(&answered, __ATOMIC_ACQUIRE) != what)
		;
	return clock_ns() - begin;
}

static int wake(int from, int to, uint32_t nr)
{
	const struct timespec pause = {0, PAUSE_NS};
	uint64_t least = UINT64_MAX, most = 0, sum = 0;
	pthread_t thread;

	if (!pin_to_cpu(from) || pthread_create(&thread, NULL, sleeper, &to))
		return 1;
	for (uint32_t i = 1; i <= nr; i++) {
		uint64_t ns;

		nanosleep(&pause, NULL);
		ns = ask(i);
		sum += ns;
		least = ns < least ? ns : least;
		most = ns > most ? ns : most;
	}
	ask(STOP);
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", least, sum / nr, most);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "run"))
		return run(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "wake") && atoi(argv[4]) > 0)
		return wake(atoi(argv[2]), atoi(argv[3]),
			    (uint32_t)atoi(argv[4]));
	fputs("Usage: stopwatch run COMMAND... | wake CPU CPU N\n", stderr);
	return 2;
}
