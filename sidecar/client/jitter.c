/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl jitter: the job's loop on a parked vCPU and, to compare, the same
 * loop in a real-time thread that is bound to a CPU of Linux.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ctl.h"
#include "jitter.h"

extern const uint8_t jitter_job[];
extern const uint64_t jitter_job_bytes;

#define LOG_MAX 16384u
#define NAP_NS	1000000

/* ---- In the sidecar ------------------------------------------------------ */

static enum sidecar_error run_job(struct ctl *c, uint32_t i, char *log,
				  struct sidecar_answer *a)
{
	const struct timespec nap = {0, NAP_NS};
	const struct sidecar_job job = {
		.file = jitter_job,
		.file_bytes = jitter_job_bytes,
		.arg = {c->seconds * UINT64_C(1000)},
	};
	struct sidecar_progress p = {0};
	enum sidecar_error e = sidecar_job_start(c->s, i, &job);
	uint32_t bytes = 0;

	while (!e && !p.ended) {
		nanosleep(&nap, NULL);
		e = sidecar_job_poll(c->s, i, &p);
		if (bytes + p.log_bytes < LOG_MAX) {
			memcpy(log + bytes, p.log, p.log_bytes);
			bytes += p.log_bytes;
		}
	}
	log[bytes] = 0;
	*a = p.answer;
	return e;
}

/* The histogram comes as text. */
static void read_log(const char *log, struct jitter *j)
{
	uint32_t bucket;
	uint64_t nr;

	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line,
			   "gaps of 2^%" SCNu32 " ticks or more: %" SCNu64,
			   &bucket, &nr) == 2 &&
		    bucket < JITTER_BUCKETS)
			j->bucket[bucket] = nr;
	}
}

/* ---- In Linux ------------------------------------------------------------ */

struct loop {
	uint32_t cpu;
	uint64_t ticks;
	struct jitter j;
	const char *failed;
};

static void *loop_main(void *arg)
{
	static const volatile uint32_t never;
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
		jitter_run(&l->j, l->ticks, &never);
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
	if (pthread_create(&thread, NULL, loop_main, l))
		l->failed = "no thread for";
	else
		pthread_join(thread, NULL);
	munlockall();
	if (l->failed)
		fprintf(stderr, "sidecarctl: jitter: %s CPU %" PRIu32 "\n",
			l->failed, l->cpu);
	return !l->failed;
}

/* Linux's CPU beside it, or -1 after a line that says why not. */
static int32_t compare(struct ctl *c, struct loop *l)
{
	int32_t cpu = compare_cpu(c);

	if (cpu < 0) {
		fprintf(stderr,
			"sidecarctl: jitter: CPU %" PRId32
			" to compare with is not online\n",
			c->compare_cpu);
		ctl_note(c, SIDECAR_E_LINUX);
		return -1;
	}
	l->cpu = (uint32_t)cpu;
	if (!is_listed(CPUS "isolated", l->cpu) && !c->quiet)
		fprintf(stderr,
			"sidecarctl: CPU %" PRId32
			" is not isolated (isolcpus=): Linux's own work is "
			"part of its figures\n",
			cpu);
	if (run_thread(l))
		return cpu;
	ctl_note(c, SIDECAR_E_SYSTEM);
	return -1;
}

enum sidecar_error jitter_one(struct ctl *c, uint32_t i)
{
	static char log[LOG_MAX];
	struct sidecar_vcpu_info v;
	struct sidecar_answer a = {0};
	struct jitter j = {0};
	struct loop l = {0};
	int32_t cpu = -1;
	enum sidecar_error e = run_job(c, i, log, &a);

	sidecar_vcpu(c->s, i, &v);
	ctl_say_restarted(&v, &a);
	if (e)
		return e;
	j.nr = a.ret[0];
	j.longest = a.ret[1];
	j.ticks = a.ret[2];
	read_log(log, &j);
	/* the same time: ticks, not what Linux thinks of them */
	l.ticks = j.ticks;
	if (c->compare)
		cpu = compare(c, &l);
	show_jitter(&c->show, &v, &j, cpu, &l.j, a.ret[3]);
	return SIDECAR_OK;
}
