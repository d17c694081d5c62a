// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What there is: nodes, and vCPUs as they are at the moment.
 */
#include <linux/errno.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include "driver.h"

int scd_look_info(struct sidecar_dev_info *i)
{
	i->version = SIDECAR_DEV_VERSION;
	i->nr_vcpus = scd_nr_vcpus;
	i->nr_nodes = scd_nr_nodes;
	return 0;
}

int scd_look_node(struct sidecar_dev_node *i)
{
	const struct scd_node *n;

	if (i->index >= scd_nr_nodes)
		return -EINVAL;
	n = &scd_nodes[array_index_nospec(i->index, scd_nr_nodes)];
	i->node = n->number;
	i->vnode = n->vnode;
	i->memory_vnode = n->memory_vnode;
	i->nr_slots = n->nr_slots;
	i->nr_parked = n->nr_parked;
	i->carve_pa = n->carve_pa;
	i->carve_bytes = n->carve_bytes;
	i->scratch_pa = n->scratch_pa;
	i->scratch_bytes = n->scratch_bytes;
	i->shared_pa = n->shared_pa;
	i->shared_bytes = n->shared.bytes;
	memcpy(i->slot, n->slot, sizeof(i->slot));
	for (u32 s = 0; s < n->nr_slots; s++)
		i->slot[s].cpu = scd_vcpu_cpu(n->slot[s].apic_id);
	return 0;
}

static u32 flags_of(const struct scd_vcpu *v)
{
	bool runs = READ_ONCE(v->job) == SCD_JOB_RUNS && scd_has_command(v);

	return (READ_ONCE(v->in_linux) ? SIDECAR_DEV_IN_LINUX : 0) |
	       (READ_ONCE(v->claimed) ? SIDECAR_DEV_CLAIMED : 0) |
	       (runs ? SIDECAR_DEV_HAS_JOB : 0) |
	       (scd_vcpu_is_up(v) ? SIDECAR_DEV_UP : 0);
}

int scd_look_vcpu(struct file *f, struct sidecar_dev_vcpu *i)
{
	const struct scd_vcpu *v;

	if (i->index >= scd_nr_vcpus)
		return -EINVAL;
	v = &scd_vcpus[array_index_nospec(i->index, scd_nr_vcpus)];
	i->cpu = scd_vcpu_cpu(v->apic_id);
	i->vcpu_id = v->vcpu_id;
	i->apic_id = v->apic_id;
	i->node = v->node->number;
	i->vnode = v->node->vnode;
	i->state = scd_state(v);
	i->nr_waits = READ_ONCE(v->command->nr_waits);
	i->job = READ_ONCE(v->nr_jobs);
	i->slice_bytes = v->share.bytes;
	i->shared_bytes = v->node->shared.bytes;
	i->flags = flags_of(v) | (scd_claimed(f) == v ? SIDECAR_DEV_OWN : 0);
	return 0;
}
