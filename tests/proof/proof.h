/* SPDX-License-Identifier: MIT */
/*
 * What harnesses use. A value that is declared and not set is any value to
 * CBMC; assume() leaves out values, prove() is what must hold for all that are
 * left.
 *
 * A call within a source that the harness includes goes to a stand-in, which
 * has any result that the function promises, by a macro of the function's name.
 * It is pasted to the first word of its arguments: a name in a call (WALK_w), a
 * type in the definition (WALK_struct), which gets another name.
 */
#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define assume(condition) __CPROVER_assume(condition)
#define prove(condition)  __CPROVER_assert(condition, #condition)

/* CBMC knows the prefix nondet_: such a function returns any value. */
bool nondet_bool(void);
uint8_t nondet_u8(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);

/* Any number of at most @max. */
static inline uint32_t any_up_to(uint32_t max)
{
	uint32_t n = nondet_u32();

	assume(n <= max);
	return n;
}

#endif
