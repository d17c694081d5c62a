/* SPDX-License-Identifier: MIT */
/* For harnesses: any memory map that memmap.h allows, and what is in it. */
#ifndef PROOF_MAP_H
#define PROOF_MAP_H

#include "lib/memmap.h"
#include "proof.h"

/* Sorted, disjoint, none empty, neighbours of one type merged. */
static inline bool map_is_valid(const struct memmap *m)
{
	if (m->nr > MEMMAP_MAX)
		return false;
	for (uint32_t i = 0; i < m->nr; i++) {
		const struct memmap_entry *e = &m->e[i];

		if (e->start >= e->end || e->end > PA_END)
			return false;
		if (!i)
			continue;
		if (e[-1].end > e->start ||
		    (e[-1].end == e->start && e[-1].type == e->type))
			return false;
	}
	return true;
}

/* The type of the byte at @pa; 2^32 if no entry has it. */
static inline uint64_t map_type_at(const struct memmap *m, uint64_t pa)
{
	uint64_t type = UINT64_C(1) << 32;

	for (uint32_t i = 0; i < m->nr; i++)
		if (m->e[i].start <= pa && pa < m->e[i].end)
			type = m->e[i].type;
	return type;
}

static inline bool maps_are_equal(const struct memmap *a,
				  const struct memmap *b)
{
	bool equal = a->nr == b->nr;

	for (uint32_t i = 0; equal && i < a->nr; i++)
		equal = a->e[i].start == b->e[i].start &&
			a->e[i].end == b->e[i].end &&
			a->e[i].type == b->e[i].type;
	return equal;
}

/*
 * Any map of at most @max entries, of small addresses: they are only compared,
 * and these are enough for each order of the ends of 3 entries, of a range and
 * of a byte.
 */
#ifndef MAP_END
#define MAP_END 15u
#endif

static inline void any_map(struct memmap *m, uint32_t max)
{
	struct memmap any;

	*m = any;
	assume(m->nr <= max && map_is_valid(m));
	for (uint32_t i = 0; i < m->nr; i++)
		assume(m->e[i].end <= MAP_END);
}

#endif
