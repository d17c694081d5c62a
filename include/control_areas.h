/* SPDX-License-Identifier: MIT */
/*
 * Where a control page says that page tables, scratch and shared memory of jobs
 * are. What jobs and programs get lies behind all that they must not see;
 * libsidecar and the driver believe a page only then.
 */
#ifndef CONTROL_AREAS_H
#define CONTROL_AREAS_H

#include <stddef.h>

#include "abi/sidecar.h"

/* Whole pages of the carve, behind the control page. */
static inline int control_areas_has(const struct sidecar_control *c,
				    uint64_t offset, uint64_t bytes)
{
	return offset >= SIDECAR_PAGE_SIZE && offset <= c->carve_size &&
	       bytes <= c->carve_size - offset &&
	       !(offset % SIDECAR_PAGE_SIZE) && !(bytes % SIDECAR_PAGE_SIZE);
}

/* An area of no bytes has no place; *@free is where the next one may begin. */
static inline int control_areas_is_next(const struct sidecar_control *c,
					uint64_t offset, uint64_t bytes,
					uint64_t *free)
{
	if (!bytes)
		return 1;
	if (offset < *free || !control_areas_has(c, offset, bytes))
		return 0;
	*free = offset + bytes;
	return 1;
}

/* NULL, or which is wrong and where it says to be. @free: behind the rest. */
static inline const char *control_areas_check(const struct sidecar_control *c,
					      uint64_t free, uint64_t *got)
{
	*got = c->views_offset;
	if (!control_areas_is_next(c, c->views_offset, c->views_size, &free))
		return "page tables of jobs";
	*got = c->scratch_offset;
	if (!control_areas_is_next(c, c->scratch_offset, c->scratch_size,
				   &free))
		return "scratch";
	*got = c->shared_offset;
	if (!control_areas_is_next(c, c->shared_offset, c->shared_size,
				   &free) ||
	    (c->shared_size &&
	     ((c->carve_pa + c->shared_offset) % SIDECAR_SHARED_ALIGN ||
	      c->shared_size % SIDECAR_SHARED_ALIGN)))
		return "shared memory";
	return NULL;
}

#endif
