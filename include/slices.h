/* SPDX-License-Identifier: MIT */
/*
 * How a node's scratch is dealt out to its parked vCPUs: equal parts, as many
 * as there are. libsidecar and the driver go by it.
 */
#ifndef SLICES_H
#define SLICES_H

#include "abi/sidecar.h"

#define SLICES_2M 0x200000u

/*
 * The bytes of each, whole pages, and in @first where the first one begins in
 * scratch. Where they are large enough they are large pages, in memory too.
 * @nr: parked vCPUs, at least one.
 */
static inline uint64_t slices_of(uint64_t scratch_pa, uint64_t scratch_bytes,
				 uint32_t nr, uint64_t *first)
{
	uint64_t share;

	*first = (0 - scratch_pa) % SLICES_2M;
	share = scratch_bytes < *first ? 0 : (scratch_bytes - *first) / nr;
	if (share > SIDECAR_SLICE_MAX)
		share = SIDECAR_SLICE_MAX;
	if (share >= SLICES_2M)
		return share - share % SLICES_2M;
	*first = 0;
	share = scratch_bytes / nr;
	return share - share % SIDECAR_PAGE_SIZE;
}

/* How many shares @end bytes reach into, counted from the first one's start. */
static inline uint64_t slices_to(uint64_t share, uint64_t end)
{
	return end / share + (end % share != 0);
}

#endif
