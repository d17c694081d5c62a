/* SPDX-License-Identifier: MIT */
/* libsidecar: the registers of a job that an exception has ended. */
#ifndef JOB_FAULT_H
#define JOB_FAULT_H

#include "error.h"

/* If @a is about the last job on @v's page: its registers into v->job. */
void job_fault_read(struct sidecar_vcpu *v, const struct sidecar_answer *a);

#endif
