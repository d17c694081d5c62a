/* SPDX-License-Identifier: MIT */
/* sidecarctl: jobs that start together. */
#ifndef JOBS_H
#define JOBS_H

#include "ctl.h"

/* Jobs of one call. */
struct jobs {
	struct sidecar_job job;
	uint32_t seconds; /* then they are stopped; 0: never */
	bool keep_log;	  /* for @ended, else printed as it comes */
	bool no_log;	  /* neither */
	bool gang;	  /* all of them are one */
	bool attach;	  /* to what runs there, whatever job it is */
	/* One job has ended, @job its file; @log is NULL if it was printed, or
	 * empty. */
	void (*ended)(struct ctl *c, const struct sidecar_job *job,
		      const struct sidecar_vcpu *v,
		      const struct sidecar_answer *a, const char *log);
};

/*
 * Starts @jobs->job on all CPUs that were chosen and returns when each has
 * ended, or been detached. Signals (interrupt.h) and output that cannot be
 * written stop them, but not jobs that this client did not start.
 */
void jobs_together(struct ctl *c, const struct jobs *jobs);

#endif
