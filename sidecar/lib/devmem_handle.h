/* SPDX-License-Identifier: MIT */
/*
 * The backend that needs no driver: its data. The functions of struct backend
 * are in wake.c, claim.c, notes.c and devmem.c.
 */
#ifndef DEVMEM_HANDLE_H
#define DEVMEM_HANDLE_H

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

struct devmem {
	struct backend backend; /* first: what the functions are given */
	const struct paths *paths;
	struct wake_calls calls;
	int mem_fd, privcmd_fd, msr_fd; /* -1: not open */
	/* all in backend.fd; files_fd: of the vCPUs that are watched */
	int evtchn_fd, uevents_fd, clock_fd, files_fd;
	uint64_t event; /* SIDECAR_EVENT(); 0: none */
};

static inline struct devmem *devmem_of(struct backend *b)
{
	return (struct devmem *)b;
}

#endif
