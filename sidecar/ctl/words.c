/* SPDX-License-Identifier: MIT */
/*
 * Words of a command line that are numbers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

bool words_number(const char **p, uint32_t max, uint32_t *v)
{
	unsigned long long n;
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	n = strtoull(*p, &end, 10);
	if (errno || n > max)
		return false;
	*p = end;
	*v = (uint32_t)n;
	return true;
}

bool words_count(const char *p, uint32_t max, uint32_t *v)
{
	return words_number(&p, max, v) && !*p && *v;
}

bool words_cpu_list(const char *p, bool chosen[MAX_CPU + 1])
{
	uint32_t first, last;

	for (;; p++) {
		if (!words_number(&p, MAX_CPU, &first))
			return false;
		last = first;
		if (*p == '-') {
			p++;
			if (!words_number(&p, MAX_CPU, &last) || last < first)
				return false;
		}
		for (uint32_t i = first; i <= last; i++)
			chosen[i] = true;
		if (!*p)
			return true;
		if (*p != ',')
			return false;
	}
}

/* Decimal, or hexadecimal with 0x; NULL, or what is behind it. */
static const char *read_any(const char *p, uint64_t *v)
{
	char *end;

	if (*p < '0' || *p > '9')
		return NULL;
	errno = 0;
	*v = strtoull(p, &end, p[0] == '0' && p[1] == 'x' ? 16 : 10);
	return errno ? NULL : end;
}

bool words_any_number(const char *p, uint64_t *v)
{
	p = read_any(p, v);
	return p && !*p;
}

bool words_size(const char *p, uint64_t *v)
{
	static const char units[] = "kKmMgG";
	const char *unit;

	p = read_any(p, v);
	if (!p || !*p)
		return p;
	unit = strchr(units, *p);
	return unit && !p[1] &&
	       !__builtin_mul_overflow(
		       *v, UINT64_C(1) << 10 * ((unit - units) / 2 + 1), v);
}
