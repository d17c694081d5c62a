/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl run: one file as a job on some vCPUs; attach and wait, which watch
 * jobs of anybody; and stop, which ends them.
 */
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "job_file.h"
#include "jobs.h"
#include "run.h"
#include "transfer.h"
#include "where.h"

static void show_ended(struct ctl *c, const struct sidecar_job *job,
		       const struct sidecar_vcpu *v,
		       const struct sidecar_answer *a, const char *log)
{
	struct show_where where;

	where_find(c, job, sidecar_job_fault(v), &where);
	show_job(&c->show, v, a, log, &where);
}

static void run_all(struct ctl *c, struct jobs *jobs)
{
	show_begin(&c->show);
	jobs_together(c, jobs);
	core_end(c);
	transfer_end(c, &jobs->job);
	show_end(&c->show);
}

enum sidecar_error run_job(struct ctl *c)
{
	struct jobs jobs = {
		.job.run_flags = c->force ? JOB_RUN_FORCE : 0,
		.job.memory_bytes = c->memory_bytes,
		.job.argv = c->argv,
		.job.nr_args = c->nr_argv,
		.gang = c->gang,
		.seconds = c->seconds,
		.keep_log = c->show.json,
		.ended = show_ended,
	};

	memcpy(jobs.job.arg, c->arg, sizeof(jobs.job.arg));
	if (job_file_read(c, &jobs.job)) {
		if (core_begin(c, &jobs.job) && transfer_begin(c, &jobs.job))
			run_all(c, &jobs);
		else
			transfer_end(c, &jobs.job);
	}
	free((void *)jobs.job.file);
	return SIDECAR_OK;
}

/* ---- Jobs of other clients ---------------------------------------------- */

enum sidecar_error run_attach(struct ctl *c)
{
	const struct jobs jobs = {
		.attach = true,
		.keep_log = c->show.json,
		.ended = show_ended,
	};

	show_begin(&c->show);
	jobs_together(c, &jobs);
	show_end(&c->show);
	return SIDECAR_OK;
}

/* What a shell can tell from what sidecarctl itself has to say. */
static int exit_of_job(const struct sidecar_answer *a)
{
	uint32_t status = sidecar_answer_status(a);

	switch (a->result) {
	case SIDECAR_RESULT_OK:
		return 0;
	case SIDECAR_RESULT_JOB:
		return status && status < EXIT_MOST ? (int)status : EXIT_MOST;
	case SIDECAR_RESULT_STOPPED:
		return EXIT_STOPPED;
	default:
		return EXIT_DIED;
	}
}

static void wait_ended(struct ctl *c, const struct sidecar_job *job,
		       const struct sidecar_vcpu *v,
		       const struct sidecar_answer *a, const char *log)
{
	show_ended(c, job, v, a, log);
	if (!c->exit)
		c->exit = exit_of_job(a);
}

enum sidecar_error run_wait(struct ctl *c)
{
	const struct jobs jobs = {
		.attach = true,
		.no_log = true,
		.ended = wait_ended,
	};

	c->exits_as_job = true;
	show_begin(&c->show);
	jobs_together(c, &jobs);
	show_end(&c->show);
	return SIDECAR_OK;
}

/* ---- Ending them -------------------------------------------------------- */

enum sidecar_error run_stop(struct ctl *c, struct sidecar_vcpu *v)
{
	bool ran = sidecar_vcpu_has_job(v), restarted;
	enum sidecar_error e = sidecar_job_end(v, &restarted);

	if (e || (c->all && !ran))
		return e;
	show_done(&c->show, v,
		  !ran	      ? "no job runs"
		  : restarted ? "did not stop: reset by INIT, started again"
			      : "stopped");
	return SIDECAR_OK;
}
