/* SPDX-License-Identifier: MIT */
/*
 * OpenHCL's algorithm, step by step in its order. Where a step has a
 * switch, OpenHCL's own way stands first.
 */
#include <stddef.h>

#include "openhcl_model.h"

#define PAGE UINT64_C(4096)

struct piece {
	uint64_t start, end;
};

static uint64_t length(const struct piece *p)
{
	return p->end - p->start;
}

static uint32_t highest_vnode(const struct openhcl_input *in)
{
	uint32_t highest = 0;

	for (uint32_t i = 0; i < in->nr_cpus; i++)
		if (in->cpu_vnode[i] > highest)
			highest = in->cpu_vnode[i];
	for (uint32_t i = 0; i < in->nr_ram; i++)
		if (in->ram[i].vnode > highest)
			highest = in->ram[i].vnode;
	return highest;
}

static void keep_larger(struct piece *best, uint64_t start, uint64_t end)
{
	if (end > start && end - start > length(best))
		*best = (struct piece){start, end};
}

/* For each vnode the largest piece of its RAM that is not in use. */
static void free_list(struct piece *free, const struct openhcl_input *in)
{
	for (uint32_t v = 0; v < OPENHCL_MAX_VNODES; v++)
		free[v] = (struct piece){0, 0};
	for (uint32_t i = 0; i < in->nr_ram; i++) {
		const struct openhcl_range *ram = &in->ram[i];
		uint64_t at = ram->start;

		for (uint32_t k = 0; k < in->nr_used; k++) {
			const struct openhcl_range *used = &in->used[k];

			if (used->end <= at || used->start >= ram->end)
				continue;
			keep_larger(&free[ram->vnode], at, used->start);
			at = used->end;
		}
		keep_larger(&free[ram->vnode], at, ram->end);
	}
}

/* Splits CPUs [first, first + nr), a run of neighbours on one vnode. */
static void split_run(struct openhcl_output *out,
		      const struct openhcl_input *in, uint32_t first,
		      uint32_t nr)
{
	uint32_t pieces = 0, size = 0;

	while (pieces * in->node_size < nr)
		pieces++;
	while (size * pieces < nr)
		size++;
	while (nr) {
		struct openhcl_node *n = &out->node[out->nr_nodes++];

		n->vnode = in->cpu_vnode[first];
		n->base_cpu = first;
		n->nr_cpus = nr < size ? nr : size;
		first += n->nr_cpus;
		nr -= n->nr_cpus;
	}
}

static void split_cpus(struct openhcl_output *out,
		       const struct openhcl_input *in)
{
	uint32_t first = 0;

	for (uint32_t i = 1; i <= in->nr_cpus; i++) {
		if (i < in->nr_cpus && in->cpu_vnode[i] == in->cpu_vnode[first])
			continue;
		split_run(out, in, first, i - first);
		first = i;
	}
}

static bool all_single(const struct openhcl_output *out)
{
	for (uint32_t i = 0; i < out->nr_nodes; i++)
		if (out->node[i].nr_cpus != 1)
			return false;
	return true;
}

static uint64_t required(const struct openhcl_node *n,
			 const struct openhcl_rules *rules)
{
	if (!rules->memory)
		return (1 + 13 * (uint64_t)n->nr_cpus) * PAGE;
	return (rules->memory->node_pages +
		rules->memory->vcpu_pages * (n->nr_cpus - 1)) *
	       PAGE;
}

/* True if the home vnode does not have @need bytes. */
static bool home_refuses(const struct piece *home, uint64_t need,
			 const struct openhcl_rules *rules)
{
	if (!rules->exact_fit)
		return need >= length(home);
	return need > length(home);
}

/* Where @need bytes are: home, else the vnodes after it, home itself last. */
static bool choose_vnode(uint32_t *vnode, const struct piece *free,
			 uint32_t nr_vnodes, uint64_t need,
			 const struct openhcl_rules *rules)
{
	uint32_t home = *vnode;

	if (!home_refuses(&free[home], need, rules))
		return true;
	for (uint32_t step = 1; step <= nr_vnodes; step++) {
		*vnode = (home + step) % nr_vnodes;
		if (length(&free[*vnode]) >= need)
			return true;
	}
	return false;
}

static uint64_t scratch(const struct piece *free, uint64_t need,
			const struct openhcl_rules *rules)
{
	uint64_t rest = (length(free) - need) / PAGE, most = rest / 2;

	if (!rules->memory)
		return 0;
	if (most < 512)
		most = rest < 512 ? rest : 512;
	if (rules->memory->scratch_pages > most)
		return most * PAGE;
	return rules->memory->scratch_pages * PAGE;
}

/* The top of the chosen vnode's piece, which shrinks by it. */
static bool take_memory(struct openhcl_node *n, struct piece *free,
			uint32_t nr_vnodes, const struct openhcl_rules *rules)
{
	uint64_t need = required(n, rules);

	n->memory_vnode = n->vnode;
	n->memory_start = 0;
	n->memory_size = 0;
	if (rules->skip_single && n->nr_cpus == 1)
		return true;
	if (!choose_vnode(&n->memory_vnode, free, nr_vnodes, need, rules))
		return false;
	free += n->memory_vnode;
	n->memory_size = need + scratch(free, need, rules);
	n->memory_start = free->end - n->memory_size;
	free->end = n->memory_start;
	return true;
}

void openhcl_plan(struct openhcl_output *out, const struct openhcl_input *in,
		  const struct openhcl_rules *rules)
{
	struct piece free[OPENHCL_MAX_VNODES];
	uint32_t highest = highest_vnode(in);

	out->nr_nodes = 0;
	out->result = OPENHCL_NO_IMAGE;
	if (!in->image)
		return;
	out->result = OPENHCL_VNODE;
	if (highest >= OPENHCL_MAX_VNODES)
		return;
	free_list(free, in);
	out->result = OPENHCL_NO_X2APIC;
	if (!in->x2apic)
		return;
	split_cpus(out, in);
	out->result = OPENHCL_SINGLE;
	if (all_single(out))
		return;
	out->result = OPENHCL_NO_MEMORY;
	for (uint32_t i = 0; i < out->nr_nodes; i++)
		if (!take_memory(&out->node[i], free, highest + 1, rules))
			return;
	out->result = OPENHCL_STARTED;
}
