/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl run: one file as a job on some vCPUs; and stop, which ends jobs of
 * anybody.
 */
#include <stdlib.h>
#include <string.h>

#include "job_file.h"
#include "jobs.h"
#include "run.h"

static void show_ended(struct ctl *c, const struct sidecar_vcpu *v,
		       const struct sidecar_answer *a, const char *log)
{
	show_job(&c->show, v, a, log);
}

enum sidecar_error run_job(struct ctl *c)
{
	struct jobs jobs = {
		.job.run_flags = c->force ? JOB_RUN_FORCE : 0,
		.seconds = c->seconds,
		.keep_log = c->show.json,
		.ended = show_ended,
	};

	memcpy(jobs.job.arg, c->arg, sizeof(jobs.job.arg));
	if (!job_file_read(c, &jobs.job))
		return SIDECAR_OK;
	show_begin(&c->show);
	jobs_together(c, &jobs);
	show_end(&c->show);
	free((void *)jobs.job.file);
	return SIDECAR_OK;
}

enum sidecar_error run_stop(struct ctl *c, struct sidecar_vcpu *v)
{
	bool ran = sidecar_vcpu_has_job(v), restarted;
	enum sidecar_error e = sidecar_job_end(v, &restarted);

	if (e || (c->all && !ran))
		return e;
	show_done(&c->show, v,
		  !ran	      ? "no job runs"
		  : restarted ? "did not stop: INIT, started again"
			      : "stopped");
	return SIDECAR_OK;
}
