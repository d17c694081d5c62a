/* SPDX-License-Identifier: MIT */
/*
 * A fuzzer's input as two streams: what is done, from the front, and what
 * happens meanwhile, from the back. Zeros once they have met.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* An assertion that is never compiled out. */
#define check(ok) ((ok) ? (void)0 : check_failed(#ok, __FILE__, __LINE__))

__attribute__((noreturn)) static inline void check_failed(const char *what,
							  const char *file,
							  int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

/* [pa, pa + size) lies in [start, start + bytes) */
static inline bool within(uint64_t pa, uint64_t size, uint64_t start,
			  uint64_t bytes)
{
	return pa >= start && size <= bytes && pa - start <= bytes - size;
}

struct input {
	const uint8_t *p;
	size_t left;
};

static inline uint8_t input_front(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static inline uint8_t input_back(struct input *in)
{
	return in->left ? in->p[--in->left] : 0;
}

/* @bytes of the front, at most 8, little-endian. */
static inline uint64_t input_number(struct input *in, uint32_t bytes)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < bytes; i++)
		v |= (uint64_t)input_front(in) << (8 * i);
	return v;
}

/* Lays up to @max bytes of the front, the first says how many, over @to. */
static inline void input_copy(struct input *in, uint8_t *to, size_t max)
{
	size_t n = input_front(in);

	for (size_t i = 0; i < n && i < max && in->left; i++)
		to[i] = input_front(in);
}

#endif
