/* SPDX-License-Identifier: MIT */
/*
 * The sidecar planning of OpenHCL's boot shim (openhcl_boot, sidecar.rs, as
 * of 2025), stated once more and plainly, to compare plan.c with. It shares
 * no code with plan.c, memmap.c or topology.c.
 */
#ifndef SEED_MODEL_H
#define SEED_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define SEED_MAX_CPUS	2048u
#define SEED_MAX_VNODES 64u
#define SEED_NODE_SIZE	32u

/* Instead of the seed's 1 + 13n pages for a node of n CPUs. */
struct seed_memory {
	uint64_t node_pages;
	uint64_t vcpu_pages;	/* for all but the base CPU */
	uint64_t scratch_pages; /* on top; at most 512 pages or half of the rest
				 */
};

/* The three differences; all zero is the seed as it is. */
struct seed_rules {
	const struct seed_memory *memory; /* required memory per node */
	bool exact_fit; /* accepted at home; the seed does so only elsewhere */
	bool skip_single; /* no carve for a node with nothing to park */
};

/* Bytes [start, end); of used ranges the vnode means nothing. */
struct seed_range {
	uint64_t start, end;
	uint32_t vnode;
};

struct seed_input {
	bool image; /* there is a sidecar to be started */
	bool x2apic;
	uint32_t node_size; /* SEED_NODE_SIZE, or less */
	uint32_t nr_cpus;
	const uint32_t *cpu_vnode; /* by CPU index */
	uint32_t nr_ram, nr_used;
	const struct seed_range *ram;
	const struct seed_range *used; /* ascending and disjoint */
};

enum seed_result {
	SEED_STARTED,
	SEED_NO_IMAGE,
	SEED_VNODE,
	SEED_NO_X2APIC,
	SEED_SINGLE,
	SEED_NO_MEMORY,
};

struct seed_node {
	uint32_t vnode; /* of its first CPU */
	uint32_t base_cpu, nr_cpus;
	uint32_t memory_vnode;
	uint64_t memory_start, memory_size; /* bytes */
};

struct seed_output {
	enum seed_result result;
	uint32_t nr_nodes;
	struct seed_node node[SEED_MAX_CPUS];
};

void seed_plan(struct seed_output *out, const struct seed_input *in,
	       const struct seed_rules *rules);

#endif
