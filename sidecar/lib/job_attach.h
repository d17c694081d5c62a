/* SPDX-License-Identifier: MIT */
/* libsidecar: watching a job of any client. */
#ifndef JOB_ATTACH_H
#define JOB_ATTACH_H

#include "error.h"

/* sidecar_job_poll() of a job that is only watched. */
enum sidecar_error job_attach_poll(struct sidecar_vcpu *v,
				   struct sidecar_progress *p,
				   struct sidecar_answer *a);

#endif
