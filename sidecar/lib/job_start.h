/* SPDX-License-Identifier: MIT */
/* libsidecar: loading a job and handing it to its vCPU. */
#ifndef JOB_START_H
#define JOB_START_H

#include "error.h"

/*
 * The three steps of sidecar_job_start(), each to be undone by
 * job_start_cancel(): the vCPU is locked, the job has its slice, the vCPU has
 * the job. A vCPU that the last one failed for has its lock no more. @first: of
 * its gang; NULL: it is in none.
 */
enum sidecar_error job_start_prepare(struct sidecar_vcpu *v,
				     const struct sidecar_job *job,
				     const struct sidecar_vcpu *first);
enum sidecar_error job_start_place(struct sidecar_vcpu *v);
enum sidecar_error job_start_hand_over(struct sidecar_vcpu *v);
void job_start_cancel(struct sidecar_vcpu *v);
/* Gives the vCPU of a job back that has ended, or is left alone. */
void job_start_unlock(struct sidecar_vcpu *v);
/* Starts the vCPU again, and v->job.what on it. */
enum sidecar_error job_start_again(struct sidecar_vcpu *v);
/* Begins to wait for the job to leave @state. */
void job_start_waiting(struct job *job, uint8_t state);

#endif
