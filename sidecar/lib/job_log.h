/* SPDX-License-Identifier: MIT */
/* libsidecar: the log of a job, a ring on the command page. */
#ifndef JOB_LOG_H
#define JOB_LOG_H

#include "handle.h"

/* Skips what is in the ring: the job's log begins here. */
void job_log_clear(const struct sidecar_vcpu *v);
/*
 * What the job wrote since the last call, as much as @p has room for; without
 * p->log it is dropped. False: there is more.
 */
bool job_log_read(struct sidecar_vcpu *v, struct sidecar_progress *p);

#endif
