/* SPDX-License-Identifier: MIT */
/*
 * Maps the control and command pages. A control page is copied once, the copy
 * is checked and used: whoever writes to the page later changes nothing but
 * status bytes.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "control_check.h"
#include "cpus.h"

/* NULL with errno set. */
static volatile void *map_page(const struct sidecar *s, uint64_t pa)
{
	return s->backend->map(s->backend, pa, SIDECAR_PAGE_SIZE, true);
}

static void unmap_page(const struct sidecar *s, volatile void *p)
{
	if (p)
		s->backend->unmap(s->backend, (void *)p, SIDECAR_PAGE_SIZE);
}

/* The driver keeps /dev/mem away from the sidecar's memory. */
static bool driver_has_it(const struct sidecar *s)
{
	return errno == EPERM && s->paths->driver &&
	       !access(s->paths->driver, F_OK);
}

static enum sidecar_error not_mapped(struct sidecar *s, uint64_t pa)
{
	int error = errno;

	if (driver_has_it(s))
		return error_set(
			s, SIDECAR_E_MEM,
			"%s: the driver xen_sidecar has the vCPUs: rmmod xen_sidecar, or a program that uses %s",
			s->backend->memory, s->paths->driver);
	errno = error;
	return error_set(s, SIDECAR_E_MEM, "%s: 0x%llx: %s", s->backend->memory,
			 (unsigned long long)pa, strerror(errno));
}

/* Adds a vCPU of the node @n after those that are there. */
static enum sidecar_error add_vcpu(struct sidecar *s, struct sidecar_node *n,
				   const struct sidecar_control *c,
				   uint32_t slot)
{
	const struct sidecar_slot *e = &c->slot[slot];
	struct sidecar_vcpu *v = &s->vcpu[s->nr_vcpus++];
	uint64_t pa = c->carve_pa + c->vcpu_offset +
		      (uint64_t)e->pages * c->vcpu_stride;

	*v = (struct sidecar_vcpu){
		.s = s,
		.node = n,
		.slot = slot,
		.pages = e->pages,
		.cpu = {e->vcpu_id, e->apic_id},
		.linux_cpu = cpus_find(s, e->vcpu_id)->linux_cpu,
		.status = &n->control->status[slot],
	};
	if (e->pages == SIDECAR_SLOT_NO_PAGES)
		return SIDECAR_OK;
	v->command = map_page(s, pa);
	return v->command ? SIDECAR_OK : not_mapped(s, pa);
}

static enum sidecar_error add_vcpus(struct sidecar *s, struct sidecar_node *n,
				    const struct sidecar_control *c)
{
	enum sidecar_error e = SIDECAR_OK;

	for (uint32_t slot = 0; !e && slot < c->nr_slots; slot++) {
		e = control_check_slot(s, n, c, slot);
		if (!e)
			e = add_vcpu(s, n, c, slot);
	}
	return e;
}

static enum sidecar_error open_node(struct sidecar *s, struct sidecar_node *n)
{
	struct sidecar_control c;
	enum sidecar_error e;

	n->control = map_page(s, n->carve_pa);
	if (!n->control)
		return not_mapped(s, n->carve_pa);
	memcpy(&c, (const void *)n->control, sizeof(c));
	e = control_check_page(s, n, &c);
	if (e)
		return e;
	n->nr_parked = c.nr_parked;
	n->scratch_bytes = c.scratch_size;
	n->scratch_pa = c.carve_pa + c.scratch_offset;
	n->shared_bytes = c.shared_size;
	n->shared_pa = c.carve_pa + c.shared_offset;
	return add_vcpus(s, n, &c);
}

/* From vCPU @first on all are of this node: none of them is there then. */
static void leave_out(struct sidecar *s, struct sidecar_node *n, uint32_t first)
{
	for (uint32_t i = first; i < s->nr_vcpus; i++)
		unmap_page(s, s->vcpu[i].command);
	memset(&s->vcpu[first], 0, (s->nr_vcpus - first) * sizeof(*s->vcpu));
	s->nr_vcpus = first;
	unmap_page(s, n->control);
	n->control = NULL;
	n->nr_slots = n->nr_parked = 0;
	n->scratch_bytes = n->shared_bytes = 0;
}

/* A node whose page is not valid does no harm to the others. */
enum sidecar_error control_open(struct sidecar *s)
{
	enum sidecar_error bad = SIDECAR_OK;

	for (uint32_t i = 0; i < s->nr_nodes; i++) {
		uint32_t first = s->nr_vcpus;
		enum sidecar_error e = open_node(s, &s->node[i]);

		if (e && e != SIDECAR_E_CONTROL && e != SIDECAR_E_ABI)
			return e;
		if (!e)
			continue;
		leave_out(s, &s->node[i], first);
		if (!bad)
			memcpy(s->bad_node, s->detail, sizeof(s->bad_node));
		bad = bad ? bad : e;
	}
	return s->nr_vcpus ? SIDECAR_OK : bad;
}

void control_close(struct sidecar *s)
{
	/* its own */
	if (s->backend && s->backend->is_driver)
		return;
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		unmap_page(s, s->vcpu[i].command);
	for (uint32_t i = 0; i < s->nr_nodes; i++) {
		unmap_page(s, s->node[i].control);
		if (s->node[i].shared)
			s->backend->unmap(s->backend, s->node[i].shared,
					  s->node[i].shared_bytes);
	}
}
