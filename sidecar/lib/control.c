/* SPDX-License-Identifier: MIT */
/*
 * Maps the control and command pages through /dev/mem. A control page is
 * copied once, the copy is checked and used: whoever writes to the page later
 * changes nothing but status bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "handle.h"

/*
 * Without O_SYNC the mapping is write-back, as it is for the vCPUs. NULL with
 * errno set.
 */
static volatile void *map_page(const struct sidecar *s, uint64_t pa)
{
	void *p = mmap(NULL, SIDECAR_PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_SHARED, s->mem_fd, (off_t)pa);

	return p == MAP_FAILED ? NULL : p;
}

static enum sidecar_error fail_map(struct sidecar *s, uint64_t pa)
{
	return fail(s, SIDECAR_E_MEM, "%s: 0x%llx: %s", s->paths->mem,
		    (unsigned long long)pa, strerror(errno));
}

static enum sidecar_error fail_control(struct sidecar *s, const struct node *n,
				       const char *what, uint64_t got)
{
	return fail(
		s, SIDECAR_E_CONTROL,
		"node %u: control page: %s 0x%llx, written over? Reboot the guest",
		n->info.node, what, (unsigned long long)got);
}

/* Pages of the carve behind the control page. */
static bool inside(const struct sidecar_control *c, uint64_t off, uint64_t size)
{
	return off >= SIDECAR_PAGE_SIZE && !(off % SIDECAR_PAGE_SIZE) &&
	       off <= c->carve_size && size <= c->carve_size - off;
}

static enum sidecar_error check_head(struct sidecar *s, const struct node *n,
				     const struct sidecar_control *c)
{
	if (c->magic != SIDECAR_CONTROL_MAGIC)
		return fail_control(s, n, "magic", c->magic);
	if (c->abi_version != SIDECAR_ABI_VERSION)
		return fail(s, SIDECAR_E_ABI,
			    "node %u: control page: ABI version %u (want %u)",
			    n->info.node, c->abi_version, SIDECAR_ABI_VERSION);
	if (c->node != n->info.node)
		return fail_control(s, n, "node", c->node);
	if (c->carve_pa != n->info.carve_pa)
		return fail_control(s, n, "carve", c->carve_pa);
	if (c->carve_size != n->info.carve_size)
		return fail_control(s, n, "carve size", c->carve_size);
	if (c->low_pa != s->scar.low_pa)
		return fail_control(s, n, "low block", c->low_pa);
	return SIDECAR_OK;
}

static enum sidecar_error check_body(struct sidecar *s, const struct node *n,
				     const struct sidecar_control *c)
{
	uint64_t bytes = (uint64_t)c->nr_parked * c->vcpu_stride;

	if (c->nr_slots != n->info.nr_slots)
		return fail_control(s, n, "slots", c->nr_slots);
	if (c->nr_parked > c->nr_slots)
		return fail_control(s, n, "parked", c->nr_parked);
	if (!c->vcpu_stride || c->vcpu_stride % SIDECAR_PAGE_SIZE)
		return fail_control(s, n, "step", c->vcpu_stride);
	if (!inside(c, c->vcpu_offset, bytes))
		return fail_control(s, n, "pages of vCPUs", c->vcpu_offset);
	/* behind them: a job's file is written there */
	if (c->scratch_size &&
	    (!inside(c, c->scratch_offset, c->scratch_size) ||
	     c->scratch_offset < c->vcpu_offset + bytes))
		return fail_control(s, n, "scratch", c->scratch_offset);
	return SIDECAR_OK;
}

/* A vCPU is wanted once, by MADT and control pages with one APIC id. */
static enum sidecar_error check_slot(struct sidecar *s, const struct node *n,
				     const struct sidecar_control *c,
				     uint32_t slot)
{
	const struct sidecar_slot *e = &c->slot[slot];
	int32_t cpu = cpus_find(s, e->vcpu_id);

	if (e->pages != SIDECAR_SLOT_NO_PAGES && e->pages >= c->nr_parked)
		return fail_control(s, n, "index of pages", e->pages);
	for (uint32_t i = 0; i < slot; i++)
		if (e->pages != SIDECAR_SLOT_NO_PAGES &&
		    c->slot[i].pages == e->pages)
			return fail_control(s, n, "pages twice", e->pages);
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		if (s->vcpu[i].vcpu_id == e->vcpu_id)
			return fail_control(s, n, "vCPU twice", e->vcpu_id);
	if (cpu < 0)
		return fail_control(s, n, "vCPU not in the MADT", e->vcpu_id);
	if (s->cpu[cpu].apic_id != e->apic_id)
		return fail_control(s, n, "APIC id", e->apic_id);
	return SIDECAR_OK;
}

