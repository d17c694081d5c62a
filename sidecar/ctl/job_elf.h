/* SPDX-License-Identifier: MIT */
/* sidecarctl: a static ELF that is linked for a job's address, as a job. */
#ifndef JOB_ELF_H
#define JOB_ELF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * If *@file, of malloc(), is an ELF, a job in place of it. False, with a
 * reason, if it cannot be one; *@file is as it was then.
 */
bool job_elf_flatten(void **file, size_t *bytes, const char **why);

#endif
