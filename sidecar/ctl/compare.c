/* SPDX-License-Identifier: MIT */
/*
 * The loop of the job jitter in a real-time thread that is bound to a CPU of
 * Linux.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "compare.h"
#include "interrupt.h"
#include "report.h"

struct loop {
	uint32_t cpu;
	uint64_t ticks;
	struct jitter j;
	const char *failed;
	int error;
};

static void *loop_main(void *arg)
{
	struct loop *l = arg;
	struct sched_param p = {.sched_priority =
					sched_get_priority_max(SCHED_FIFO)};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(l->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		l->failed = "cannot be bound to";
	else if (sched_setscheduler(0, SCHED_FIFO, &p))
		l->failed = "no real-time priority on";
	else
		jitter_run(&l->j, l->ticks, &interrupt_came);
	l->error = errno;
	return NULL;
}

/* @cpu is in the list of CPUs that @path has: "1,4-7". */
static bool is_listed(const char *path, uint32_t cpu)
{
	FILE *f = fopen(path, "r");
	uint32_t first, last;
	bool found = false;
	int sep = ',';

	while (f && sep == ',' && fscanf(f, "%" SCNu32, &first) == 1) {
		last = first;
		sep = getc(f);
		if (sep == '-' && fscanf(f, "%" SCNu32, &last) == 1)
			sep = getc(f);
		found |= cpu >= first && cpu <= last;
	}
	if (f)
		fclose(f);
	return found;
}

#define CPUS "/sys/devices/system/cpu/"

/* The one that was named, else an isolated one, else the last; -1: none. */
static int32_t compare_cpu(const struct ctl *c)
{
	int32_t last = -1;

	if (c->compare_cpu >= 0)
		return is_listed(CPUS "online", (uint32_t)c->compare_cpu)
			       ? c->compare_cpu
			       : -1;
	for (uint32_t cpu = 0; cpu <= MAX_CPU; cpu++) {
		if (!is_listed(CPUS "online", cpu))
			continue;
		last = (int32_t)cpu;
		if (is_listed(CPUS "isolated", cpu))
			break;
	}
	return last;
}

static bool run_thread(struct loop *l)
{
	pthread_t thread;

	mlockall(MCL_CURRENT | MCL_FUTURE);
	l->error = pthread_create(&thread, NULL, loop_main, l);
	if (l->error)
		l->failed = "no thread for";
	else
		pthread_join(thread, NULL);
	munlockall();
	if (l->failed)
		fprintf(stderr, "sidecarctl: jitter: %s CPU %" PRIu32 ": %s\n",
			l->failed, l->cpu, strerror(l->error));
	return !l->failed;
}

static void report_no_cpu(const struct ctl *c)
{
	if (c->compare_cpu < 0)
		fprintf(stderr,
			"sidecarctl: jitter: no CPU of Linux to compare with: want one in /sys/devices/system/cpu/online\n");
	else
		fprintf(stderr,
			"sidecarctl: jitter: CPU %" PRId32
			" to compare with is not online: want one in /sys/devices/system/cpu/online\n",
			c->compare_cpu);
}

static void warn_not_isolated(const struct ctl *c, uint32_t cpu)
{
	if (!is_listed(CPUS "isolated", cpu) && !c->quiet)
		fprintf(stderr,
			"sidecarctl: CPU %" PRIu32
			" is not isolated (isolcpus=): Linux's own work is part of its figures\n",
			cpu);
}

int32_t compare_with_linux(struct ctl *c, uint64_t ticks, struct jitter *j)
{
	int32_t cpu = compare_cpu(c);
	struct loop l = {.ticks = ticks};

	if (cpu < 0) {
		report_no_cpu(c);
		report_exit(c, SIDECAR_E_LINUX);
		return -1;
	}
	l.cpu = (uint32_t)cpu;
	warn_not_isolated(c, l.cpu);
	if (!run_thread(&l)) {
		report_exit(c, SIDECAR_E_SYSTEM);
		return -1;
	}
	*j = l.j;
	/* of less time there is nothing to compare */
	return interrupt_came ? -1 : cpu;
}
