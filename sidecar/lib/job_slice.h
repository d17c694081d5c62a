/* SPDX-License-Identifier: MIT */
/* libsidecar: a job's slice of its node's scratch. */
#ifndef JOB_SLICE_H
#define JOB_SLICE_H

#include "error.h"

/* What @job is to have on @v; 0: there is no scratch. */
uint64_t job_slice_bytes(const struct sidecar_vcpu *v,
			 const struct sidecar_job *job);
/*
 * Where a claim of @v has memory: the next one is to have a slice for @job, or
 * NULL, and be of the gang that begins with @first, or NULL.
 */
void job_slice_want(const struct sidecar_vcpu *v, const struct sidecar_job *job,
		    const struct sidecar_vcpu *first);
/* Why there was no such claim: -E2BIG or -ENOSPC. */
enum sidecar_error job_slice_refused(const struct sidecar_vcpu *v,
				     const struct sidecar_job *job, int error);
/*
 * Finds v->job.what a slice that no other job has; the lock of @v is the
 * caller's. Until job_slice_handed_over() nobody else can take a part of it.
 */
enum sidecar_error job_slice_take(struct sidecar_vcpu *v);
/* The same for the slice that it has, before it is handed over again. */
enum sidecar_error job_slice_hold(struct sidecar_vcpu *v);
/* The command page tells from now on; or the job does not start. */
void job_slice_handed_over(struct sidecar_vcpu *v);

#endif
