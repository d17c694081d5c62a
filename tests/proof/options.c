/* SPDX-License-Identifier: MIT */
/*
 * Values of the shim's options: any text of up to BYTES characters. A bad one
 * changes nothing; of a good one comes what the header says. The source is
 * included, as these functions are its own. In a list of vCPUs a character is
 * a comma or not, as spans.h says what is between commas; three spans are
 * enough for one after another and one that ends the list.
 */
#include <string.h>

#include "lib/memmap.h"
#include "spans.h"
#include SOURCE

/* CBMC's own knows no bound. */
void *memset(void *to, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)c;
	return to;
}

static struct options o, old;

static void any_options(void)
{
	o.sidecar = nondet_bool();
	o.node_max = nondet_u32();
	o.scratch_bytes = nondet_u64();
	o.shared_bytes = nondet_u64();
	for (uint32_t i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		o.linux_vcpu[i] = nondet_bool();
	old = o;
}

void proof_options_node_max(void)
{
	any_options();
	if (set_node_max(&o, any_text()))
		prove(o.node_max >= 1 && o.node_max <= PLAN_NODE_MAX);
	else
		prove(o.node_max == old.node_max);
}

void proof_options_bytes(void)
{
	any_options();
	if (set_scratch(&o, any_text()))
		prove(o.scratch_bytes % PAGE_SIZE == 0 &&
		      o.scratch_bytes <= UINT64_C(1) << 40);
	else
		prove(o.scratch_bytes == old.scratch_bytes);
	if (set_shared(&o, any_text()))
		prove(o.shared_bytes % PLAN_SHARED_UNIT == 0 &&
		      o.shared_bytes <= UINT64_C(1) << 40);
	else
		prove(o.shared_bytes == old.shared_bytes);
}

/* Its members are those of all its spans; false if one of them is none. */
static bool list_has(struct text list, uint32_t vcpu, bool *has)
{
	struct text item;
	uint64_t first, last;

	*has = false;
	for (size_t at = 0; at <= list.len; at += item.len + 1) {
		item = item_at(list, at, ',');
		if (!text_is_span(item, TOPOLOGY_MAX_VCPUS - 1, &first, &last))
			return false;
		*has |= vcpu >= first && vcpu <= last;
	}
	return true;
}

void proof_options_list(void)
{
	struct text list = any_list();
	uint32_t v = any_up_to(TOPOLOGY_MAX_VCPUS - 1);
	bool set, has;

	any_options();
	set = set_linux_cpus(&o, list);
	prove(set == list_has(list, v, &has));
	prove(o.linux_vcpu[v] == (set ? has : old.linux_vcpu[v]));
	prove(o.scratch_bytes == old.scratch_bytes &&
	      o.shared_bytes == old.shared_bytes && !o.nr_bad);
}
