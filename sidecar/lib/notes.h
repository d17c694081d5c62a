/* SPDX-License-Identifier: MIT */
/* libsidecar: notes kept in lock files until the next boot. */
#ifndef NOTES_H
#define NOTES_H

#include "devmem_handle.h"

/* As backend.h has them; a claim is a descriptor of the file. */
void notes_set_linux(struct backend *b, int claim);
bool notes_linux_had(struct backend *b, uint32_t vcpu_id);
/* UINT64_MAX is not written; 0: there is no note. */
void notes_set_softirqs(struct backend *b, uint32_t vcpu_id, uint64_t n);
uint64_t notes_softirqs(struct backend *b, uint32_t vcpu_id);
void notes_set_job(struct backend *b, int claim, const struct job_note *note);
void notes_tell(struct backend *b, int claim);
bool notes_job(struct backend *b, uint32_t vcpu_id, struct job_note *note);

#endif
