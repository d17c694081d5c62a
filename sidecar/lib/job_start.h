/* SPDX-License-Identifier: MIT */
/* libsidecar: loading a job and handing it to its vCPU. */
#ifndef JOB_START_H
#define JOB_START_H

#include "error.h"

/* Starts the vCPU again, with v->job.what. */
enum sidecar_error job_start_again(struct sidecar_vcpu *v);
/* From now on the job is waited for to leave @state. */
void job_start_waiting(struct job *job, uint8_t state);

#endif
