/* SPDX-License-Identifier: MIT */
/*
 * What sidecarctl jitter has measured: a table, or JSON.
 */
#include <inttypes.h>

#include "show_jitter.h"

static uint64_t to_ns(uint64_t ticks, uint64_t tsc_khz)
{
	return tsc_khz ? (uint64_t)((double)ticks * 1e6 / (double)tsc_khz) : 0;
}

static void jitter_json(FILE *to, const char *who, const struct jitter *j,
			uint64_t tsc_khz)
{
	fprintf(to,
		"\"%s\": {\"gaps\": %" PRIu64 ", \"longest_ns\": %" PRIu64
		", \"ns\": %" PRIu64 ", \"histogram\": [",
		who, j->nr, to_ns(j->longest, tsc_khz),
		to_ns(j->ticks, tsc_khz));
	for (uint32_t i = 0; i < JITTER_BUCKETS; i++)
		fprintf(to, "%s%" PRIu64, i ? ", " : "", j->bucket[i]);
	fputs("]}", to);
}

static void jitter_row(FILE *to, const char *name, const uint64_t *first,
		       const uint64_t *second)
{
	fprintf(to, "    %-24s %14" PRIu64, name, *first);
	if (second)
		fprintf(to, " %14" PRIu64, *second);
	putc('\n', to);
}

static void jitter_table(FILE *to, const struct jitter *j,
			 const struct jitter *l, int32_t linux_cpu,
			 uint64_t tsc_khz)
{
	uint64_t ns = to_ns(j->longest, tsc_khz);
	uint64_t linux_ns = l ? to_ns(l->longest, tsc_khz) : 0;
	char text[32];

	fprintf(to, "looked at the TSC for %" PRIu64 " ms\n    %-24s %14s",
		to_ns(j->ticks, tsc_khz) / 1000000, "", "sidecar");
	if (l)
		fprintf(to, "   Linux CPU %3" PRId32, linux_cpu);
	putc('\n', to);
	jitter_row(to, "longest gap, ns", &ns, l ? &linux_ns : NULL);
	jitter_row(to, "gaps", &j->nr, l ? &l->nr : NULL);
	for (uint32_t i = 0; i < JITTER_BUCKETS; i++) {
		if (!j->bucket[i] && (!l || !l->bucket[i]))
			continue;
		snprintf(text, sizeof(text), "  %" PRIu64 " ns or more",
			 to_ns(1ull << i, tsc_khz));
		jitter_row(to, text, &j->bucket[i], l ? &l->bucket[i] : NULL);
	}
}

void show_jitter(struct show *p, const struct sidecar_vcpu *v,
		 const struct jitter *j, int32_t linux_cpu,
		 const struct jitter *other, uint64_t tsc_khz)
{
	show_vcpu(p, v);
	if (!p->json) {
		jitter_table(p->to, j, linux_cpu < 0 ? NULL : other, linux_cpu,
			     tsc_khz);
		return;
	}
	fprintf(p->to, "\"tsc_khz\": %" PRIu64 ", ", tsc_khz);
	jitter_json(p->to, "sidecar", j, tsc_khz);
	if (linux_cpu >= 0) {
		fprintf(p->to, ", \"compared_cpu\": %" PRId32 ", ", linux_cpu);
		jitter_json(p->to, "linux", other, tsc_khz);
	}
	putc('}', p->to);
}
