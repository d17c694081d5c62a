/* SPDX-License-Identifier: MIT */
/*
 * A job's private view: the node's own mappings for the kernel alone, and for
 * ring 3 the job's slice of scratch and the shared memory that its command
 * names. Its page tables lie in the node's tables area, of which each vCPU has
 * a part; the kernel reaches them through its window.
 *
 * A slice: file | zeroed | guard | stack | services | memory for the job
 */
#include "cpu.h"
#include "kernel.h"

#define LEVELS	   4
#define INDEX_BITS 9
#define INDEX_MASK 0x1ffu
#define PAGE	   SIDECAR_PAGE_SIZE
#define PAGE_2M	   0x200000ull

_Static_assert(SIDECAR_MAX_RANGES <= JOB_MAX_AREAS &&
		       SIDECAR_MAX_RANGES == LAYOUT_MAX_AREAS,
	       "a range of each node");
_Static_assert(SIDECAR_SHARED_ALIGN == PAGE_2M,
	       "shared memory is in large pages");

void *view_window(const struct vcpu *v, uint64_t pa)
{
	volatile uint64_t *pt =
		(uint64_t *)(LAYOUT_TABLES_VA + LAYOUT_PT * PAGE);
	uint64_t va = LAYOUT_WINDOW_VA + (uint64_t)v->index * PAGE;

	pt[va / PAGE] = pa | PTE_P | PTE_W | PTE_NX;
	invlpg(va);
	return (void *)va;
}

static void page_zero(const struct vcpu *v, uint64_t pa, uint64_t end)
{
	while (pa < end) {
		uint8_t *p = view_window(v, pa & PTE_PA);
		uint64_t n = PAGE - pa % PAGE;

		zero_bytes(p + pa % PAGE, n);
		pa = (pa & PTE_PA) + PAGE;
	}
}

/* The vCPU's own part of the tables area. */
static uint64_t tables_start(const struct vcpu *v)
{
	return layout_node.views_pa + v->index * layout_node.view_bytes;
}

/* A new table, 0 if there is none left: include/view_pages.h */
static uint64_t table_new(const struct vcpu *v, struct job *j)
{
	uint64_t pa = j->free_pa;

	if (pa >= tables_start(v) + layout_node.view_bytes)
		return 0;
	page_zero(v, pa, pa + PAGE);
	j->free_pa += PAGE;
	return pa;
}

static uint64_t *entry_in(const struct vcpu *v, uint64_t table, uint64_t va,
			  uint32_t level)
{
	uint64_t *t = view_window(v, table);

	return &t[va >> (12 + INDEX_BITS * level) & INDEX_MASK];
}

/* The entry for @va at @level, with the tables above it; in the window. */
static uint64_t *entry_of(const struct vcpu *v, struct job *j, uint64_t va,
			  uint32_t level)
{
	uint64_t table = j->root_pa;

	for (uint32_t l = LEVELS - 1; l > level; l--) {
		uint64_t entry = *entry_in(v, table, va, l);

		/* a large page is no table: nobody may write there */
		if (entry & PTE_PS)
			return 0;
		if (!entry) {
			entry = table_new(v, j);
			if (!entry)
				return 0;
			entry |= PTE_P | PTE_W | PTE_U;
			*entry_in(v, table, va, l) = entry;
		}
		table = entry & PTE_PA;
	}
	return entry_in(v, table, va, level);
}

/* In a page of 2 MiB where both addresses allow it. */
static bool is_large(uint64_t va, uint64_t pa, uint64_t end)
{
	return !((va | pa) % PAGE_2M) && end - pa >= PAGE_2M;
}

static bool view_map(const struct vcpu *v, struct job *j, uint64_t va,
		     uint64_t pa, uint64_t end, uint64_t flags)
{
	while (pa < end) {
		bool large = is_large(va, pa, end);
		uint64_t step = large ? PAGE_2M : PAGE;
		uint64_t *e = entry_of(v, j, va, large);

		if (!e)
			return false;
		/* as far as this table goes */
		do {
			*e++ = pa | PTE_P | PTE_U | flags |
			       (large ? PTE_PS : 0);
			va += step;
			pa += step;
		} while (pa < end && va % (step << INDEX_BITS) &&
			 is_large(va, pa, end) == large);
	}
	return true;
}

