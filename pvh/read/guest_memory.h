/* SPDX-License-Identifier: MIT */
/* How the pure files that read the guest's memory see it. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdint.h>

/* Maps [pa, pa + size) for reading; NULL if it is not all in the guest. */
struct guest_memory {
	const void *(*at)(void *ctx, uint64_t pa, uint64_t size);
	void *ctx;
};

#endif
