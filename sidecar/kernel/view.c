/* SPDX-License-Identifier: MIT */
/*
 * A job's private view: the node's own mappings for the kernel alone, and for
 * ring 3 the job's slice of scratch. Its page tables lie in the slice, where
 * the job does not see them; the kernel reaches them through its window.
 *
 * A slice: file | zeroed | stack | services | tables | memory for the job
 */
#include "cpu.h"
#include "kernel.h"

#define LEVELS	   4
#define INDEX_BITS 9
#define INDEX_MASK 0x1ffu
#define PAGE	   SIDECAR_PAGE_SIZE
#define PAGE_2M	   0x200000ull

/* Every node's, one of them in two pieces. */
_Static_assert(LAYOUT_MAX_AREAS + 1 <= JOB_MAX_AREAS, "areas");

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

/* A new table, 0 if the slice has no page left. */
static uint64_t table_new(const struct vcpu *v, struct job *j)
{
	uint64_t pa = j->free_pa;

	if (pa >= j->slice_pa + j->slice_bytes)
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
		uint64_t below = *entry_in(v, table, va, l) & PTE_PA;

		if (!below) {
			below = table_new(v, j);
			if (!below)
				return 0;
			*entry_in(v, table, va, l) =
				below | PTE_P | PTE_W | PTE_U;
		}
		table = below;
	}
	return entry_in(v, table, va, level);
}

/* In pages of 2 MiB where both addresses allow it. */
static bool view_map(const struct vcpu *v, struct job *j, uint64_t va,
		     uint64_t pa, uint64_t end, uint64_t flags)
{
	while (pa < end) {
		bool large = !((va | pa) % PAGE_2M) && end - pa >= PAGE_2M;
		uint64_t step = large ? PAGE_2M : PAGE;
		uint64_t *e = entry_of(v, j, va, large);

		if (!e)
			return false;
		*e = pa | PTE_P | PTE_U | flags | (large ? PTE_PS : 0);
		va += step;
		pa += step;
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

static bool map_job(const struct vcpu *v, struct job *j)
{
	uint64_t text = j->slice_pa + j->header.text_bytes;
	uint64_t stack = j->slice_pa + j->header.memory_bytes;
	/* what lies between the two is the guard */
	uint64_t stack_va = JOB_VA + j->header.memory_bytes + PAGE;

	j->services_va = stack_va + j->header.stack_bytes;
	return view_map(v, j, JOB_VA, j->slice_pa, text, 0) &&
	       view_map(v, j, JOB_VA + j->header.text_bytes, text, stack,
			PTE_W | PTE_NX) &&
	       view_map(v, j, stack_va, stack, j->services_pa + PAGE,
			PTE_W | PTE_NX);
}

static bool map_area(const struct vcpu *v, struct job *j, uint64_t start,
		     uint64_t end, const struct layout_area *a)
{
	struct job_services *s;

	if (start >= end)
		return true;
	/* page tables of jobs lie there: read-only */
	if (!view_map(v, j, LAYOUT_AREAS_VA + start, start, end, PTE_NX))
		return false;
	s = view_window(v, j->services_pa);
	s->area[j->nr_areas++] = (struct job_area){
		.va = LAYOUT_AREAS_VA + start,
		.bytes = end - start,
		.node = a->node,
		.vnode = a->vnode,
	};
	return true;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Every node's scratch, but for the job's own slice: its tables are there. */
static bool map_areas(const struct vcpu *v, struct job *j)
{
	uint64_t slice_end = j->slice_pa + j->slice_bytes;

	for (uint32_t i = 0; i < layout_node.nr_areas; i++) {
		const struct layout_area *a = &layout_node.area[i];
		uint64_t end = a->pa + a->bytes;

		if (!map_area(v, j, a->pa, min_u64(end, j->slice_pa), a) ||
		    !map_area(v, j, max_u64(a->pa, slice_end), end, a))
			return false;
	}
	return true;
}

/* What is left of the slice, after as many tables as it can need itself. */
static bool map_memory(const struct vcpu *v, struct job *j)
{
	uint64_t end = j->slice_pa + j->slice_bytes;
	/* a table of pages at each end, one for each GiB that it touches */
	uint64_t tables = 4 + ((end - j->free_pa) >> 30);
	uint64_t start = j->free_pa + tables * PAGE;

	if (start >= end)
		return true;
	j->memory_va =
		((j->services_va + PAGE + PAGE_2M - 1) & ~(PAGE_2M - 1)) +
		start % PAGE_2M;
	j->memory_bytes = end - start;
	/* the job's memory must not include its tables */
	return view_map(v, j, j->memory_va, start, end, PTE_W | PTE_NX) &&
	       j->free_pa <= start;
}

bool view_build(struct vcpu *v, struct job *j)
{
	j->services_pa =
		j->slice_pa + j->header.memory_bytes + j->header.stack_bytes;
	j->free_pa = j->services_pa + PAGE;
	page_zero(v, j->slice_pa + j->header.size_bytes, j->free_pa);
	if (!map_kernel(v, j) || !map_job(v, j))
		return false;
	if (j->header.flags & JOB_FLAG_ALL_SCRATCH && !map_areas(v, j))
		return false;
	return map_memory(v, j);
}
