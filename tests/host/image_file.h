/* SPDX-License-Identifier: MIT */
/*
 * What the tests of pvh/read/image.c have in common: an image is parsed as an
 * exact copy, and whatever is made of a damaged one keeps its promises.
 */
#ifndef IMAGE_FILE_H
#define IMAGE_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error_value.h"
#include "abi/bootparam.h"
#include "pvh/read/image.h"

/* An exact copy on the heap, so that a byte too far is noticed. */
static inline enum error_code parse(struct image *im, const void *file,
				    size_t size, uint64_t *bad)
{
	uint8_t *copy = malloc(size ? size : 1);
	enum error_code e;

	assert_non_null(copy);
	memcpy(copy, file, size);
	e = error_split(image_parse(im, copy, size), bad);
	free(copy);
	return e;
}

/* Whatever is accepted keeps its promises. */
static inline void check_promises(const struct image *im, size_t size)
{
	uint64_t end = 0;
	uint32_t i;

	assert_true(im->load_pa + im->load_size <= UINT64_C(1) << 32);
	if (im->kind == IMAGE_BZIMAGE) {
		assert_true(im->payload_offset + im->payload_size <= size);
		assert_true(im->payload_size <= im->load_size);
		assert_true(im->setup_offset + im->setup_size <= size);
		assert_true(im->setup_size <= SETUP_HEADER_MAX);
		return;
	}
	for (i = 0; i < im->nr_segments; i++) {
		const struct image_segment *s = &im->segment[i];

		assert_true(s->pa >= end && s->filesz <= s->memsz);
		assert_true(s->offset + s->filesz <= size);
		end = s->pa + s->memsz;
	}
	assert_true(im->load_pa + im->load_size == end);
}

static inline uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static inline void damage(const uint8_t *good, size_t size, size_t from,
			  size_t to)
{
	static const uint8_t edge[] = {0, 1, 0x7f, 0x80, 0xff};
	uint8_t *file = malloc(size);
	uint32_t seed = 1, i, k;
	struct image im;
	uint64_t bad;

	assert_non_null(file);
	for (i = 0; i < 20000; i++) {
		memcpy(file, good, size);
		for (k = next_random(&seed) % 4; k < 4; k++) {
			size_t at = from + next_random(&seed) % (to - from);

			file[at] = next_random(&seed) & 1
					   ? edge[next_random(&seed) % 5]
					   : (uint8_t)next_random(&seed);
		}
		if (!error_split(image_parse(&im, file, size), &bad))
			check_promises(&im, size);
	}
	free(file);
}

#endif
