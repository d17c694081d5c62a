/* SPDX-License-Identifier: MIT */
/*
 * Speaking to Xen from inside the guest: typed hypercalls, the console ring,
 * vNUMA and vCPU operations. Functions return Xen's result (0 or a negative
 * errno of Xen's public/errno.h) and print nothing.
 */
#ifndef XEN_GUEST_H
#define XEN_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/bootparam.h"
#include "lib/packages.h"
#include "lib/topology.h"

#define XEN_EAGAIN     11
#define XEN_ENODEV     19
#define XEN_EINVAL     22
#define XEN_ENOBUFS    105
#define XEN_EOPNOTSUPP 95

/* ---- xen/guest/xen.c ---- */

struct xen_info {
	uint32_t base;	       /* first Xen CPUID leaf */
	uint32_t major, minor; /* of the hypervisor */
	uint32_t tsc_khz;      /* guest TSC, CPUID base + 3 sub-leaf 0 */
	bool x2apic, nx;       /* what Xen lets the guest's CPUs have */
	uint8_t vmcall[3];     /* its instruction for a hypercall */
	struct packages_cpuid packages; /* and share */
};

/*
 * Finds Xen (public/arch-x86/cpuid.h) and sets the hypercall page up. False
 * if this is no Xen.
 */
bool xen_init(struct xen_info *x);
/*
 * XENMEM_memory_map, for a start_info without a map. @nr: room in @e, then
 * how many Xen wrote.
 */
long xen_memory_map(struct boot_e820_entry *e, uint32_t *nr);
/*
 * XENMEM_set_memory_map: what XENMEM_memory_map answers from here on. Sorted,
 * at most 1024 entries (Xen's E820MAX).
 */
long xen_set_memory_map(struct boot_e820_entry *e, uint32_t nr);
/* XENMEM_current_reservation: pages that this guest has, or Xen's error. */
long xen_current_reservation(void);
/* HVMOP_get_param of this domain: HVM_PARAM_@index (public/hvm/params.h). */
long xen_hvm_param(uint32_t index, uint64_t *value);
/* The domain ends with SHUTDOWN_crash. */
__attribute__((noreturn)) void xen_crash(void);
/* Lets others run: Xen yields the vCPU; PAUSE lets an emulator switch CPUs. */
void xen_yield(void);

/* ---- xen/guest/console.c ---- */

/*
 * Looks the console ring up; without one nothing is written. 0, Xen's error,
 * or -XEN_ENODEV if its answer is no ring.
 */
long xen_console_init(const struct xen_info *x);
/*
 * Writes one line of less than 2048 bytes to the ring, its newline included.
 * A full ring is waited for, at most 500 ms in all calls together. Returns
 * false if the line was dropped.
 */
bool xen_console_write(const char *s, size_t n);
/* The next line is the last one: it may wait for the rest of the 500 ms. */
void xen_console_last(void);

/* ---- xen/guest/vnuma.c ---- */

/*
 * More vnodes than xl's vnuma= can have (CONFIG_MAX_VNODES, 32) and as many as
 * the plan takes (PLAN_MAX_VNODES); sidecar.vnuma= may list more
 * (TOPOLOGY_MAX_VNODES, 128), which turn the sidecar off.
 */
#define XEN_VNUMA_MAX_VNODES 64
#define XEN_VNUMA_MAX_VCPUS  512

struct xen_vnuma {
	uint32_t nr_vnodes, nr_ranges, nr_vcpus;
	uint32_t vdistance[XEN_VNUMA_MAX_VNODES * XEN_VNUMA_MAX_VNODES];
	uint32_t vcpu_to_vnode[XEN_VNUMA_MAX_VCPUS];
	struct topology_vmemrange vmemrange[TOPOLOGY_MAX_RANGES];
};

/*
 * XENMEM_get_vnumainfo: 0 or Xen's error: -XEN_EOPNOTSUPP without vNUMA,
 * -XEN_ENOBUFS with Xen's counts if they exceed the arrays above, -XEN_EAGAIN
 * if they still change after 16 calls, or any other.
 */
long xen_vnuma_get(struct xen_vnuma *v);

/* ---- xen/guest/vcpu.c ---- */

struct xen_vcpu_start {
	uint32_t vcpu_id;
	uint64_t rip, cr3, rdi;
	long error; /* out: 0 or a negative errno */
};

/*
 * One multicall of VCPUOP_initialise (64-bit mode, EFER.NXE, CR0_KERNEL,
 * the caller's CR4) and VCPUOP_up for each of @nr (at most TOPOLOGY_MAX_VCPUS)
 * vCPUs.
 */
void xen_vcpu_start(struct xen_vcpu_start *v, uint32_t nr);
/* One multicall of VCPUOP_is_up; is_up[i] is 0, 1 or a negative errno. */
void xen_vcpu_is_up(const uint32_t *vcpu_id, long *is_up, uint32_t nr);
/* Xen before 4.19 needs vcpu_info for VCPUOP_initialise from 32 on. */
bool xen_vcpu_needs_sipi(const struct xen_info *x, uint32_t vcpu_id);

#endif
