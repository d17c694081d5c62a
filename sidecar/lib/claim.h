/* SPDX-License-Identifier: MIT */
/*
 * Claims on vCPUs by lock files, which the kernel drops when a client dies.
 */
#ifndef CLAIM_H
#define CLAIM_H

#include "backend.h"

/* A descriptor, or a negative errno; -EAGAIN: another client has it. */
int claim_file(const char *folder, uint32_t vcpu_id, enum claim_kind kind);
/* The same file, with no claim. */
int claim_open_file(const char *folder, uint32_t vcpu_id);
void claim_close(int fd);

#endif
