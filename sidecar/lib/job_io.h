/* SPDX-License-Identifier: MIT */
/* libsidecar: a job's input and output, at the end of its memory. */
#ifndef JOB_IO_H
#define JOB_IO_H

#include "error.h"

/* Before anything is written: whether there is room for @job's. */
enum sidecar_error job_io_check(const struct sidecar_vcpu *v,
				const struct sidecar_job *job);
/* Writes the input, and the page behind it. */
enum sidecar_error job_io_load(const struct sidecar_vcpu *v);
/* Whether either of these will hand anything out. */
bool job_io_reads_slice(const struct sidecar_job *job);
/* When an exception has ended it: hands out all of its slice. */
enum sidecar_error job_io_show_slice(const struct sidecar_vcpu *v);
/* When the job has ended: hands out what it has set. */
enum sidecar_error job_io_unload(const struct sidecar_vcpu *v);

#endif
