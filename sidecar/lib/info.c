/* SPDX-License-Identifier: MIT */
/*
 * What there is, for the library's users: nodes and vCPUs.
 */
#include "sysfs.h"
#include "vcpu.h"

/* ---- Nodes -------------------------------------------------------------- */

uint32_t sidecar_nr_nodes(const struct sidecar *s)
{
	return s->nr_nodes;
}

const struct sidecar_node *sidecar_get_node(const struct sidecar *s, uint32_t i)
{
	return i < s->nr_nodes ? &s->node[i] : NULL;
}

uint32_t sidecar_node_number(const struct sidecar_node *n)
{
	return n->number;
}

uint32_t sidecar_node_vnode(const struct sidecar_node *n)
{
	return n->vnode;
}

uint32_t sidecar_node_memory_vnode(const struct sidecar_node *n)
{
	return n->memory_vnode;
}

uint64_t sidecar_node_address(const struct sidecar_node *n)
{
	return n->carve_pa;
}

uint64_t sidecar_node_bytes(const struct sidecar_node *n)
{
	return n->carve_bytes;
}

uint64_t sidecar_node_scratch_bytes(const struct sidecar_node *n)
{
	return n->scratch_bytes;
}

uint64_t sidecar_node_shared_bytes(const struct sidecar_node *n)
{
	return n->shared_bytes;
}

/* ---- vCPUs: which there are --------------------------------------------- */

uint32_t sidecar_nr_vcpus(const struct sidecar *s)
{
	return s->nr_vcpus;
}

struct sidecar_vcpu *sidecar_get_vcpu(struct sidecar *s, uint32_t i)
{
	return i < s->nr_vcpus ? &s->vcpu[i] : NULL;
}

static struct sidecar_vcpu *find_cpu(struct sidecar *s, uint32_t linux_cpu)
{
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		if (s->vcpu[i].linux_cpu >= 0 &&
		    (uint32_t)s->vcpu[i].linux_cpu == linux_cpu)
			return &s->vcpu[i];
	return NULL;
}

enum sidecar_error sidecar_find_cpu(struct sidecar *s, uint32_t linux_cpu,
				    struct sidecar_vcpu **v)
{
	struct sidecar_vcpu *found = find_cpu(s, linux_cpu);

	if (v)
		*v = found;
	if (found)
		return SIDECAR_OK;
	if (*s->bad_node)
		return error_set(s, SIDECAR_E_CONTROL,
				 "CPU %u is in no node that can be used: %s",
				 linux_cpu, s->bad_node);
	return error_set(s, SIDECAR_E_CPU, "CPU %u is in no sidecar node",
			 linux_cpu);
}

/* ---- vCPUs: what never changes ------------------------------------------ */

const struct sidecar_node *sidecar_vcpu_node(const struct sidecar_vcpu *v)
{
	return v->node;
}

uint32_t sidecar_vcpu_slot(const struct sidecar_vcpu *v)
{
	return v->slot;
}

uint32_t sidecar_vcpu_id(const struct sidecar_vcpu *v)
{
	return v->cpu.vcpu_id;
}

uint32_t sidecar_vcpu_apic_id(const struct sidecar_vcpu *v)
{
	return v->cpu.apic_id;
}

bool sidecar_vcpu_is_base(const struct sidecar_vcpu *v)
{
	return !v->command;
}

uint64_t sidecar_vcpu_job_bytes(const struct sidecar_vcpu *v)
{
	return vcpu_slice_bytes(v);
}

/* ---- vCPUs: as they are at the moment ----------------------------------- */

int32_t sidecar_vcpu_linux_cpu(const struct sidecar_vcpu *v)
{
	return sysfs_state(v) == SIDECAR_LINUX_NONE ? -1 : v->linux_cpu;
}

enum sidecar_linux sidecar_vcpu_in_linux(const struct sidecar_vcpu *v)
{
	return sysfs_state(v);
}

uint8_t sidecar_vcpu_state(const struct sidecar_vcpu *v)
{
	return vcpu_state(v);
}

int sidecar_vcpu_is_up(const struct sidecar_vcpu *v)
{
	return vcpu_is_up(v);
}

bool sidecar_vcpu_has_job(const struct sidecar_vcpu *v)
{
	return vcpu_has_job(v);
}

bool sidecar_vcpu_linux_had(const struct sidecar_vcpu *v)
{
	return v->s->backend->linux_had(v->s->backend, v->cpu.vcpu_id);
}
