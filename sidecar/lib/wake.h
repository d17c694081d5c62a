/* SPDX-License-Identifier: MIT */
/*
 * How vCPUs are woken, interrupted, stopped and started: xen-privcmd and msr,
 * as far as they are there.
 */
#ifndef WAKE_H
#define WAKE_H

#include "devmem_handle.h"

/* The real calls; backend.method says which, and why not the others. */
void wake_open(struct devmem *d);
void wake_close(struct devmem *d);

/* As backend.h has them. */
int wake_vcpu(struct backend *b, const struct cpu *cpu);
int wake_interrupt(struct backend *b, const struct cpu *cpu);
int wake_send_init(struct backend *b, const struct cpu *cpu);
int wake_send_sipi(struct backend *b, const struct cpu *cpu, uint64_t entry_pa);
int wake_is_up(struct backend *b, const struct cpu *cpu);

#endif
