/* SPDX-License-Identifier: MIT */
/*
 * Memory map and free-range arithmetic. Every address is at most 2^52, which
 * keeps sums of two from wrapping. Pure.
 */
#include <stddef.h>

#include "memmap.h"

static bool entry_open(struct memmap *m, uint32_t at)
{
	if (m->nr >= MEMMAP_MAX)
		return false;
	for (uint32_t i = m->nr; i > at; i--)
		m->e[i] = m->e[i - 1];
	m->nr++;
	return true;
}

static void entry_close(struct memmap *m, uint32_t at)
{
	for (uint32_t i = at; i + 1 < m->nr; i++)
		m->e[i] = m->e[i + 1];
	m->nr--;
}

static bool is_beyond(uint64_t start, uint64_t size)
{
	return start > PA_END || size > PA_END - start;
}

/* Removes the entries of @type that touch @r and widens @r to include them. */
static void entry_absorb(struct memmap *m, struct range *r, uint32_t type)
{
	for (uint32_t i = m->nr; i-- > 0;) {
		struct memmap_entry e = m->e[i];

		if (e.type != type || e.start > r->end || r->start > e.end)
			continue;
		r->start = e.start < r->start ? e.start : r->start;
		r->end = e.end > r->end ? e.end : r->end;
		entry_close(m, i);
	}
}

struct error memmap_add(struct memmap *m, uint64_t start, uint64_t size,
			uint32_t type)
{
	struct range r = {start, start + size};
	uint32_t at = 0;

	if (is_beyond(start, size))
		return error_hex(MEMMAP_WRAPS, start);
	if (!size)
		return NO_ERROR;
	for (uint32_t i = 0; i < m->nr; i++)
		if (m->e[i].type != type && m->e[i].start < r.end &&
		    start < m->e[i].end)
			return error_hex(MEMMAP_OVERLAP, start);
	entry_absorb(m, &r, type);
	while (at < m->nr && m->e[at].start < r.start)
		at++;
	if (!entry_open(m, at))
		return error_hex(MEMMAP_FULL, start);
	m->e[at] = (struct memmap_entry){r.start, r.end, type};
	return NO_ERROR;
}

/* The entry that @pa would cut in two; m->nr if there is none. */
static uint32_t entry_around(const struct memmap *m, uint64_t pa)
{
	uint32_t i = 0;

	while (i < m->nr && (m->e[i].start >= pa || pa >= m->e[i].end))
		i++;
	return i;
}

static void entry_split(struct memmap *m, uint64_t pa)
{
	uint32_t i = entry_around(m, pa);

	if (i == m->nr || !entry_open(m, i))
		return;
	m->e[i].end = pa;
	m->e[i + 1].start = pa;
}

struct error memmap_set(struct memmap *m, uint64_t start, uint64_t end,
			uint32_t type)
{
	uint32_t cuts;

	if (end < start || is_beyond(start, end - start))
		return error_hex(MEMMAP_WRAPS, start);
	if (start == end)
		return NO_ERROR;
	/* checked first, so that an error leaves the map unchanged */
	cuts = entry_around(m, start) < m->nr;
	cuts += entry_around(m, end) < m->nr;
	if (m->nr + cuts > MEMMAP_MAX)
		return error_hex(MEMMAP_FULL, start);
	entry_split(m, start);
	entry_split(m, end);
	for (uint32_t i = m->nr; i-- > 0;)
		if (m->e[i].start >= start && m->e[i].end <= end)
			entry_close(m, i);
	return memmap_add(m, start, end - start, type);
}

bool memmap_is_ram(const struct memmap *m, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < m->nr; i++)
		if (m->e[i].type == MEMMAP_RAM && m->e[i].start <= start &&
		    end <= m->e[i].end)
			return start < end;
	return false;
}

uint64_t memmap_ram_bytes(const struct memmap *m)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->nr; i++)
		if (m->e[i].type == MEMMAP_RAM)
			sum += m->e[i].end - m->e[i].start;
	return sum;
}

bool ranges_add(struct ranges *s, uint64_t start, uint64_t size)
{
	uint64_t mask = PAGE_SIZE - 1;

	if (is_beyond(start, size))
		return false;
	if (!size)
		return true;
	if (s->nr >= RANGES_MAX)
		return false;
	s->r[s->nr++] = (struct range){start & ~mask, page_up(start + size)};
	return true;
}

bool ranges_overlap(const struct ranges *s, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < s->nr; i++)
		if (s->r[i].start < end && start < s->r[i].end)
			return true;
	return false;
}

/*
 * The first free piece at or above @from within @window: whole pages of one
 * RAM entry that no used range touches. Empty if there is none.
 */
static struct range next_free(const struct memmap *m, const struct ranges *used,
			      struct range window, uint64_t from)
{
	uint64_t mask = PAGE_SIZE - 1;

	for (uint32_t i = 0; i < m->nr; i++) {
		uint64_t start = m->e[i].start, end = m->e[i].end;

		start = start > window.start ? start : window.start;
		start = start > from ? start : from;
		end = (end < window.end ? end : window.end) & ~mask;
		/* checked before rounding up, which then cannot wrap */
		if (m->e[i].type != MEMMAP_RAM || start >= end)
			continue;
		start = page_up(start);
		/* each round passes one used range, or ends */
		for (uint32_t k = 0; start < end && k < used->nr; k++)
			if (used->r[k].start <= start &&
			    start < used->r[k].end) {
				start = used->r[k].end;
				k = UINT32_MAX;
			}
		if (start >= end)
			continue;
		for (uint32_t k = 0; k < used->nr; k++)
			if (used->r[k].start > start && used->r[k].start < end)
				end = used->r[k].start;
		return (struct range){start, end};
	}
	return (struct range){0, 0};
}

struct range memmap_largest_free(const struct memmap *m,
				 const struct ranges *used, struct range window)
{
	struct range best = {0, 0};
	struct range r = next_free(m, used, window, 0);

	while (r.end > r.start) {
		if (r.end - r.start > best.end - best.start)
			best = r;
		r = next_free(m, used, window, r.end);
	}
	return best;
}

bool memmap_find_low(const struct memmap *m, const struct ranges *used,
		     struct range window, uint64_t size, uint64_t align,
		     uint64_t *start)
{
	struct range r = next_free(m, used, window, 0);

	while (r.end > r.start) {
		uint64_t at = (r.start + align - 1) & ~(align - 1);

		if (at >= r.start && at < r.end && size <= r.end - at) {
			*start = at;
			return true;
		}
		r = next_free(m, used, window, r.end);
	}
	return false;
}

bool memmap_find_high(const struct memmap *m, const struct ranges *used,
		      struct range window, uint64_t size, uint64_t align,
		      uint64_t *start)
{
	struct range r = next_free(m, used, window, 0);
	bool found = false;

	while (r.end > r.start) {
		if (size <= r.end - r.start) {
			uint64_t at = (r.end - size) & ~(align - 1);

			if (at >= r.start) {
				*start = at;
				found = true;
			}
		}
		r = next_free(m, used, window, r.end);
	}
	return found;
}
