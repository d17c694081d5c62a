/* SPDX-License-Identifier: MIT */
/*
 * The only ways to touch a byte that another CPU may write: load_acquire()
 * pairs with store_release(); swap_if() is both.
 */
#ifndef BARRIER_H
#define BARRIER_H

#include <stdbool.h>
#include <stdint.h>

#define load_acquire(p)	    __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

/* Stores @v before anything that is written after it. */
#define store_before(p, v)                                    \
	do {                                                  \
		__atomic_store_n((p), (v), __ATOMIC_RELAXED); \
		__atomic_thread_fence(__ATOMIC_RELEASE);      \
	} while (0)

/* Stores @new at @p if it holds @old; true if it did. */
static inline bool swap_if(volatile uint8_t *p, uint8_t old, uint8_t new)
{
	return __atomic_compare_exchange_n(p, &old, new, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

#endif
