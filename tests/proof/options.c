/* SPDX-License-Identifier: MIT */
/*
 * Values of the shim's options: any text of up to BYTES characters. A bad one
 * changes nothing; of a good one comes what the header says. The source is
 * included, as these functions are its own.
 */
#include <string.h>

#include "bytes.h"
#include "lib/memmap.h"
#include SOURCE

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
