/* SPDX-License-Identifier: MIT */
/* sidecarctl: files that are a job's input and output. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "ctl.h"

/*
 * Reads --in and opens --out, into @job; what is printed goes to stderr if
 * standard output is the job's. False after a report.
 */
bool transfer_begin(struct ctl *c, struct sidecar_job *job);
/* Reports if not all of the output was written. */
void transfer_end(struct ctl *c, struct sidecar_job *job);

#endif
