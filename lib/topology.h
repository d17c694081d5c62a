/* SPDX-License-Identifier: MIT */
/*
 * The guest's vCPUs, vnodes, the memory of each vnode and their distances:
 * what Xen answered to XENMEM_get_vnumainfo, or what the shim's command line
 * says, checked. Pure.
 */
#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include "lib/memmap.h"
#include "lib/text.h"

/* Xen public/hvm/hvm_info_table.h: HVM_MAX_VCPUS. Tests use more, proofs fewer.
 */
#ifndef TOPOLOGY_MAX_VCPUS
#define TOPOLOGY_MAX_VCPUS 128
#endif
#ifndef TOPOLOGY_MAX_VNODES
#define TOPOLOGY_MAX_VNODES 128
#endif
#define TOPOLOGY_MAX_RANGES 256

struct topology_vcpu {
	uint32_t apic_id; /* from the MADT */
	uint32_t vnode;
	bool enabled; /* MADT flag: the host lets this vCPU run */
	bool present; /* has a MADT entry */
};

/* vCPU ids are the indices of vcpu[], distances those of vnodes. */
struct topology {
	uint32_t nr_vcpus; /* highest vCPU id + 1 */
	uint32_t nr_vnodes;
	uint32_t nr_ranges;
	struct topology_vcpu vcpu[TOPOLOGY_MAX_VCPUS];
	struct topology_range {
		uint64_t start, end;
		uint32_t vnode;
	} range[TOPOLOGY_MAX_RANGES]; /* sorted by start, disjoint */
	/* distance[from * nr_vnodes + to]: 10 on the diagonal, else 11-254 */
	uint8_t distance[TOPOLOGY_MAX_VNODES * TOPOLOGY_MAX_VNODES];
	/*
	 * What was wrong with the distances, if anything. The topology is valid
	 * all the same and has 10 and 20 instead.
	 */
	struct error distance_error;
};

/* XENMEM_get_vnumainfo's answer, as Xen's public/memory.h lays it out. */
struct topology_vmemrange {
	uint64_t start, end;
	uint32_t flags, nid;
};

#endif
