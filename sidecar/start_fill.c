/* SPDX-License-Identifier: MIT */
/*
 * Fills the carves and the block below 1 MiB, before the first vCPU of the
 * sidecar starts. Nobody else touches them until then.
 */
#include "start_fill.h"

#include "abi/layout.h"
#include "abi/sidecar.h"
#include "cpu.h"

/* SDM volume 3 20.1.4: vectors of real mode, four bytes each, from address 0 */
#define VECTOR_NMI 2

extern const uint8_t sidecar_image[];
extern const uint8_t sidecar_low[], sidecar_low_end[];

_Static_assert(PLAN_NODE_MAX == SIDECAR_NODE_VCPUS &&
		       PLAN_NODE_MAX == LAYOUT_NODE_SLOTS &&
		       TOPOLOGY_MAX_VCPUS <= LAYOUT_LOW_NR,
	       "the plan's nodes fit what they are laid out in");

static const struct layout_image_header *image_header(void)
{
	return (const struct layout_image_header *)sidecar_image;
}

uint32_t start_entry_va(void)
{
	return image_header()->entry_va;
}

uint64_t start_tables_pa(const struct plan_node *n)
{
	return n->carve.start + PAGE_SIZE + image_header()->size_bytes;
}

static uint64_t vcpu_pa(const struct plan_node *n)
{
	return start_tables_pa(n) + LAYOUT_NR_TABLES * PAGE_SIZE;
}

/* ---- One node's page tables -------------------------------------------- */

static void map_pages(uint64_t *pt, uint64_t va, uint64_t pa, uint64_t size,
		      uint64_t flags)
{
	for (uint64_t off = 0; off < size; off += PAGE_SIZE)
		pt[(va + off) / PAGE_SIZE] = (pa + off) | PTE_P | flags;
}

static void map_vcpu(uint64_t *pt, uint32_t i, uint64_t pa)
{
	uint64_t va = LAYOUT_VCPU_VA + (uint64_t)i * LAYOUT_VCPU_STRIDE;

	map_pages(pt, va + LAYOUT_COMMAND_OFF,
		  pa + LAYOUT_COMMAND_PAGE * PAGE_SIZE, PAGE_SIZE,
		  PTE_W | PTE_NX);
	map_pages(pt, va + LAYOUT_STACK_OFF, pa + LAYOUT_STACK_PAGE * PAGE_SIZE,
		  PAGE_SIZE, PTE_W | PTE_NX);
	map_pages(pt, va + LAYOUT_STATE_OFF, pa + LAYOUT_STATE_PAGE * PAGE_SIZE,
		  PAGE_SIZE, PTE_W | PTE_NX);
}

static void fill_tables(const struct start *s, const struct plan_node *n,
			uint64_t *tables)
{
	const struct layout_image_header *h = image_header();
	uint64_t pa = start_tables_pa(n), image_pa = n->carve.start + PAGE_SIZE;
	uint64_t *pt = tables + LAYOUT_PT * 512;

	__builtin_memset(tables, 0, LAYOUT_NR_TABLES * PAGE_SIZE);
	for (uint32_t level = 0; level < 3; level++)
		tables[level * 512] =
			(pa + (level + 1) * PAGE_SIZE) | PTE_P | PTE_W;
	map_pages(pt, s->low_pa, s->low_pa, PAGE_SIZE, 0);
	map_pages(pt, LAYOUT_CONTROL_VA, n->carve.start, PAGE_SIZE,
		  PTE_W | PTE_NX);
	map_pages(pt, LAYOUT_IMAGE_VA, image_pa, h->text_bytes, 0);
	map_pages(pt, LAYOUT_IMAGE_VA + h->text_bytes, image_pa + h->text_bytes,
		  h->size_bytes - h->text_bytes, PTE_NX);
	map_pages(pt, LAYOUT_TABLES_VA, pa, LAYOUT_NR_TABLES * PAGE_SIZE,
		  PTE_NX);
	/* the kernel sets its windows itself */
	pt[LAYOUT_TABLES_VA / PAGE_SIZE + LAYOUT_PT] |= PTE_W;
	for (uint32_t i = 0; i < n->nr_parked; i++)
		map_vcpu(pt, i,
			 vcpu_pa(n) +
				 (uint64_t)i * LAYOUT_VCPU_PAGES * PAGE_SIZE);
}

/* ---- One node's control page ------------------------------------------- */

