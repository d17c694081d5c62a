/* SPDX-License-Identifier: MIT */
/*
 * How vCPUs are woken, interrupted, stopped and started: xen-privcmd and msr,
 * as far as they are there.
 */
#ifndef WAKE_H
#define WAKE_H

#include "backend.h"
#include "paths.h"

/*
 * The calls to Xen and the APIC; a test has its own. One that is NULL is not
 * available; each returns a negative errno if it fails.
 */
struct wake_calls {
	int (*up)(void *ctx, uint32_t vcpu_id);	   /* VCPUOP_up */
	int (*is_up)(void *ctx, uint32_t vcpu_id); /* 1, or 0: DOWN */
	int (*nmi)(void *ctx, uint32_t vcpu_id);   /* VCPUOP_send_nmi */
	int (*icr)(void *ctx, uint64_t value);	   /* x2APIC ICR, MSR 0x830 */
	void *ctx;
};

struct wake {
	struct wake_calls calls;
	int privcmd_fd, msr_fd; /* -1: not open */
};

/* The real calls; @method: a line that says which, and why not the others. */
void wake_open(struct wake *w, const struct paths *paths, char *method,
	       size_t size);
void wake_close(struct wake *w);

/* As backend.h has them. */
int wake_vcpu(struct wake *w, const struct cpu *cpu);
int wake_interrupt(struct wake *w, const struct cpu *cpu);
int wake_init(struct wake *w, const struct cpu *cpu);
int wake_sipi(struct wake *w, const struct cpu *cpu, uint64_t entry_pa);
int wake_is_up(struct wake *w, const struct cpu *cpu);

#endif
