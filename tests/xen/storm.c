/* SPDX-License-Identifier: MIT */
/*
 * What Linux does to CPUs that run a process with many threads: on each CPU but
 * the last one named a thread changes the protection of its page and calls
 * membarrier(), which interrupts every CPU that runs the process, and sets
 * timers; another one sleeps until a thread of the next CPU wakes it. On the
 * last CPU a thread reads memory and does nothing else, as a job would. Prints
 * how often it did what, after so many seconds or at SIGTERM.
 * Usage: storm SECONDS CPU... LAST_CPU
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "pin.h"

#define MAX_CPUS 64
#define PAGE	 4096u
#define TIMER_NS 500000

static volatile bool stop;
static volatile uint64_t nr_mprotect, nr_membarrier, nr_timers, nr_wakes;
static volatile uint64_t nr_turns;

/* A CPU's two threads */
struct place {
	int cpu, bell;
	volatile char *page;
	struct place *next;
};

static struct place places[MAX_CPUS + 1];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void pin(int cpu)
{
	if (!pin_to_cpu(cpu))
		fail("pinning");
}

static void count(volatile uint64_t *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static void protect_page(const struct place *p)
{
	if (mprotect((void *)p->page, PAGE, PROT_READ) ||
	    mprotect((void *)p->page, PAGE, PROT_READ | PROT_WRITE))
		fail("mprotect");
	*p->page = 1;
	count(&nr_mprotect);
}

static void barrier_everywhere(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) ||
	    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0))
		fail("membarrier");
	count(&nr_membarrier);
}

static void *disturb(void *arg)
{
	const struct timespec moment = {0, TIMER_NS};
	const struct place *p = arg;
	const uint64_t one = 1;

	pin(p->cpu);
	while (!stop) {
		protect_page(p);
		barrier_everywhere();
		if (write(p->next->bell, &one, sizeof(one)) != sizeof(one))
			fail("eventfd");
		nanosleep(&moment, NULL);
		count(&nr_timers);
	}
	return NULL;
}

static void *sleep_until_woken(void *arg)
{
	const struct place *p = arg;
	uint64_t n;

	pin(p->cpu);
	while (!stop) {
		if (read(p->bell, &n, sizeof(n)) != sizeof(n))
			fail("eventfd");
		count(&nr_wakes);
	}
	return NULL;
}

static void *read_memory(void *arg)
{
	const struct place *p = arg;
	uint32_t turn = 0;

	pin(p->cpu);
	while (!stop) {
		if (++turn % 64)
			continue;
		nr_turns++;
		__builtin_ia32_pause();
	}
	return NULL;
}

/* Ends the sleep. */
static void on_term(int sig)
{
	(void)sig;
}

static void start(void *(*what)(void *), struct place *p)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, what, p))
		fail("thread");
}

static char *new_page(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = on_term};
	int nr = argc - 3;

	if (nr < 1 || nr > MAX_CPUS)
		return 2;
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
		    0, 0) ||
	    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0,
		    0))
		fail("membarrier");
	for (int i = 0; i <= nr; i++)
		places[i] = (struct place){atoi(argv[2 + i]), eventfd(0, 0),
					   new_page(), &places[(i + 1) % nr]};
	for (int i = 0; i < nr; i++) {
		start(disturb, &places[i]);
		start(sleep_until_woken, &places[i]);
	}
	start(read_memory, &places[nr]);
	sigaction(SIGTERM, &act, NULL);
	sleep((unsigned int)atoi(argv[1]));
	stop = true;
	printf("%" PRIu64 " mprotect, %" PRIu64 " membarrier, %" PRIu64
	       " timers, %" PRIu64 " wakes, %s\n",
	       nr_mprotect, nr_membarrier, nr_timers, nr_wakes,
	       nr_turns ? "read on" : "read nothing");
	return 0;
}
