/* SPDX-License-Identifier: MIT */
/*
 * What a job of the kernel that is fuzzed can reach: its page tables are walked
 * as a CPU would, and each entry is checked.
 */
#include "cpu.h"
#include "fuzz_input.h"
#include "fuzz_kernel.h"
#include "kernel.h"

#define MAX_TABLES 64u

struct walk {
	const struct fuzz_view *v;
	uint64_t table[MAX_TABLES]; /* all that are the job's own */
	uint32_t level[MAX_TABLES];
	uint32_t nr_tables;
};

static const uint64_t *job_table(struct walk *w, uint64_t pa, uint32_t level)
{
	check(within(pa, PAGE, w->v->views_pa, w->v->views_bytes));
	check(w->nr_tables < MAX_TABLES);
	w->level[w->nr_tables] = level;
	w->table[w->nr_tables++] = pa;
	return (const uint64_t *)(w->v->carve + (pa - CARVE_PA));
}

/* What ring 3 may reach: its slice, and shared memory that was named. */
static void check_leaf(const struct fuzz_view *v, uint64_t entry, uint64_t size)
{
	uint64_t pa = entry & PTE_PA;
	bool mine = within(pa, size, v->slice_pa, v->slice_bytes);
	bool shared = within(pa, size, SHARED_PA, SHARED_SIZE) ||
		      within(pa, size, OTHER_PA, OTHER_SIZE);
	bool named = false;

	for (uint32_t i = 0; i < v->nr_ranges; i++)
		named |= within(pa, size, v->range[i].pa, v->range[i].bytes);
	check(!(pa % size));
	check(mine || (shared && named));
	check(!(entry & PTE_W) || entry & PTE_NX);
	check(mine || entry & PTE_NX);
}

static void check_tables(struct walk *w, uint64_t pa, uint32_t level)
{
	const uint64_t *t = job_table(w, pa, level);

	for (uint32_t i = 0; i < 512; i++) {
		uint64_t e = t[i];

		if (!(e & PTE_P))
			continue;
		if (level == 2 && !(e & PTE_U))
			check((e & PTE_PA) == TABLES_PA + LAYOUT_PD * PAGE);
		else if (!level || e & PTE_PS)
			check_leaf(w->v, e, level ? PAGE_2M : PAGE);
		else
			check_tables(w, e & PTE_PA, level - 1);
		check(e & PTE_U || level == 2);
	}
}

/* No leaf of @table shows the job one of its tables. */
static void check_hidden(const struct walk *w, uint32_t table)
{
	const uint64_t *t =
		(const uint64_t *)(w->v->carve + (w->table[table] - CARVE_PA));
	uint32_t level = w->level[table];
	uint64_t size = level ? PAGE_2M : PAGE;

	for (uint32_t i = 0; i < 512; i++) {
		bool leaf = t[i] & PTE_P && (!level || t[i] & PTE_PS);

		for (uint32_t k = 0; leaf && k < w->nr_tables; k++)
			check(!within(w->table[k], PAGE, t[i] & PTE_PA, size));
	}
}

/* The entry of the page table for @va, with its level; 0: not mapped. */
static uint64_t job_entry(const struct fuzz_view *v, uint64_t va,
			  uint32_t *level)
{
	uint64_t e = v->cr3 | PTE_P;

	for (*level = 4; (*level)--;) {
		e = *(const uint64_t *)(v->carve + ((e & PTE_PA) - CARVE_PA) +
					8 * (va >> (12 + 9 * *level) & 511));
		if (!(e & PTE_P) || !*level || e & PTE_PS)
			break;
	}
	return e & PTE_P ? e : 0;
}

static void check_page(const struct fuzz_view *v, uint64_t va, uint64_t flags)
{
	uint32_t level;
	uint64_t e = job_entry(v, va, &level);

	check((e & (PTE_P | PTE_U | PTE_W | PTE_NX)) ==
	      (PTE_P | PTE_U | flags));
}

void fuzz_check_view(const struct fuzz_view *v, uint64_t rip,
		     uint64_t services_va)
{
	struct walk w = {.v = v};
	uint32_t level;

	check(v->cr3 != TABLES_PA);
	check_tables(&w, v->cr3, 3);
	for (uint32_t i = 0; i < w.nr_tables; i++)
		check_hidden(&w, i);
	check_page(v, rip, 0);
	check_page(v, services_va - 1, PTE_W | PTE_NX);
	check_page(v, services_va, PTE_W | PTE_NX);
	check((job_entry(v, services_va, &level) & PTE_PA) == v->services_pa);
}
