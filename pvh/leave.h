/* SPDX-License-Identifier: MIT */
/*
 * How a kernel is entered that lies where the shim does: code without a fixed
 * address is copied to where neither is, with a struct leave behind it.
 * jump_32() enters it; it copies, zeroes and enters the kernel.
 */
#ifndef LEAVE_H
#define LEAVE_H

#define LEAVE_CODE_BYTES  64
#define LEAVE_COPY_OFFSET 8
#define LEAVE_COPY_BYTES  16

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#include "pvh/read/image.h"

extern const uint8_t leave_code[LEAVE_CODE_BYTES];

struct leave {
	uint32_t entry; /* 0: of the kernel */
	uint32_t nr;	/* 4: at least 1 */
	struct leave_copy {
		uint32_t to;	/*  0 */
		uint32_t from;	/*  4 */
		uint32_t size;	/*  8 */
		uint32_t zeros; /* 12: behind it */
	} copy[IMAGE_MAX_SEGMENTS];
};
_Static_assert(offsetof(struct leave, copy) == LEAVE_COPY_OFFSET, "leave");
_Static_assert(sizeof(struct leave_copy) == LEAVE_COPY_BYTES, "leave_copy");

#endif
#endif
