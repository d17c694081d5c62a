/* SPDX-License-Identifier: MIT */
/* libsidecar: looking after the jobs of this handle. */
#ifndef JOB_POLL_H
#define JOB_POLL_H

#include "error.h"

/* They run on, and their vCPUs are anybody's: another client may stop them. */
void job_poll_leave_all(struct sidecar *s);

#endif
