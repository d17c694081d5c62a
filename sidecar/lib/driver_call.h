/* SPDX-License-Identifier: MIT */
/* libsidecar: what the driver does with a vCPU, and says of it. */
#ifndef DRIVER_CALL_H
#define DRIVER_CALL_H

#include "driver_handle.h"

/* 0 or a negative errno. */
int driver_call(int fd, unsigned long nr, void *arg);
int driver_call_ask(struct driver *d, const struct driver_vcpu *v,
		    struct sidecar_dev_vcpu *i);

/* Those of struct backend. */
int driver_call_wake(struct backend *b, const struct cpu *cpu);
int driver_call_interrupt(struct backend *b, const struct cpu *cpu);
int driver_call_init(struct backend *b, const struct cpu *cpu);
int driver_call_sipi(struct backend *b, const struct cpu *cpu,
		     uint64_t entry_pa);
int driver_call_is_up(struct backend *b, const struct cpu *cpu);
void driver_call_look(struct backend *b, const struct cpu *cpu);
uint32_t driver_call_log_lost(struct backend *b, const struct cpu *cpu);

#endif
