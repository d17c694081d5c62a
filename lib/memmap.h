/* SPDX-License-Identifier: MIT */
/*
 * Ranges of guest-physical memory: the memory map that Xen gave, what of it
 * is in use, and the map that Linux gets. Pure.
 */
#ifndef MEMMAP_H
#define MEMMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define PAGE_SIZE 4096u
#define MIB	  (UINT64_C(1) << 20)
#define FOUR_GIB  (UINT64_C(1) << 32)
/* Physical addresses are below: MAXPHYADDR is at most 52, SDM volume 3 4.1.4.
 */
#define PA_END (UINT64_C(1) << 52)

static inline uint64_t page_up(uint64_t v)
{
	return (v + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

/* Bytes [start, end); end is exclusive. */
struct range {
	uint64_t start, end;
};

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.start < b.end && b.start < a.end;
}

/* What of @r is in @whole; empty if nothing is. */
static inline struct range range_clip(struct range r, struct range whole)
{
	struct range c = {
		r.start > whole.start ? r.start : whole.start,
		r.end < whole.end ? r.end : whole.end,
	};

	return c.start < c.end ? c : (struct range){0, 0};
}

/* Entry types as in the ACPI specification 6.5, 15.1 (and hvm_start_info). */
enum memmap_type {
	MEMMAP_RAM = 1,
	MEMMAP_RESERVED = 2,
	MEMMAP_ACPI = 3,
	/* Xen's ACPI tables, from Xen 4.21 on; before they are MEMMAP_ACPI */
	MEMMAP_NVS = 4,
};

/* Proofs use fewer. */
#ifndef MEMMAP_MAX
#define MEMMAP_MAX 512
#endif

/* Sorted by start, disjoint, no empty entry; neighbours of one type merged. */
struct memmap {
	uint32_t nr;
	struct memmap_entry {
		uint64_t start, end;
		uint32_t type;
	} e[MEMMAP_MAX];
};

/*
 * Adds [start, start + size) in bytes; keeps the order. Empty ranges are
 * dropped. On error, here and in memmap_set(), the map is as it was.
 */
struct error memmap_add(struct memmap *m, uint64_t start, uint64_t size,
			uint32_t type);
/* Sets the type of [start, end), splitting what it cuts. */
struct error memmap_set(struct memmap *m, uint64_t start, uint64_t end,
			uint32_t type);
/* All of [start, end) is RAM. */
bool memmap_is_ram(const struct memmap *m, uint64_t start, uint64_t end);
/* Bytes of RAM in the map. */
uint64_t memmap_ram_bytes(const struct memmap *m);

#ifndef RANGES_MAX
#define RANGES_MAX 64
#endif

/* A small set of ranges in use; in any order, may overlap. */
struct ranges {
	uint32_t nr;
	struct range r[RANGES_MAX];
};

/* Adds [start, start + size) rounded out to pages; false if it is full. */
bool ranges_add(struct ranges *s, uint64_t start, uint64_t size);
/* [start, end) and one of @s have a byte in common. */
bool ranges_overlap(const struct ranges *s, uint64_t start, uint64_t end);

/*
 * The largest piece of RAM within @window that is not in @used, whole pages
 * only; of equal ones the lowest. Empty (start == end) if there is none.
 */
struct range memmap_largest_free(const struct memmap *m,
				 const struct ranges *used,
				 struct range window);
/*
 * The lowest free place for @size bytes at a multiple of @align (a power of
 * two) within @window; false if there is none.
 */
bool memmap_find_low(const struct memmap *m, const struct ranges *used,
		     struct range window, uint64_t size, uint64_t align,
		     uint64_t *start);
/* The same, the highest. */
bool memmap_find_high(const struct memmap *m, const struct ranges *used,
		      struct range window, uint64_t size, uint64_t align,
		      uint64_t *start);

#endif
