/* SPDX-License-Identifier: MIT */
/* What lock files remember, until the next boot. */
#ifndef NOTES_H
#define NOTES_H

#include <stdbool.h>
#include <stdint.h>

/* Until a restore or migration, too: Linux had the vCPU of this claim. */
void notes_set_linux(int fd);
bool notes_linux_had(const char *folder, uint32_t vcpu_id);
/* How many softirqs Linux had run on it. UINT64_MAX is not written; 0: no note.
 */
void notes_set_softirqs(const char *folder, uint32_t vcpu_id, uint64_t n);
uint64_t notes_softirqs(const char *folder, uint32_t vcpu_id);

#endif
