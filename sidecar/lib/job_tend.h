/* SPDX-License-Identifier: MIT */
/* libsidecar: looking after the vCPU of a job. */
#ifndef JOB_TEND_H
#define JOB_TEND_H

#include "error.h"

/* To be called again and again, with the vCPU's state RUN or STOP. */
enum sidecar_error job_tend(struct sidecar_vcpu *v, uint8_t state);
/*
 * Whether Linux took the vCPU of a job that runs: looks when that may have
 * changed, or every 100 ms where nothing tells of it.
 */
enum sidecar_error job_tend_look(struct sidecar_vcpu *v);
/* After that failed with @e: a job that begins late must stop at once. */
void job_tend_failed(const struct sidecar_vcpu *v, enum sidecar_error e);

#endif
