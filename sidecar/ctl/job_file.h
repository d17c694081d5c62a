/* SPDX-License-Identifier: MIT */
/* sidecarctl: the file of a job. */
#ifndef JOB_FILE_H
#define JOB_FILE_H

#include "ctl.h"

/* Where the jobs are that are installed; a test has its own. */
extern const char *job_file_folder;

/*
 * c->job, a path or the name of one of those, into @job, for free(). False
 * after an error, which has been reported.
 */
/* All of a file, to be freed; NULL with errno set. */
void *job_file_read_all(const char *path, size_t *bytes);
bool job_file_read(struct ctl *c, struct sidecar_job *job);

#endif
