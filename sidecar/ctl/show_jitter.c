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

static double to_us(uint64_t ticks, uint64_t tsc_khz)
{
	return tsc_khz ? (double)ticks * 1e3 / (double)tsc_khz : 0;
}

/* What is shown of all gaps, shortest first. */
static const struct {
	const char *text, *json;
	uint64_t parts; /* all but one of so many gaps; 0: all */
} figures[] = {
	{"p50", "p50_ns", 2},
	{"p99", "p99_ns", 100},
	{"p99.9", "p99.9_ns", 1000},
	{"longest gap", "longest_ns", 0},
};

#define NR_FIGURES (sizeof(figures) / sizeof(figures[0]))

static uint64_t figure_of(const struct jitter *j, size_t i)
{
	return figures[i].parts ? jitter_all_but(j, figures[i].parts)
				: j->longest;
}

/* ---- JSON --------------------------------------------------------------- */

/* Bins that have gaps; the last one of all has no upper edge. */
static void bins_json(FILE *to, const struct jitter *j, uint64_t tsc_khz)
{
	const char *between = "";

	for (uint32_t i = 0; i < JITTER_BINS; i++) {
		if (!j->bin[i])
			continue;
		fprintf(to, "%s{\"from_ns\": %.1f, \"gaps\": %" PRIu64, between,
			to_us(jitter_edge(i), tsc_khz) * 1e3, j->bin[i]);
		if (i + 1 < JITTER_BINS)
			fprintf(to, ", \"below_ns\": %.1f",
				to_us(jitter_edge(i + 1), tsc_khz) * 1e3);
		putc('}', to);
		between = ", ";
	}
}

static void jitter_json(FILE *to, const char *who, const struct jitter *j,
			uint64_t tsc_khz)
{
	fprintf(to, "\"%s\": {\"gaps\": %" PRIu64, who, j->nr);
	for (size_t i = 0; i < NR_FIGURES; i++)
		fprintf(to, ", \"%s\": %" PRIu64, figures[i].json,
			to_ns(figure_of(j, i), tsc_khz));
	fprintf(to, ", \"ns\": %" PRIu64 ", \"histogram\": [",
		to_ns(j->ticks, tsc_khz));
	bins_json(to, j, tsc_khz);
	fputs("]}", to);
}

/* ---- A table ------------------------------------------------------------ */

static void row_us(FILE *to, const char *name, double first,
		   const double *second)
{
	fprintf(to, "    %-24s %14.3f", name, first);
	if (second)
		fprintf(to, " %14.3f", *second);
	putc('\n', to);
}

static void row_gaps(FILE *to, const char *name, uint64_t first,
		     const uint64_t *second)
{
	fprintf(to, "    %-24s %14" PRIu64, name, first);
	if (second)
		fprintf(to, " %14" PRIu64, *second);
	putc('\n', to);
}

static void figure_rows(FILE *to, const struct jitter *j,
			const struct jitter *l, uint64_t tsc_khz)
{
	char text[32];

	for (size_t i = 0; i < NR_FIGURES; i++) {
		double other = l ? to_us(figure_of(l, i), tsc_khz) : 0;

		snprintf(text, sizeof(text), "%s, us", figures[i].text);
		row_us(to, text, to_us(figure_of(j, i), tsc_khz),
		       l ? &other : NULL);
	}
}

/* Four bins are a power of two, and a row. */
static uint64_t gaps_in_row(const struct jitter *j, uint32_t bin)
{
	uint64_t nr = 0;

	for (uint32_t i = bin; i < bin + 4; i++)
		nr += j->bin[i];
	return nr;
}

static void bin_rows(FILE *to, const struct jitter *j, const struct jitter *l,
		     uint64_t tsc_khz)
{
	char text[40];

	for (uint32_t i = 0; i < JITTER_BINS; i += 4) {
		uint64_t nr = gaps_in_row(j, i);
		uint64_t other = l ? gaps_in_row(l, i) : 0;

		if (!nr && !other)
			continue;
		snprintf(text, sizeof(text), "  %.3f us or more",
			 to_us(jitter_edge(i), tsc_khz));
		row_gaps(to, text, nr, l ? &other : NULL);
	}
}

static void jitter_table(FILE *to, const struct jitter *j,
			 const struct jitter *l, int32_t linux_cpu,
			 uint64_t tsc_khz)
{
	fprintf(to, "looked at the TSC for %" PRIu64 " ms\n    %-24s %14s",
		to_ns(j->ticks, tsc_khz) / 1000000, "", "sidecar");
	if (l)
		fprintf(to, "   Linux CPU %3" PRId32, linux_cpu);
	putc('\n', to);
	figure_rows(to, j, l, tsc_khz);
	row_gaps(to, "gaps", j->nr, l ? &l->nr : NULL);
	bin_rows(to, j, l, tsc_khz);
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
