/* SPDX-License-Identifier: MIT */
/* libsidecar: looking after the jobs of this handle. */
#ifndef JOB_POLL_H
#define JOB_POLL_H

#include "error.h"

/* Lets all of them run on without this client: any other may stop them. */
void job_poll_leave_all(struct sidecar *s);

#endif
