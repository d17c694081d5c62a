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

/* Xen public/hvm/hvm_info_table.h: HVM_MAX_VCPUS. Host tests use more. */
#ifndef TOPOLOGY_MAX_VCPUS
#define TOPOLOGY_MAX_VCPUS 128
#endif
#define TOPOLOGY_MAX_VNODES 128
#define TOPOLOGY_MAX_RANGES 256

enum topology_error {
	TOPOLOGY_OK,
	TOPOLOGY_TOO_MANY_VNODES,
	TOPOLOGY_TOO_MANY_RANGES,
	TOPOLOGY_TOO_MANY_VCPUS,
	TOPOLOGY_BAD_VNODE, /* a vCPU or range names a vnode beyond the last */
	TOPOLOGY_BAD_DISTANCE, /* not 10 on the diagonal, or not 11-254 off it
				*/
	TOPOLOGY_BAD_RANGE,    /* ends before its start or overlaps another */
	TOPOLOGY_NOT_COVERED,  /* RAM that belongs to no vnode */
	TOPOLOGY_VCPU_MISSING, /* an enabled vCPU belongs to no vnode */
	TOPOLOGY_VCPU_TWICE,
	TOPOLOGY_BAD_VCPU,   /* the command line names one beyond the last */
	TOPOLOGY_NO_VNODE,   /* nothing where the command line must have one */
	TOPOLOGY_BAD_SYNTAX, /* of a vnode */
	TOPOLOGY_BAD_SIZE,
	TOPOLOGY_NO_UNIT,
	TOPOLOGY_BAD_LIST,
	TOPOLOGY_NO_DISTANCE, /* no number where one of the list has to be */
	TOPOLOGY_MORE_DISTANCES,
	TOPOLOGY_SUM_TOO_LARGE, /* more than the guest's RAM [bytes] */
};
const char *topology_error_text(enum topology_error e);

/* What comes with an error and has to be named. */
enum topology_value {
	TOPOLOGY_NUMBER,
	TOPOLOGY_ADDRESS,
	TOPOLOGY_DISTANCE,	   /* a number, from vnode bad_from to bad_to */
	TOPOLOGY_TEXT,		   /* bad_text, of vnode number so-and-so */
	TOPOLOGY_TEXT_OF_DISTANCE, /* bad_text, from bad_from to bad_to */
};
enum topology_value topology_error_value(enum topology_error e);

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
	 * Bad or missing distances are not an error of the topology, which has
	 * 10 and 20 instead: what was wrong, with a value like @bad below.
	 */
	enum topology_error distance_error;
	uint64_t bad_distance;
	/* as topology_error_value() says */
	uint32_t bad_from, bad_to;
	struct text bad_text; /* part of the command line */
};

/* XENMEM_get_vnumainfo's answer, as Xen's public/memory.h lays it out. */
struct topology_vmemrange {
	uint64_t start, end;
	uint32_t flags, nid;
};

#endif
