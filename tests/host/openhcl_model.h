/* SPDX-License-Identifier: MIT */
/*
 * The sidecar planning of OpenHCL's boot shim (openhcl_boot, sidecar.rs, as
 * of 2025), stated once more and plainly, to compare plan.c with. It shares
 * no code with plan.c, memmap.c or topology.c.
 */
#ifndef OPENHCL_MODEL_H
#define OPENHCL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define OPENHCL_MAX_CPUS   2048u
#define OPENHCL_MAX_VNODES 64u
#define OPENHCL_NODE_SIZE  32u

/* Instead of OpenHCL's 1 + 13n pages for a node of n CPUs. */
struct openhcl_memory {
	uint64_t node_pages;
	uint64_t vcpu_pages;	/* for all but the base CPU */
	uint64_t scratch_pages; /* on top; at most 512 pages or half of the rest
				 */
};

/* The three differences; all zero is OpenHCL as it is. */
struct openhcl_rules {
	const struct openhcl_memory *memory; /* required memory per node */
	bool exact_fit;	  /* accepted at home; there only elsewhere */
	bool skip_single; /* no carve for a node with nothing to park */
};

/* Bytes [start, end); of used ranges the vnode means nothing. */
struct openhcl_range {
	uint64_t start, end;
	uint32_t vnode;
};

struct openhcl_input {
	bool image; /* there is a sidecar to be started */
	bool x2apic;
	uint32_t node_size; /* OPENHCL_NODE_SIZE, or less */
	uint32_t nr_cpus;
	const uint32_t *cpu_vnode; /* by CPU index */
	uint32_t nr_ram, nr_used;
	const struct openhcl_range *ram;
	const struct openhcl_range *used; /* ascending and disjoint */
};

enum openhcl_result {
	OPENHCL_STARTED,
	OPENHCL_NO_IMAGE,
	OPENHCL_VNODE,
	OPENHCL_NO_X2APIC,
	OPENHCL_SINGLE,
	OPENHCL_NO_MEMORY,
};

struct openhcl_node {
	uint32_t vnode; /* of its first CPU */
	uint32_t base_cpu, nr_cpus;
	uint32_t memory_vnode;
	uint64_t memory_start, memory_size; /* bytes */
};

struct openhcl_output {
	enum openhcl_result result;
	uint32_t nr_nodes;
	struct openhcl_node node[OPENHCL_MAX_CPUS];
};

void openhcl_plan(struct openhcl_output *out, const struct openhcl_input *in,
		  const struct openhcl_rules *rules);

#endif
