/* SPDX-License-Identifier: MIT */
/*
 * The plan: splits each vnode's vCPUs into sidecar nodes and takes a carve
 * for each node that has something to park. Pure: the same code runs in the
 * shim, in the unit tests and in sidecar-plan.
 */
#ifndef PLAN_H
#define PLAN_H

#include "lib/topology.h"

#define PLAN_NODE_MAX	32 /* vCPUs per sidecar node, as OpenHCL */
#define PLAN_MAX_NODES	TOPOLOGY_MAX_VCPUS
#define PLAN_MAX_VNODES 64 /* vnode numbers at or above turn it off */

/* Scratch takes at most half of the remainder, but always up to 2 MiB. */
#define PLAN_SCRATCH_SURE (2u << 20)
/* Shared memory is so much, or a multiple, and aligned to it. */
#define PLAN_SHARED_UNIT (2u << 20)

enum plan_status {
	PLAN_ON,
	PLAN_OFF_OPTION,  /* sidecar=off */
	PLAN_OFF_VNODE,	  /* a vnode number >= PLAN_MAX_VNODES */
	PLAN_OFF_X2APIC,  /* CPUID 1 ECX[21] is clear */
	PLAN_OFF_NX,	  /* CPUID 0x80000001 EDX[20] is clear */
	PLAN_OFF_SINGLE,  /* every sidecar node has one vCPU */
	PLAN_OFF_NOTHING, /* Linux boots all of them anyway */
	PLAN_OFF_MEMORY,  /* no vnode has room for a carve */
	PLAN_WITHDRAWN,	  /* by others: plan.withdrawn */
};
const char *plan_status_text(enum plan_status s);
/* The config asks for it, or allows no sidecar: nothing went wrong. */
bool plan_status_is_wanted(enum plan_status s);
/* The unit to print after status_value, maybe ""; NULL if there is no value. */
const char *plan_status_unit(enum plan_status s);

struct plan_request {
	const struct topology *topology;
	const bool *linux_vcpu; /* [TOPOLOGY_MAX_VCPUS]: Linux must boot it */
	bool enabled;		/* sidecar=on or log */
	bool x2apic;
	bool nx;		/* no-execute pages */
	uint32_t node_max;	/* 1..PLAN_NODE_MAX */
	uint32_t node_pages;	/* control page, image and page tables */
	uint32_t vcpu_pages;	/* per parked vCPU */
	uint64_t scratch_bytes; /* wanted per node; whole pages */
	uint64_t shared_bytes;	/* wanted per node; whole PLAN_SHARED_UNIT */
	/* Largest free range of each vnode, [topology->nr_vnodes]. */
	const struct range *free;
	/* How much of it Linux has to give back to Xen: not for scratch. */
	const uint64_t *owed_bytes;
	/*
	 * What Linux needs of the rest: only PLAN_SCRATCH_SURE may be taken
	 * from it.
	 */
	const uint64_t *reserved_bytes;
};

/* vCPUs of a node are plan.member[first .. first + nr), ascending ids. */
struct plan_node {
	uint32_t vnode;
	uint32_t first, nr;
	uint32_t nr_parked;
	uint32_t carve_vnode; /* differs from vnode after a fallback */
	struct range carve;   /* empty if there is nothing to park */
	/*
	 * In this order at the end of the carve. What is left of scratch behind
	 * the page tables of jobs, view_bytes, is for slices.
	 */
	uint64_t scratch_bytes, shared_bytes;
	uint64_t view_bytes; /* 0: scratch is too small, there are no slices */
};

struct plan {
	enum plan_status status;
	uint64_t status_value;	/* the value to name: vnode, bytes wanted.. */
	struct error withdrawn; /* if status is PLAN_WITHDRAWN */
	uint32_t nr_nodes;	/* 0 unless PLAN_ON */
	struct plan_node node[PLAN_MAX_NODES];
	uint32_t member[TOPOLOGY_MAX_VCPUS]; /* vCPU ids by node */
	bool parked[TOPOLOGY_MAX_VCPUS];     /* by vCPU id */
	uint32_t nr_parked;
	/*
	 * Order in which Linux sees the present vCPUs: the nr_boot that it
	 * boots first (vCPU 0 first of all), then the others. If the sidecar
	 * is off: all enabled vCPUs boot, in ascending order of ids.
	 */
	uint32_t nr_boot, nr_order;
	uint32_t order[TOPOLOGY_MAX_VCPUS];
};

/* Computes @p from scratch; p->status says whether there is a sidecar. */
void plan_make(struct plan *p, const struct plan_request *rq);
/* Takes a made plan back: Linux boots all enabled vCPUs. */
void plan_withdraw(struct plan *p, const struct topology *t, struct error why);
/* Why there is no sidecar. */
const char *plan_off_text(const struct plan *p);
/* What jobs may have of a node's scratch: its end, in front of shared. */
uint64_t plan_slice_bytes(const struct plan_node *n);

#endif
