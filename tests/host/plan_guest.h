/* SPDX-License-Identifier: MIT */
/*
 * The guest that plans are made for in tests, as plan.c sees it and as the
 * model does: put together by hand, or at random. One that everybody uses:
 * it is large.
 */
#ifndef TEST_PLAN_GUEST_H
#define TEST_PLAN_GUEST_H

#include "sidecar/plan.h"
#include "openhcl_model.h"

#define PAGE UINT64_C(4096)

struct plan_guest {
	struct topology t;
	bool linux_vcpu[TOPOLOGY_MAX_VCPUS];
	struct range free[TOPOLOGY_MAX_VNODES];
	uint64_t owed_bytes[TOPOLOGY_MAX_VNODES];
	uint64_t reserved_bytes[TOPOLOGY_MAX_VNODES];
	struct plan_request rq;
	/* the same for the model */
	struct openhcl_input in;
	uint32_t cpu_vnode[TOPOLOGY_MAX_VCPUS];
	struct openhcl_range ram[TOPOLOGY_MAX_RANGES], in_use[RANGES_MAX];
	struct openhcl_memory memory;
	/* only of random guests */
	struct memmap map;
	struct ranges used;
	uint64_t next_page; /* where the next memory is put */
};

extern struct plan_guest g;

/* No vCPUs, no memory; 10 pages per node, 3 per parked vCPU, no scratch. */
void guest_empty(void);
void guest_add_vcpu(uint32_t vnode);
/* Of vnodes that are all there; without it all are equally near. */
void guest_set_distance(uint32_t from, uint32_t to, uint8_t distance);
/* The vnode's only memory, all of it free, at guest_vnode_base(). */
void guest_add_pages(uint32_t vnode, uint64_t pages);
uint64_t guest_vnode_base(uint32_t vnode);

/* All random numbers below are made from @seed. */
void guest_seed(uint64_t seed);
uint32_t guest_below(uint32_t n);
/*
 * Options, vCPUs, memory and what is in use at random. Contiguous: the vCPUs
 * of a vnode are neighbours; the vnodes ascend unless @shuffle, and then have
 * enough memory each. Any: whatever xl lets one write, some vCPUs missing,
 * not enabled, or Linux's by option.
 */
void guest_contiguous(bool shuffle);
void guest_any(void);

#endif
