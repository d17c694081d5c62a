/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl jitter: the job's loop on parked vCPUs and, to compare, then the
 * same loop in a real-time thread that is bound to a CPU of Linux.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "ctl.h"
#include "abi/jitter.h"

extern const uint8_t jitter_job[];
extern const uint64_t jitter_job_bytes;

/* What came of each vCPU. */
static struct measured {
	struct sidecar_vcpu_info v;
	struct jitter j;
	uint64_t tsc_khz;
} measured[MAX_CPU + 1];
static uint32_t nr_measured;

/* ---- In the sidecar ------------------------------------------------------ */

/* The histogram comes as text. */
static void read_log(const char *log, struct jitter *j)
{
	uint32_t bucket;
	uint64_t nr;

	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line,
			   JITTER_LOG_BUCKET "%" SCNu32 JITTER_LOG_GAPS
					     "%" SCNu64,
			   &bucket, &nr) == 2 &&
		    bucket < JITTER_BUCKETS)
			j->bucket[bucket] = nr;
	}
}

static void ended(struct ctl *c, const struct sidecar_vcpu_info *v,
		  const struct sidecar_answer *a, const char *log)
{
	struct measured *m = &measured[nr_measured];

	if (a->result != SIDECAR_RESULT_OK) {
		if (log && !c->show.json)
			fputs(log, c->show.to);
		show_job(&c->show, v, a, log);
		return;
	}
	*m = (struct measured){
		.v = *v,
		.j.nr = a->ret[0],
		.j.longest = a->ret[1],
		.j.ticks = a->ret[2],
		.tsc_khz = a->ret[3],
	};
	read_log(log, &m->j);
	nr_measured++;
}

/* ---- In Linux ------------------------------------------------------------ */

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
		jitter_run(&l->j, l->ticks, &jobs_interrupted);
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

static void say_no_cpu(const struct ctl *c)
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

/* Linux's CPU beside it, or -1 after a line that says why not. */
static int32_t compare(struct ctl *c, struct loop *l)
{
	int32_t cpu = compare_cpu(c);

	if (cpu < 0) {
		say_no_cpu(c);
		ctl_note(c, SIDECAR_E_LINUX);
		return -1;
	}
	l->cpu = (uint32_t)cpu;
	if (!is_listed(CPUS "isolated", l->cpu) && !c->quiet)
		fprintf(stderr,
			"sidecarctl: CPU %" PRId32
			" is not isolated (isolcpus=): Linux's own work is part of its figures\n",
			cpu);
	if (run_thread(l)) /* of less time there is nothing to compare */
		return jobs_interrupted ? -1 : cpu;
	ctl_note(c, SIDECAR_E_SYSTEM);
	return -1;
}

/* For as long as the vCPUs: ticks, not what Linux thinks of them. */
static uint64_t most_ticks(void)
{
	uint64_t most = 0;

	for (uint32_t k = 0; k < nr_measured; k++)
		if (measured[k].j.ticks > most)
			most = measured[k].j.ticks;
	return most;
}

enum sidecar_error jitter_all(struct ctl *c)
{
	const struct jobs jobs = {
		.job.file = jitter_job,
		.job.file_bytes = jitter_job_bytes,
		.job.arg = {c->seconds * UINT64_C(1000)},
		.keep_log = true,
		.ended = ended,
	};
	struct loop l = {0};
	int32_t cpu = -1;

	nr_measured = 0;
	show_begin(&c->show);
	jobs_together(c, &jobs);
	l.ticks = most_ticks();
	if (c->compare && l.ticks && !jobs_interrupted)
		cpu = compare(c, &l);
	for (uint32_t k = 0; k < nr_measured; k++)
		show_jitter(&c->show, &measured[k].v, &measured[k].j, cpu, &l.j,
			    measured[k].tsc_khz);
	show_end(&c->show);
	return SIDECAR_OK;
}
