/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl jitter: the job's loop on parked vCPUs and, to compare, then the
 * same loop on a CPU of Linux.
 */
#include <inttypes.h>
#include <string.h>

#include "compare.h"
#include "interrupt.h"
#include "jobs.h"
#include "measure.h"
#include "show_jitter.h"

extern const uint8_t jitter_job[];
extern const uint64_t jitter_job_bytes;

/* The result of each vCPU. */
static struct measured {
	const struct sidecar_vcpu *v;
	struct jitter j;
	uint64_t tsc_khz;
} measured[MAX_CPU + 1];
static uint32_t nr_measured;

/* The histogram comes as text. */
static void read_histogram(const char *log, struct jitter *j)
{
	uint64_t from, nr;

	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line,
			   JITTER_LOG_FROM "%" SCNu64 JITTER_LOG_GAPS
					   "%" SCNu64,
			   &from, &nr) == 2)
			j->bin[jitter_bin(from)] = nr;
	}
}

static void job_ended(struct ctl *c, const struct sidecar_job *job,
		      const struct sidecar_vcpu *v,
		      const struct sidecar_answer *a, const char *log)
{
	const struct show_where none = {.fault = sidecar_job_fault(v)};
	struct measured *m = &measured[nr_measured];

	(void)job;
	if (a->result != SIDECAR_RESULT_OK) {
		if (log && !c->show.json)
			fputs(log, c->show.to);
		show_job(&c->show, v, a, log, &none);
		return;
	}
	*m = (struct measured){
		.v = v,
		.j.nr = a->ret[0],
		.j.longest = a->ret[1],
		.j.ticks = a->ret[2],
		.tsc_khz = a->ret[3],
	};
	read_histogram(log, &m->j);
	nr_measured++;
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

enum sidecar_error measure_jitter(struct ctl *c)
{
	const struct jobs jobs = {
		.job.file = jitter_job,
		.job.file_bytes = jitter_job_bytes,
		.job.arg = {c->seconds * UINT64_C(1000)},
		.keep_log = true,
		.ended = job_ended,
	};
	struct jitter other = {0};
	uint64_t ticks;
	int32_t cpu = -1;

	nr_measured = 0;
	show_begin(&c->show);
	jobs_together(c, &jobs);
	ticks = most_ticks();
	if (c->compare && ticks && !interrupt_came)
		cpu = compare_with_linux(c, ticks, &other);
	for (uint32_t k = 0; k < nr_measured; k++)
		show_jitter(&c->show, measured[k].v, &measured[k].j, cpu,
			    &other, measured[k].tsc_khz);
	show_end(&c->show);
	return SIDECAR_OK;
}
