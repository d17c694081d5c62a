/* SPDX-License-Identifier: MIT */
/* libsidecar: loading a job and handing it to its vCPU. */
#ifndef JOB_START_H
#define JOB_START_H

#include "error.h"

/* Starts the vCPU again, and v->job.what on it. */
enum sidecar_error job_start_again(struct sidecar_vcpu *v);
/* Begins to wait for the job to leave @state. */
void job_start_waiting(struct job *job, uint8_t state);

#endif