/* @p: the node's first page, as it is mapped */
static void find_pages(struct start *s, uint8_t *p, uint32_t slot)
{
	struct sidecar_control *c = (struct sidecar_control *)p;
	uint32_t id = c->slot[slot].vcpu_id;

	s->status[id] = &c->status[slot];
	s->command[id] = (void *)(p + c->vcpu_offset +
				  c->slot[slot].pages * c->vcpu_stride +
				  LAYOUT_COMMAND_PAGE * PAGE_SIZE);
}

static void fill_slots(struct start *s, const struct plan_node *n,
		       struct sidecar_control *c)
{
	uint16_t pages = 0;

	for (uint32_t i = 0; i < n->nr; i++) {
		uint32_t id = s->plan->member[n->first + i];
		bool parks = s->plan->parked[id];

		c->slot[i].vcpu_id = id;
		c->slot[i].apic_id = s->topology->vcpu[id].apic_id;
		c->slot[i].pages = parks ? pages++ : SIDECAR_SLOT_NO_PAGES;
		c->status[i] = parks ? SIDECAR_RUN : SIDECAR_REMOVED;
		if (parks)
			find_pages(s, (uint8_t *)c, i);
	}
}

static void fill_control(struct start *s, const struct plan_node *n,
			 struct sidecar_control *c)
{
	const struct layout_image_header *h = image_header();

	__builtin_memset(c, 0, sizeof(*c));
	c->magic = SIDECAR_CONTROL_MAGIC;
	c->abi_version = SIDECAR_ABI_VERSION;
	c->node = (uint32_t)(n - s->plan->node);
	c->vnode = n->vnode;
	c->nr_slots = n->nr;
	c->nr_parked = n->nr_parked;
	c->carve_pa = n->carve.start;
	c->carve_size = n->carve.end - n->carve.start;
	c->image_offset = PAGE_SIZE;
	c->image_size = h->size_bytes;
	c->tables_offset = (uint32_t)(start_tables_pa(n) - n->carve.start);
	c->tables_size = LAYOUT_NR_TABLES * PAGE_SIZE;
	c->vcpu_offset = (uint32_t)(vcpu_pa(n) - n->carve.start);
	c->vcpu_stride = LAYOUT_VCPU_PAGES * PAGE_SIZE;
	c->shared_size = n->shared_bytes;
	c->shared_offset = c->carve_size - n->shared_bytes;
	c->scratch_size = plan_slice_bytes(n);
	c->scratch_offset = c->shared_offset - c->scratch_size;
	c->views_size = n->view_bytes;
	c->views_offset = c->shared_offset - n->scratch_bytes;
	c->low_pa = s->low_pa;
	c->tsc_khz = s->xen->tsc_khz;
	c->entry_va = h->entry_va;
	fill_slots(s, n, c);
}

/* ---- What one node's kernel is told ------------------------------------ */

static void add_area(struct layout_node *d, const struct plan_node *n,
		     uint32_t node)
{
	if (!n->shared_bytes || d->nr_areas == LAYOUT_MAX_AREAS)
		return;
	d->area[d->nr_areas++] = (struct layout_area){
		.pa = n->carve.end - n->shared_bytes,
		.bytes = n->shared_bytes,
		.node = node,
		.vnode = n->carve_vnode,
	};
}

/* As Xen itself has written it: what CPUID says of the CPU's maker may be set.
 */
static uint32_t hypercall_feature(const struct xen_info *x)
{
	if (x->vmcall[0] != 0x0f || x->vmcall[1] != 0x01)
		return 0;
	return x->vmcall[2] == 0xc1   ? LAYOUT_HAS_VMCALL
	       : x->vmcall[2] == 0xd9 ? LAYOUT_HAS_VMMCALL
				      : 0;
}

/* After fill_control(), whose values it repeats. */
static void fill_image(const struct start *s, const struct sidecar_control *c,
		       uint8_t *image)
{
	const struct layout_image_header *h = image_header();
	struct layout_node *d =
		(struct layout_node *)(image + (h->node_va - LAYOUT_IMAGE_VA));

	__builtin_memcpy(image, sidecar_image, h->size_bytes);
	d->scratch_pa = c->carve_pa + c->scratch_offset;
	d->scratch_bytes = c->scratch_size;
	d->views_pa = c->carve_pa + c->views_offset;
	d->view_bytes = c->views_size / c->nr_parked;
	d->tsc_khz = c->tsc_khz;
	d->features = s->features | hypercall_feature(s->xen);
	d->xen_leaf = s->xen->base;
	d->node = c->node;
	d->vnode = c->vnode;
	for (uint32_t i = 0; i < SIDECAR_NODE_VCPUS; i++)
		d->slot[i] = (struct layout_slot){
			.vcpu_id = c->slot[i].vcpu_id,
			.pages = i < c->nr_slots ? c->slot[i].pages
						 : SIDECAR_SLOT_NO_PAGES,
		};
	for (uint32_t i = 0; i < s->plan->nr_nodes; i++)
		add_area(d, &s->plan->node[i], i);
}

