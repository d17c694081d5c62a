/* SPDX-License-Identifier: MIT */
/*
 * TRANSLATE: walks the vCPU's own page tables, which are all on the node's
 * table pages.
 */
#include "cpu.h"
#include "kernel.h"

#define LEVELS	   4
#define INDEX_BITS 9
#define PAGE_BITS  12

/* Where the kernel sees the table at @pa; NULL if it is none of the node's. */
static const uint64_t *table(uint64_t pa)
{
	/* CR3 is the first of them */
	uint64_t off = pa - (read_cr3() & PTE_PA);

	if (off >= LAYOUT_NR_TABLES * SIDECAR_PAGE_SIZE)
		return 0;
	return (const uint64_t *)(LAYOUT_TABLES_VA + off);
}

static uint32_t unmapped(struct vcpu *v, uint64_t va)
{
	error_hex(v, "not mapped: ", va);
	return SIDECAR_RESULT_UNMAPPED;
}

uint32_t translate(struct vcpu *v)
{
	uint64_t va = v->command->arg[0], entry = read_cr3();

	/* canonical addresses repeat bit 47 */
	if ((int64_t)(va << 16) >> 16 != (int64_t)va)
		return unmapped(v, va);
	for (int level = LEVELS - 1; level >= 0; level--) {
		uint32_t shift = PAGE_BITS + INDEX_BITS * (uint32_t)level;
		const uint64_t *t = table(entry & PTE_PA);

		if (!t)
			return unmapped(v, va);
		entry = t[va >> shift & ((1u << INDEX_BITS) - 1)];
		if (!(entry & PTE_P))
			return unmapped(v, va);
	}
	v->command->ret[0] = (entry & PTE_PA) | (va & (SIDECAR_PAGE_SIZE - 1));
	v->command->ret[1] = entry;
	return SIDECAR_RESULT_OK;
}
