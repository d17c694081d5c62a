/* SPDX-License-Identifier: MIT */
/* sidecarctl: the process that stays behind with jobs that are detached. */
#ifndef KEEP_H
#define KEEP_H

#include <sys/types.h>

/*
 * As fork() does it; the child has the parent's claims, no terminal, and
 * nothing to read from or to write to.
 */
pid_t keep_fork(void);

#endif
