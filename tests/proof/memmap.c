/* SPDX-License-Identifier: MIT */
/*
 * lib/memmap.c on every map of up to NR entries, in a struct that has room for
 * MEMMAP_MAX: one that cannot take both parts of a split is among them. No loop
 * looks at more than an entry and the next. What is added up has a proof for
 * all 64-bit numbers.
 */
#include "map.h"

#ifndef NR
#define NR 2u
#endif

void proof_memmap_add(void)
{
	uint64_t start = nondet_u64(), size = nondet_u64(), pa = nondet_u64();
	uint32_t type = nondet_u32();
	struct memmap m, old;
	uint64_t before;
	struct error e;

	any_map(&m, NR);
	assume(start <= MAP_END && size <= MAP_END && pa <= MAP_END);
	old = m;
	before = map_type_at(&m, pa);
	e = memmap_add(&m, start, size, type);
	prove(map_is_valid(&m));
	if (e.code) {
		prove(maps_are_equal(&m, &old));
		prove(e.code == MEMMAP_WRAPS || e.code == MEMMAP_OVERLAP ||
		      (e.code == MEMMAP_FULL && m.nr == MEMMAP_MAX));
		return;
	}
	prove(size <= PA_END && start <= PA_END - size);
	if (pa >= start && pa < start + size) {
		prove(map_type_at(&m, pa) == type);
		prove(before == type || before == UINT64_C(1) << 32);
	} else {
		prove(map_type_at(&m, pa) == before);
	}
}

void proof_memmap_set(void)
{
	uint64_t start = nondet_u64(), end = nondet_u64(), pa = nondet_u64();
	uint32_t type = nondet_u32();
	struct memmap m, old;
	uint64_t before;
	struct error e;

	any_map(&m, NR);
	assume(start <= MAP_END && end <= MAP_END && pa <= MAP_END);
	old = m;
	before = map_type_at(&m, pa);
	e = memmap_set(&m, start, end, type);
	prove(map_is_valid(&m));
	if (e.code) {
		prove(maps_are_equal(&m, &old));
		prove(e.code == (start > end ? MEMMAP_WRAPS : MEMMAP_FULL));
		return;
	}
	prove(start <= end && end <= PA_END);
	if (pa >= start && pa < end)
		prove(map_type_at(&m, pa) == type);
	else
		prove(map_type_at(&m, pa) == before);
}

/* Any numbers: what passes 2^52 is refused, whatever it wraps to. */
void proof_memmap_bounds(void)
{
	uint64_t start = nondet_u64(), size = nondet_u64();
	bool set = nondet_bool();
	struct memmap m = {.nr = 0};
	struct error e = set ? memmap_set(&m, start, start + size, MEMMAP_RAM)
			     : memmap_add(&m, start, size, MEMMAP_RAM);

	if (start <= PA_END && size <= PA_END - start) {
		prove(!e.code && m.nr == (size != 0));
		prove(!size ||
		      (m.e[0].start == start && m.e[0].end == start + size));
	} else {
		prove(e.code == MEMMAP_WRAPS || (set && start + size == start));
		prove(!m.nr);
	}
}

/* All of [start, end) is RAM: of any two bytes in it, neither is anything else.
 */
void proof_memmap_is_ram(void)
{
	uint64_t start = nondet_u64(), end = nondet_u64(), pa = nondet_u64();
	struct memmap m;

	any_map(&m, NR);
	assume(start <= MAP_END && end <= MAP_END && pa <= MAP_END);
	if (memmap_is_ram(&m, start, end)) {
		prove(start < end);
		if (pa >= start && pa < end)
			prove(map_type_at(&m, pa) == MEMMAP_RAM);
	} else if (start < end && pa >= start && pa < end) {
		/* of one entry, as RAM that touches is merged */
		for (uint32_t i = 0; i < m.nr; i++)
			prove(m.e[i].type != MEMMAP_RAM ||
			      m.e[i].start > start || m.e[i].end < end);
	}
}

void proof_ranges_add(void)
{
	uint64_t start = nondet_u64(), size = nondet_u64();
	struct ranges s, old;

	assume(s.nr <= RANGES_MAX);
	old = s;
	if (!ranges_add(&s, start, size)) {
		prove(s.nr == old.nr);
		prove(s.nr == RANGES_MAX || start > PA_END ||
		      size > PA_END - start);
		return;
	}
	prove(s.nr == old.nr + (size != 0));
	if (!size)
		return;
	prove(s.r[old.nr].start <= start && s.r[old.nr].end >= start + size);
	prove(s.r[old.nr].start % PAGE_SIZE == 0 &&
	      s.r[old.nr].end % PAGE_SIZE == 0);
	prove(start - s.r[old.nr].start < PAGE_SIZE &&
	      s.r[old.nr].end - (start + size) < PAGE_SIZE);
}
