/* SPDX-License-Identifier: MIT */
/*
 * The four functions to which the compiler may emit calls of its own.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
	void *r = to;
	size_t words = n / 8, rest = n % 8;

	__asm__ volatile("rep movsq"
			 : "+D"(to), "+S"(from), "+c"(words)
			 :
			 : "memory");
	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(rest)
			 :
			 : "memory");
	return r;
}

void *memmove(void *to, const void *from, size_t n)
{
	const uint8_t *s = (const uint8_t *)from + n - 8;
	uint8_t *d = (uint8_t *)to + n - 8;
	size_t words = n / 8, rest = n % 8;

	if ((uintptr_t)to - (uintptr_t)from >= n)
		return memcpy(to, from, n);
	/* overlapping, upwards: words from the end, then the first few bytes */
	__asm__ volatile("std; rep movsq; cld"
			 : "+D"(d), "+S"(s), "+c"(words)
			 :
			 : "memory");
	while (rest--)
		((volatile uint8_t *)to)[rest] = ((const uint8_t *)from)[rest];
	return to;
}

void *memset(void *to, int c, size_t n)
{
	void *r = to;
	uint64_t word = (uint8_t)c * UINT64_C(0x0101010101010101);
	size_t words = n / 8, rest = n % 8;

	__asm__ volatile("rep stosq"
			 : "+D"(to), "+c"(words)
			 : "a"(word)
			 : "memory");
	__asm__ volatile("rep stosb"
			 : "+D"(to), "+c"(rest)
			 : "a"(word)
			 : "memory");
	return r;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}
