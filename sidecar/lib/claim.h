/* SPDX-License-Identifier: MIT */
/*
 * Claims on vCPUs by lock files, which the kernel drops when a client dies.
 */
#ifndef CLAIM_H
#define CLAIM_H

#include "devmem_handle.h"

/* As backend.h has them; a claim is a descriptor of the file. */
int claim_vcpu(struct backend *b, uint32_t vcpu_id, enum claim_kind kind);
void claim_release(struct backend *b, int claim);
bool claim_watch(struct backend *b, uint32_t vcpu_id);
/* The same file, with no claim. */
int claim_open_file(struct backend *b, uint32_t vcpu_id);

#endif