static enum sidecar_error add_slot(struct sidecar *s, struct node *n,
				   const struct sidecar_control *c,
				   uint32_t slot)
{
	const struct sidecar_slot *e = &c->slot[slot];
	struct vcpu *v = &s->vcpu[s->nr_vcpus];
	enum sidecar_error error = check_slot(s, n, c, slot);
	uint64_t pa;

	if (error)
		return error;
	v->node = n;
	v->slot = slot;
	v->pages = e->pages;
	v->vcpu_id = e->vcpu_id;
	v->apic_id = e->apic_id;
	v->linux_cpu = cpus_find(s, e->vcpu_id);
	v->status = &n->control->status[slot];
	s->nr_vcpus++;
	if (e->pages == SIDECAR_SLOT_NO_PAGES)
		return SIDECAR_OK;
	pa = c->carve_pa + c->vcpu_offset + (uint64_t)e->pages * c->vcpu_stride;
	v->command = map_page(s, pa);
	return v->command ? SIDECAR_OK : fail_map(s, pa);
}

static enum sidecar_error open_node(struct sidecar *s, struct node *n)
{
	struct sidecar_control c;
	enum sidecar_error e;

	n->control = map_page(s, n->info.carve_pa);
	if (!n->control)
		return fail_map(s, n->info.carve_pa);
	memcpy(&c, (const void *)n->control, sizeof(c));
	e = check_head(s, n, &c);
	if (!e)
		e = check_body(s, n, &c);
	if (e)
		return e;
	n->info.nr_parked = c.nr_parked;
	n->info.scratch_size = c.scratch_size;
	n->scratch_pa = c.carve_pa + c.scratch_offset;
	for (uint32_t slot = 0; !e && slot < c.nr_slots; slot++)
		e = add_slot(s, n, &c, slot);
	return e;
}

static void unmap(volatile void *p)
{
	if (p)
		munmap((void *)p, SIDECAR_PAGE_SIZE);
}

/* From vCPU @first on all are of this node: none of them is there then. */
static void leave_out(struct sidecar *s, struct node *n, uint32_t first)
{
	for (uint32_t i = first; i < s->nr_vcpus; i++)
		unmap(s->vcpu[i].command);
	memset(&s->vcpu[first], 0, (s->nr_vcpus - first) * sizeof(*s->vcpu));
	s->nr_vcpus = first;
	unmap(n->control);
	n->control = NULL;
	n->info.nr_slots = n->info.nr_parked = 0;
	n->info.scratch_size = 0;
}

/* A node whose page is not valid does no harm to the others. */
static enum sidecar_error open_nodes(struct sidecar *s)
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
			memcpy(s->left_out, s->detail, sizeof(s->left_out));
		bad = bad ? bad : e;
	}
	return s->nr_vcpus ? SIDECAR_OK : bad;
}

enum sidecar_error control_open(struct sidecar *s)
{
	s->mem_fd = open(s->paths->mem, O_RDWR | O_CLOEXEC);
	if (s->mem_fd < 0 && errno == EPERM)
		return fail(
			s, SIDECAR_E_MEM,
			"%s: forbidden, kernel lockdown? Parked vCPUs can still be onlined by Linux's own online files",
			s->paths->mem);
	if (s->mem_fd < 0)
		return fail(s, SIDECAR_E_MEM, "%s: %s", s->paths->mem,
			    strerror(errno));
	return open_nodes(s);
}

void control_close(struct sidecar *s)
{
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		unmap(s->vcpu[i].command);
	for (uint32_t i = 0; i < s->nr_nodes; i++)
		unmap(s->node[i].control);
}
