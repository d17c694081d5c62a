/* SPDX-License-Identifier: MIT */
/*
 * The loop that finds out how long a CPU was away from it: the same code runs
 * as a job and in sidecarctl on a CPU of Linux.
 */
#ifndef JITTER_H
#define JITTER_H

#include <stdint.h>

#define JITTER_BUCKETS	   40u
#define JITTER_MAX_SECONDS 3600u
/* A line of the job's log: this, a bucket, this, how many gaps it has. */
#define JITTER_LOG_BUCKET "gaps of 2^"
#define JITTER_LOG_GAPS	  " ticks or more: "

struct jitter {
	uint64_t nr;	  /* of gaps */
	uint64_t longest; /* TSC ticks between two looks */
	uint64_t ticks;	  /* in all */
	/* gaps of 2^i ticks or more and less than 2^(i + 1); the last: all more
	 */
	uint64_t bucket[JITTER_BUCKETS];
};

static inline uint64_t jitter_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void jitter_add(struct jitter *j, uint64_t gap)
{
	uint32_t i = 63u - (uint32_t)__builtin_clzll(gap | 1);

	j->bucket[i < JITTER_BUCKETS ? i : JITTER_BUCKETS - 1]++;
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