/* On failure s->unmapped_pa names the address. */
static uint8_t *map_or_say(struct start *s, uint64_t pa, uint64_t size)
{
	uint8_t *p = s->map(pa, size);

	if (!p)
		s->unmapped_pa = pa;
	return p;
}

bool start_fill_node(struct start *s, const struct plan_node *n)
{
	const struct layout_image_header *h = image_header();
	/* the rest is left alone until somebody writes to it */
	uint64_t bytes = n->carve.end - n->carve.start - n->scratch_bytes -
			 n->shared_bytes;
	uint8_t *p = map_or_say(s, n->carve.start, bytes);

	if (!p)
		return false;
	fill_tables(s, n, (uint64_t *)(p + PAGE_SIZE + h->size_bytes));
	fill_control(s, n, (struct sidecar_control *)p);
	fill_image(s, (struct sidecar_control *)p, p + PAGE_SIZE);
	return true;
}

/* ---- The block below 1 MiB --------------------------------------------- */

/* Identity map of the first 2 MiB, read and execute only, in three pages. */
static void fill_low_tables(uint64_t *tables, uint64_t pa)
{
	__builtin_memset(tables, 0, 3 * PAGE_SIZE);
	tables[0] = (pa + PAGE_SIZE) | PTE_P;
	tables[512] = (pa + 2 * PAGE_SIZE) | PTE_P;
	tables[1024] = PTE_P | PTE_PS;
}

static uint16_t fill_low_vcpus(const struct start *s, struct layout_low_vcpu *v)
{
	uint16_t nr = 0;

	for (uint32_t i = 0; i < s->plan->nr_nodes; i++) {
		const struct plan_node *n = &s->plan->node[i];

		for (uint16_t slot = 0; slot < n->nr; slot++) {
			uint32_t id = s->plan->member[n->first + slot];

			if (!s->plan->parked[id])
				continue;
			v[nr].cr3 = start_tables_pa(n);
			v[nr].apic_id = s->topology->vcpu[id].apic_id;
			v[nr].slot = slot;
			v[nr].reserved = 0;
			nr++;
		}
	}
	return nr;
}

/*
 * Xen keeps an NMI over INIT, and a vCPU that is started by SIPI has it before
 * its first instruction: without a vector it would run what is in page 0.
 */
static bool fill_nmi_vector(struct start *s)
{
	uint16_t vector[2] = {LAYOUT_LOW_NMI, (uint16_t)(s->low_pa >> 4)};
	uint8_t *p;

	if (!s->page_0_is_free)
		return true;
	p = map_or_say(s, VECTOR_NMI * sizeof(vector), sizeof(vector));
	if (p)
		__builtin_memcpy(p, vector, sizeof(vector));
	return p;
}

bool start_fill_low(struct start *s)
{
	uint8_t *p = map_or_say(s, s->low_pa, LAYOUT_LOW_PAGES * PAGE_SIZE);
	uint32_t pa = (uint32_t)s->low_pa;
	struct layout_low_header *h;
	struct layout_low_code *code;

	if (!p)
		return false;
	__builtin_memset(p, 0, PAGE_SIZE);
	__builtin_memcpy(p, sidecar_low,
			 (uintptr_t)sidecar_low_end - (uintptr_t)sidecar_low);
	h = (struct layout_low_header *)(p + LAYOUT_LOW_HEADER);
	code = (struct layout_low_code *)(p + LAYOUT_LOW_CODE);
	code->entry_va = image_header()->entry_va;
	h->gdt_limit = (uint16_t)(code->gdt_bytes - 1);
	h->gdt_pa = pa + code->gdt;
	h->entry64_pa = pa + code->entry64;
	h->entry64_cs = LAYOUT_LOW_CS;
	h->cr3 = pa + PAGE_SIZE;
	h->nr_vcpus = fill_low_vcpus(
		s, (struct layout_low_vcpu *)(p + LAYOUT_LOW_TABLE));
	fill_low_tables((uint64_t *)(p + PAGE_SIZE), pa + PAGE_SIZE);
	return fill_nmi_vector(s);
}
