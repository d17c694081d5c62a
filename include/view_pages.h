/* SPDX-License-Identifier: MIT */
/*
 * How many page tables a job's view can need: the plan keeps as many for each
 * parked vCPU, and the kernel needs no other memory for them.
 */
#ifndef VIEW_PAGES_H
#define VIEW_PAGES_H

#include "abi/sidecar.h"

/* Tables for @bytes that begin with one: each entry is for @entry, 512 a table.
 */
#define VIEW_PAGES_OF(bytes, entry) \
	(((bytes) + (entry)*512 - 1) / ((entry)*512))
#define VIEW_PAGES_4K UINT64_C(0x1000)
#define VIEW_PAGES_2M UINT64_C(0x200000)
#define VIEW_PAGES_1G UINT64_C(0x40000000)

/*
 * A slice of at most @slice_bytes, which begins at 1 GiB: the root, a table of
 * entries of 1 GiB, one of entries of 2 MiB for each GiB, and page tables. A
 * slice that is aligned to 2 MiB needs three of these: where its text ends,
 * where the guard is, where the slice ends; any other needs them for all of it.
 */
static inline uint64_t view_pages_slice(uint64_t slice_bytes)
{
	uint64_t most =
		VIEW_PAGES_OF(SIDECAR_SLICE_UNALIGNED_MAX, VIEW_PAGES_4K);
	uint64_t small = VIEW_PAGES_OF(slice_bytes, VIEW_PAGES_4K);

	if (slice_bytes > SIDECAR_SLICE_MAX)
		slice_bytes = SIDECAR_SLICE_MAX;
	return 2 + VIEW_PAGES_OF(slice_bytes, VIEW_PAGES_2M) +
	       (small < most ? small : most);
}

/*
 * The shared memory of @nr nodes, @bytes in all, one behind the other from a
 * multiple of 512 GiB on, and one range of each: page tables at its two ends.
 */
static inline uint64_t view_pages_shared(uint64_t bytes, uint32_t nr)
{
	return VIEW_PAGES_OF(bytes, VIEW_PAGES_1G) +
	       VIEW_PAGES_OF(bytes, VIEW_PAGES_2M) + 2 * (uint64_t)nr;
}

#endif
