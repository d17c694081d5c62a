/* SPDX-License-Identifier: MIT */
/*
 * The identity map. The first 4 GiB are mapped at entry; what lies above is
 * mapped on demand, 1 GiB of 2 MiB pages at a time, so that the cost does not
 * depend on the guest's size.
 */
#include "cpu.h"
#include "shim.h"

#define GIB	  (1ull << 30)
#define MAPPED	  (4 * GIB)
#define VA_END	  (1ull << 46) /* user half of 48-bit addresses, halved */
#define NR_TABLES 96
#define ENTRIES	  512
#define PAGE_2M	  0x200000ull

static uint64_t tables[NR_TABLES][ENTRIES] __attribute__((aligned(4096)));
static uint32_t nr_tables;

static uint64_t *table_new(void)
{
	return nr_tables < NR_TABLES ? tables[nr_tables++] : NULL;
}

/* The table that @entry points to; made if there is none. */
static uint64_t *table_below(uint64_t *entry)
{
	uint64_t *t;

	if (*entry)
		return (uint64_t *)(*entry & PTE_PA);
	t = table_new();
	if (t)
		*entry = (uint64_t)(uintptr_t)t | PTE_P | PTE_W;
	return t;
}

static bool map_gib(uint64_t pa)
{
	uint64_t *pml4 = (uint64_t *)read_cr3();
	uint64_t *pdpt = table_below(&pml4[pa / GIB / ENTRIES]);
	uint64_t *entry, *pd;

	if (!pdpt)
		return false;
	entry = &pdpt[pa / GIB % ENTRIES];
	if (*entry)
		return true;
	pd = table_below(entry);
	for (uint32_t i = 0; pd && i < ENTRIES; i++)
		pd[i] = (pa + i * PAGE_2M) | PTE_P | PTE_W | PTE_PS;
	return pd;
}

void *paging_map(uint64_t pa, uint64_t size)
{
	if (pa >= VA_END || size > VA_END - pa)
		return NULL;
	for (uint64_t at = pa & ~(GIB - 1); at < pa + size; at += GIB)
		if (at >= MAPPED && !map_gib(at))
			return NULL;
	return (void *)pa;
}
