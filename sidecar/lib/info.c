/* SPDX-License-Identifier: MIT */
/*
 * What there is, for the library's users: nodes and vCPUs.
 */
#include "sysfs.h"
#include "vcpu.h"

uint32_t sidecar_nr_nodes(const struct sidecar *s)
{
	return s->nr_nodes;
}

void sidecar_node(const struct sidecar *s, uint32_t i,
		  struct sidecar_node_info *info)
{
	const struct sidecar_node *n = &s->node[i];

	*info = (struct sidecar_node_info){
		.node = n->number,
		.vnode = n->vnode,
		.carve_vnode = n->memory_vnode,
		.nr_slots = n->nr_slots,
		.nr_parked = n->nr_parked,
		.carve_pa = n->carve_pa,
		.carve_size = n->carve_bytes,
		.scratch_size = n->scratch_bytes,
	};
}

uint32_t sidecar_nr_vcpus(const struct sidecar *s)
{
	return s->nr_vcpus;
}

void sidecar_vcpu(struct sidecar *s, uint32_t i, struct sidecar_vcpu_info *info)
{
	const struct sidecar_vcpu *v = &s->vcpu[i];

	*info = (struct sidecar_vcpu_info){
		.node = (uint32_t)(v->node - s->node),
		.slot = v->slot,
		.vcpu_id = v->cpu.vcpu_id,
		.apic_id = v->cpu.apic_id,
		.linux_cpu = v->linux_cpu,
		.in_linux = sysfs_state(v),
		.base = !v->command,
		.state = vcpu_state(v),
		.up = vcpu_is_up(v),
		.job = vcpu_has_job(v),
		.linux_had = s->backend->linux_had(s->backend, v->cpu.vcpu_id),
	};
	if (info->in_linux == SIDECAR_LINUX_NONE)
		info->linux_cpu = -1;
}

int32_t sidecar_find_cpu(const struct sidecar *s, uint32_t linux_cpu)
{
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		if (s->vcpu[i].linux_cpu >= 0 &&
		    (uint32_t)s->vcpu[i].linux_cpu == linux_cpu)
			return (int32_t)i;
	return -1;
}

uint64_t sidecar_job_bytes(const struct sidecar *s, uint32_t i)
{
	return vcpu_slice_bytes(&s->vcpu[i]);
}
