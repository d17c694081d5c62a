/* SPDX-License-Identifier: MIT */
/*
 * Claims on vCPUs by lock files, which the kernel drops when a client dies, and
 * what these files remember.
 */
#ifndef CLAIM_H
#define CLAIM_H

#include "backend.h"

/* A descriptor, or a negative errno; -EAGAIN: another client has it. */
int claim_file(const char *folder, uint32_t vcpu_id, enum claim_kind kind);
void claim_close(int fd);
void claim_note_linux(int fd);
bool claim_linux_had(const char *folder, uint32_t vcpu_id);

#endif
