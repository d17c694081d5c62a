/* SPDX-License-Identifier: MIT */
/*
 * What lib/memmap.c finds free: in every map of up to NR entries beside up to
 * NR_USED used ranges, as ranges_add() makes them. Addresses are compared and
 * rounded to pages: below MAP_END there is every order of the ends of both and
 * of the window, with parts of pages between them.
 */
#include "map.h"

#include SOURCE

static struct memmap map;
static struct ranges used;
static struct range window;

static void any_memory_map(void)
{
	struct ranges any;
	struct range w;

	any_map(&map, NR);
	used = any;
	window = w;
	assume(used.nr <= NR_USED);
	for (uint32_t i = 0; i < used.nr; i++)
		assume(used.r[i].start % PAGE_SIZE == 0 &&
		       used.r[i].end % PAGE_SIZE == 0 &&
		       used.r[i].start < used.r[i].end &&
		       used.r[i].end <= page_up(MAP_END));
	assume(window.start <= MAP_END && window.end <= MAP_END);
}

static bool is_free(uint64_t start, uint64_t end)
{
	return start >= window.start && end <= window.end &&
	       memmap_is_ram(&map, start, end) &&
	       !ranges_overlap(&used, start, end);
}

/* The first free page, and all that are behind it in one piece. */
void proof_memmap_next_free(void)
{
	uint64_t from = nondet_u64(), page = nondet_u64();
	struct range r;

	any_memory_map();
	assume(from <= MAP_END && page <= MAP_END && page % PAGE_SIZE == 0);
	r = next_free(&map, &used, window, from);
	if (r.start < r.end) {
		prove(r.start % PAGE_SIZE == 0 && r.end % PAGE_SIZE == 0);
		prove(r.start >= from && is_free(r.start, r.end));
		prove(!is_free(r.start, r.end + PAGE_SIZE));
	} else {
		prove(!r.start && !r.end);
	}
	if (page >= from && is_free(page, page + PAGE_SIZE))
		prove(r.end && r.start <= page);
}

static void find(bool (*f)(const struct memmap *, const struct ranges *,
			   struct range, uint64_t, uint64_t, uint64_t *),
		 bool low)
{
	uint64_t size = nondet_u64(), other = nondet_u64(), pa;
	uint64_t align = nondet_bool() ? PAGE_SIZE : 2 * PAGE_SIZE;
	bool found;

	any_memory_map();
	assume(size && size <= MAP_END && other <= MAP_END);
	found = f(&map, &used, window, size, align, &pa);
	prove(!found || (pa % align == 0 && is_free(pa, pa + size)));
	/* no other place is better */
	if (other % align == 0 && is_free(other, other + page_up(size)))
		prove(found && (low ? pa <= other : pa >= other));
}

void proof_memmap_find_low(void)
{
	find(memmap_find_low, true);
}

void proof_memmap_find_high(void)
{
	find(memmap_find_high, false);
}

void proof_memmap_largest_free(void)
{
	uint64_t start = nondet_u64(), end = nondet_u64();
	struct range r;

	any_memory_map();
	assume(start <= end && end <= MAP_END);
	assume(start % PAGE_SIZE == 0 && end % PAGE_SIZE == 0);
	r = memmap_largest_free(&map, &used, window);
	prove(r.start <= r.end);
	prove(r.start == r.end || is_free(r.start, r.end));
	if (is_free(start, end))
		prove(end - start <= r.end - r.start);
}
