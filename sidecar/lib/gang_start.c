/* SPDX-License-Identifier: MIT */
/*
 * Starting a gang: each step is done for all its vCPUs before the next one is,
 * so that nothing has begun when one of them is in use or has no memory.
 */
#include "gang.h"
#include "job_io.h"
#include "job_poll.h"
#include "job_start.h"
#include "vcpu.h"

#define NAP_MS 10u

static enum sidecar_error check_gang(struct sidecar_vcpu *const *v, uint32_t nr)
{
	if (!nr || !v)
		return SIDECAR_E_ARGUMENT;
	if (nr > JOB_MAX_RANKS)
		return error_vcpu(v[0], SIDECAR_E_ARGUMENT,
				  "a gang of %u ranks (want at most %u)", nr,
				  JOB_MAX_RANKS);
	for (uint32_t i = 0; i < nr; i++) {
		if (v[i]->s != v[0]->s)
			return error_vcpu(v[i], SIDECAR_E_ARGUMENT,
					  "of another handle");
		for (uint32_t k = 0; k < i; k++)
			if (v[k] == v[i])
				return error_vcpu(v[i], SIDECAR_E_ARGUMENT,
						  "twice in a gang");
	}
	return SIDECAR_OK;
}

/* The last error's line, whatever is done after it. */
static void keep_detail(struct sidecar *s, const char *detail)
{
	error_set(s, SIDECAR_OK, "%s", detail);
}

/* Those that were handed over begin, and end at once. */
static void end_begun(struct sidecar_vcpu *const *v, uint32_t nr)
{
	uint32_t active = nr;

	for (uint32_t i = 0; i < nr; i++)
		sidecar_job_ask_to_end(v[i]);
	while (active) {
		active = 0;
		for (uint32_t i = 0; i < nr; i++) {
			if (v[i]->job.active)
				sidecar_job_poll(v[i], NULL, NULL);
			active += v[i]->job.active;
		}
		if (active)
			sidecar_wait(v[0]->s, NAP_MS);
	}
}

static void give_up(struct sidecar_vcpu *const *v, uint32_t nr_prepared,
		    uint32_t nr_begun)
{
	char detail[SIDECAR_DETAIL_SIZE];

	sidecar_get_detail(v[0]->s, detail, sizeof(detail));
	for (uint32_t i = nr_begun; i < nr_prepared; i++)
		job_start_cancel(v[i]);
	end_begun(v, nr_begun);
	keep_detail(v[0]->s, detail);
}

enum sidecar_error sidecar_gang_start(struct sidecar_vcpu *const *v,
				      uint32_t nr,
				      const struct sidecar_job *job)
{
	enum sidecar_error e = check_gang(v, nr);
	uint32_t nr_prepared = 0, nr_begun = 0;

	while (!e && nr_prepared < nr) {
		e = job_start_prepare(v[nr_prepared], job, v[0]);
		nr_prepared += !e;
	}
	if (!e)
		e = gang_make(v, nr);
	for (uint32_t i = 0; !e && i < nr; i++) {
		v[i]->job.what.run_flags |= JOB_RUN_IO;
		if (i)
			v[i]->job.what.output = NULL;
		e = job_io_check(v[i], &v[i]->job.what);
		if (!e)
			e = job_start_place(v[i]);
	}
	while (!e && nr_begun < nr) {
		e = job_start_hand_over(v[nr_begun]);
		nr_begun += !e;
	}
	if (e)
		give_up(v, nr_prepared, nr_begun);
	return e;
}
