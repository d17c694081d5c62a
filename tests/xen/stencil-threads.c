/* SPDX-License-Identifier: MIT */
/*
 * The job stencil on threads of Linux, each on a CPU of its own if there are as
 * many, from FIRST_CPU (0) on. At a barrier they spin, like the job's ranks.
 * Usage: stencil-threads THREADS TURNS SIDE [FIRST_CPU] >PLATE; its time, in
 * seconds and in ticks of the TSC, is on stderr.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../sidecar/jobs/stencil/solve.h"
#include "pin.h"

static double *block[SOLVE_MAX_RANKS];
static struct solve work[SOLVE_MAX_RANKS];
static atomic_uint nr_arrived, barrier;
static int first_cpu;

/* So long a thread spins before it lets others run. */
#define SPINS 100000u

static int meet(void *arg)
{
	const struct solve *w = arg;
	unsigned int now = barrier;

	if (atomic_fetch_add(&nr_arrived, 1) + 1 == w->nr_ranks) {
		nr_arrived = 0;
		barrier = now + 1;
	}
	for (uint32_t i = 0; barrier == now; i++)
		if (i < SPINS)
			__builtin_ia32_pause();
		else
			sched_yield();
	return 0;
}

static void *thread_main(void *arg)
{
	const struct solve *w = arg;
	/* without such a CPU it runs on any */
	pin_to_cpu(first_cpu + (int)w->rank);
	solve_run(w);
	return NULL;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void run_all(uint32_t nr)
{
	pthread_t thread[SOLVE_MAX_RANKS];

	for (uint32_t i = 0; i < nr; i++)
		if (pthread_create(&thread[i], NULL, thread_main, &work[i]))
			abort();
	for (uint32_t i = 0; i < nr; i++)
		pthread_join(thread[i], NULL);
}

static void write_plate(uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		fwrite(solve_result(&work[0], i), 1,
		       solve_bytes(&work[0], i) / 2, stdout);
}

int main(int argc, char **argv)
{
	uint32_t nr = argc >= 4 ? (uint32_t)atoi(argv[1]) : 0;
	unsigned long long ticks;
	double begin;

	if (!nr || nr > SOLVE_MAX_RANKS)
		return 2;
	first_cpu = argc > 4 ? atoi(argv[4]) : 0;
	for (uint32_t i = 0; i < nr; i++) {
		work[i] = (struct solve){i,
					 nr,
					 (uint32_t)atoi(argv[3]),
					 (uint32_t)atoi(argv[2]),
					 block,
					 meet,
					 &work[i]};
		block[i] = malloc(solve_bytes(&work[i], i) + 1);
		if (!block[i])
			return 1;
	}
	begin = seconds();
	ticks = __builtin_ia32_rdtsc();
	run_all(nr);
	ticks = __builtin_ia32_rdtsc() - ticks;
	fprintf(stderr, "%.6f s, %llu ticks\n", seconds() - begin, ticks);
	write_plate(nr);
	return fflush(stdout) != 0;
}