/* The first 1 GiB is the node's own table, without PTE_U. */
static bool map_kernel(const struct vcpu *v, struct job *j)
{
	uint64_t *e;

	j->root_pa = table_new(v, j);
	e = j->root_pa ? entry_of(v, j, 0, 2) : 0;
	if (!e)
		return false;
	*e = ((read_cr3() & PTE_PA) + LAYOUT_PD * PAGE) | PTE_P | PTE_W;
	return true;
}

/* Each byte of the slice is as far behind JOB_VA as behind its start. */
static uint64_t slice_va(const struct job *j, uint64_t pa)
{
	return JOB_VA + (pa - j->slice_pa);
}

static bool map_slice(const struct vcpu *v, struct job *j)
{
	uint64_t data = j->slice_pa + j->header.text_bytes;
	uint64_t guard = j->slice_pa + j->header.memory_bytes;
	uint64_t stack = guard + PAGE;
	uint64_t end = j->slice_pa + j->slice_bytes;

	return view_map(v, j, JOB_VA, j->slice_pa, data, 0) &&
	       view_map(v, j, slice_va(j, data), data, guard, PTE_W | PTE_NX) &&
	       view_map(v, j, slice_va(j, stack), stack, end, PTE_W | PTE_NX);
}

/* ---- Shared memory ------------------------------------------------------ */

/* Which node's shared memory @r lies in, and where jobs see that; or NULL. */
static const struct layout_area *find_area(const struct sidecar_range *r,
					   uint64_t *va)
{
	*va = LAYOUT_SHARED_VA;
	for (uint32_t i = 0; i < layout_node.nr_areas; i++) {
		const struct layout_area *a = &layout_node.area[i];

		if (r->pa >= a->pa && r->pa - a->pa < a->bytes &&
		    r->bytes <= a->bytes - (r->pa - a->pa)) {
			*va += r->pa - a->pa;
			return a;
		}
		*va += a->bytes;
	}
	return 0;
}

static bool map_range(struct vcpu *v, struct job *j,
		      const struct sidecar_range *r)
{
	struct job_services *s;
	uint64_t va;
	const struct layout_area *a = find_area(r, &va);

	if (!a || r->pa % PAGE || r->bytes % PAGE || !r->bytes)
		return error_refuse(v, "range not in shared memory: ", r->pa);
	if (!view_map(v, j, va, r->pa, r->pa + r->bytes, PTE_W | PTE_NX))
		return error_refuse(v, "range twice, or too many: ", r->pa);
	s = view_window(v, j->services_pa);
	s->area[j->nr_areas++] = (struct job_area){
		.va = va,
		.bytes = r->bytes,
		.node = a->node,
		.vnode = a->vnode,
	};
	if (a->node == layout_node.node) {
		s->shared_va = va;
		s->shared_bytes = r->bytes;
	}
	return true;
}

static bool map_ranges(struct vcpu *v, struct job *j)
{
	const volatile struct sidecar_command *c = v->command;
	uint32_t nr = c->nr_ranges;

	if (nr > SIDECAR_MAX_RANGES)
		return error_refuse(v, "too many ranges: ", nr);
	for (uint32_t i = 0; i < nr; i++) {
		struct sidecar_range r = {c->range[i].pa, c->range[i].bytes};

		if (!map_range(v, j, &r))
			return false;
	}
	return true;
}

bool view_build(struct vcpu *v, struct job *j)
{
	uint64_t services =
		(uint64_t)j->header.memory_bytes + PAGE + j->header.stack_bytes;

	j->services_pa = j->slice_pa + services;
	j->services_va = JOB_VA + services;
	j->memory_bytes = j->slice_bytes - services - PAGE;
	j->free_pa = tables_start(v);
	page_zero(v, j->slice_pa + j->header.size_bytes, j->services_pa + PAGE);
	if (!map_kernel(v, j) || !map_slice(v, j))
		return error_refuse(
			v, "too few page tables: ", layout_node.view_bytes);
	return map_ranges(v, j);
}
