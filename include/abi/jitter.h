/* SPDX-License-Identifier: MIT */
/*
 * The loop that finds out how long a CPU was away from it: the same code runs
 * as a job and in sidecarctl on a CPU of Linux.
 */
#ifndef JITTER_H
#define JITTER_H

#include <stdint.h>

/* Four bins for each power of two: an edge is at most a quarter too low. */
#define JITTER_BINS	   160u
#define JITTER_MAX_SECONDS 3600u
/* A line of the job's log: this, the lower edge of a bin in ticks, this, how
 * many gaps it has. */
#define JITTER_LOG_FROM "gaps from "
#define JITTER_LOG_GAPS ": "

struct jitter {
	uint64_t nr;	  /* of gaps */
	uint64_t longest; /* TSC ticks between two looks */
	uint64_t ticks;	  /* in all */
	/* gaps from jitter_edge(i) to below jitter_edge(i + 1); last: all more
	 */
	uint64_t bin[JITTER_BINS];
};

/* 0 to 3 have one each, then 4, 5, 6, 7; 8, 10, 12, 14; 16, 20, 24, 28; ... */
static inline uint32_t jitter_bin(uint64_t gap)
{
	uint32_t top, i;

	if (gap < 4)
		return (uint32_t)gap;
	top = 63u - (uint32_t)__builtin_clzll(gap);
	i = 4 * (top - 1) + (uint32_t)(gap >> (top - 2) & 3);
	return i < JITTER_BINS ? i : JITTER_BINS - 1;
}

static inline uint64_t jitter_edge(uint32_t bin)
{
	return bin < 4 ? bin : (uint64_t)(4 + bin % 4) << (bin / 4 - 1);
}

/*
 * So long, or a bin less, are all but one of @parts gaps; 2: half of them are
 * no longer. At most the longest.
 */
static inline uint64_t jitter_all_but(const struct jitter *j, uint64_t parts)
{
	uint64_t more = j->nr / parts, nr = 0;

	for (uint32_t i = JITTER_BINS - 1; i; i--) {
		nr += j->bin[i];
		if (nr > more)
			return i + 1 < JITTER_BINS &&
					       jitter_edge(i + 1) < j->longest
				       ? jitter_edge(i + 1)
				       : j->longest;
	}
	return j->longest ? 1 : 0;
}

static inline uint64_t jitter_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void jitter_add(struct jitter *j, uint64_t gap)
{
	j->bin[jitter_bin(gap)]++;
	j->nr++;
	if (gap > j->longest)
		j->longest = gap;
}

/* For @ticks, or until *@stop. @j: zeros. */
static inline void jitter_run(struct jitter *j, uint64_t ticks,
			      const volatile uint32_t *stop)
{
	uint64_t begin = jitter_tsc(), last = begin;

	do {
		uint64_t now = jitter_tsc();

		jitter_add(j, now - last);
		last = now;
	} while (last - begin < ticks && !*stop);
	j->ticks = last - begin;
}

#endif
