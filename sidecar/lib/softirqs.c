/* SPDX-License-Identifier: MIT */
/*
 * How often Linux has run softirqs on a CPU: /proc/softirqs counts them for
 * every possible CPU, offline ones too, and a CPU that Linux brings up has some
 * before it is down again. So a count that has changed says that Linux had it.
 */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "softirqs.h"

#define SOFTIRQS_MAX (1u << 20)

/* Which column of the table is CPU @cpu's, by its first line; -1 if none is. */
static int32_t softirqs_column(const char *p, int32_t cpu)
{
	int32_t column = 0;
	char *end;

	for (; *p && *p != '\n'; p++) {
		if (strncmp(p, "CPU", 3))
			continue;
		if (strtol(p + 3, &end, 10) == cpu && end != p + 3)
			return column;
		column++;
	}
	return -1;
}

/* What stands in that column of a line "NAME: NUMBER ...". */
static uint64_t softirqs_number(const char *p, int32_t column)
{
	uint64_t n = 0;
	char *end;

	while (*p && *p != ':' && *p != '\n')
		p++;
	if (*p++ != ':')
		return 0;
	for (; column >= 0; column--) {
		n = strtoull(p, &end, 10);
		if (end == p)
			return 0;
		p = end;
	}
	return n;
}

static uint64_t softirqs_sum(const char *p, int32_t cpu)
{
	int32_t column = softirqs_column(p, cpu);
	uint64_t sum = 0;

	if (column < 0)
		return UINT64_MAX;
	for (p = strchr(p, '\n'); p; p = strchr(p + 1, '\n'))
		sum += softirqs_number(p + 1, column);
	return sum;
}

uint64_t softirqs_count(const struct sidecar_vcpu *v)
{
	char *p = malloc(SOFTIRQS_MAX + 1);
	uint64_t sum = UINT64_MAX;
	long n = p ? file_read(v->s->paths->softirqs, p, SOFTIRQS_MAX) : -1;

	if (n > 0) {
		p[n] = 0;
		sum = softirqs_sum(p, v->linux_cpu);
	}
	free(p);
	return sum;
}
