/* SPDX-License-Identifier: MIT */
/*
 * For harnesses: hostile bytes. They end where their array ends, so that CBMC
 * sees each access behind them. A table or file that lies elsewhere in memory
 * is the same one seen from an array that ends earlier.
 */
#ifndef PROOF_BYTES_H
#define PROOF_BYTES_H

#include "lib/text.h"
#include "proof.h"
#include "pvh/read/guest_memory.h"

#ifndef BYTES
#define BYTES 8
#endif

static uint8_t bytes[BYTES];

/* Any bytes, up to BYTES of them. */
static inline const uint8_t *any_bytes(uint32_t *nr)
{
	__CPROVER_havoc_object(bytes);
	*nr = any_up_to(BYTES);
	return bytes + (BYTES - *nr);
}

static inline uint8_t sum_of(const uint8_t *p, uint32_t nr)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < nr; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum;
}

static inline struct text any_text(void)
{
	uint32_t nr;
	const uint8_t *p = any_bytes(&nr);

	return (struct text){(const char *)p, nr};
}

static inline bool text_is_inside(struct text part, struct text whole)
{
	if (!part.len)
		return true;
	return part.p >= whole.p && part.p + part.len <= whole.p + whole.len;
}

/* The guest's memory: any BYTES bytes, the end of a page, as it comes in pages.
 */
#define GUEST_AT (4096u - BYTES)

static inline const void *bytes_at(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	if (pa < GUEST_AT || pa > 4096 || size > 4096 - pa)
		return NULL;
	return bytes + (pa - GUEST_AT);
}

static inline struct guest_memory any_memory(void)
{
	__CPROVER_havoc_object(bytes);
	return (struct guest_memory){bytes_at, NULL};
}

#endif
