/* SPDX-License-Identifier: MIT */
/*
 * The driver has checked the table and the control pages, which only root can
 * read, and knows Linux's numbers.
 */
#include <errno.h>
#include <string.h>

#include "driver_call.h"
#include "driver_nodes.h"
#include "vcpu.h"

static enum sidecar_error driver_failed(struct sidecar *s, int error)
{
	return error_set(s, SIDECAR_E_MEM, "%s: %s", s->backend->memory,
			 strerror(error));
}

static enum sidecar_error add_vcpu(struct sidecar *s, struct sidecar_node *n,
				   const struct sidecar_dev_slot *e,
				   uint32_t slot)
{
	struct driver *d = driver_of(s->backend);
	struct sidecar_vcpu *v = &s->vcpu[s->nr_vcpus];
	struct driver_vcpu *own;

	*v = (struct sidecar_vcpu){
		.s = s,
		.node = n,
		.slot = slot,
		.pages = e->pages,
		.cpu = {e->vcpu_id, e->apic_id},
		.linux_cpu = e->cpu,
		.status = &d->base_status,
	};
	s->nr_vcpus++;
	if (e->index == UINT32_MAX)
		return SIDECAR_OK;
	if (e->index >= d->nr_vcpus)
		return driver_failed(s, EPROTO);
	own = &d->vcpu[e->index];
	own->vcpu_id = e->vcpu_id;
	own->index = e->index;
	v->status = &own->status;
	v->command = &own->command;
	return SIDECAR_OK;
}

/* Where its claims have memory. */
static void place_memory(const struct sidecar_vcpu *v)
{
	struct driver_vcpu *own = driver_find(v->s->backend, v->cpu.vcpu_id);

	if (!own)
		return;
	own->scratch_pa = v->node->scratch_pa;
	own->shared_pa = v->node->shared_pa;
	own->shared_bytes = v->node->shared_bytes;
}

static enum sidecar_error add_node(struct sidecar *s,
				   const struct sidecar_dev_node *e)
{
	struct sidecar_node *n = &s->node[s->nr_nodes++];
	enum sidecar_error error = SIDECAR_OK;
	uint32_t first = s->nr_vcpus;

	*n = (struct sidecar_node){
		.number = e->node,
		.vnode = e->vnode,
		.memory_vnode = e->memory_vnode,
		.nr_slots = e->nr_slots,
		.nr_parked = e->nr_parked,
		.carve_pa = e->carve_pa,
		.carve_bytes = e->carve_bytes,
		.scratch_pa = e->scratch_pa,
		.scratch_bytes = e->scratch_bytes,
		.shared_pa = e->shared_pa,
		.shared_bytes = e->shared_bytes,
	};
	for (uint32_t i = 0; !error && i < n->nr_slots; i++)
		error = add_vcpu(s, n, &e->slot[i], i);
	for (uint32_t i = first; !error && i < s->nr_vcpus; i++)
		place_memory(&s->vcpu[i]);
	return error;
}

static enum sidecar_error read_node(struct sidecar *s, uint32_t i)
{
	struct sidecar_dev_node e = {.size = sizeof(e), .index = i};
	int r = driver_call(driver_of(s->backend)->fd, SIDECAR_DEV_NODE, &e);

	if (r)
		return driver_failed(s, -r);
	if (e.nr_slots > SIDECAR_NODE_VCPUS)
		return driver_failed(s, EPROTO);
	return add_node(s, &e);
}

enum sidecar_error driver_nodes_read(struct sidecar *s)
{
	struct driver *d = driver_of(s->backend);
	enum sidecar_error e = SIDECAR_OK;

	d->timeout_ns = &s->timeout_ns;

	if (d->version != SIDECAR_DEV_VERSION)
		return error_set(
			s, SIDECAR_E_ABI,
			"%s: version %u (want %u): the driver is not of the library's version",
			s->backend->memory, d->version, SIDECAR_DEV_VERSION);
	if (d->nr_nodes > HANDLE_MAX_NODES)
		return driver_failed(s, EPROTO);
	for (uint32_t i = 0; !e && i < d->nr_nodes; i++)
		e = read_node(s, i);
	return e;
}
