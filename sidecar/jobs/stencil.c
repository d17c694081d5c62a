/* SPDX-License-Identifier: MIT */
/*
 * A gang: heat on a plate of arg[1] rows (64) for arg[0] turns (100), each
 * rank's rows in the shared memory of its own node. Rank 0's output is the
 * whole plate. ret[0]: the rank, ret[1]: TSC ticks of its turns, ret[2]: of
 * these, all but what it was in barriers. With arg[2], of all ranks only one
 * computes at any time while the others sleep: so ret[2] is right, too, where
 * the TSC counts the instructions of all CPUs.
 */
#include "sidecar/job.h"
#include "stencil/solve.h"

/* At the start of the first node's shared memory. */
struct plate {
	double *block[SOLVE_MAX_RANKS]; /* at the same address for all */
};

#define LINE 64u

/* What shared memory has room for, but for the pages of gangs. */
static uint64_t usable(uint64_t bytes)
{
	return bytes - JOB_GANG_PAGES * JOB_GANG_BYTES;
}

/* Where this rank's rows may lie; 0: there is no room. */
static double *place_rows(const struct job_services *s, const struct solve *w)
{
	uint64_t at = sizeof(struct plate);

	if (!s->shared_bytes)
		return 0;
	for (uint32_t i = 0; i < w->rank; i++)
		at += (solve_bytes(w, i) + LINE - 1) / LINE * LINE;
	if (at + solve_bytes(w, w->rank) > usable(s->shared_bytes))
		return 0;
	return (double *)(s->shared_va + at);
}

/*
 * Each rank has a CPU of its own, and nothing else to do there: it spins longer
 * than job_barrier() does.
 */
#define SPIN_NS 5000000u

static uint64_t begin, left_barriers, outside_barriers;

static int pass_barriers(const struct job_services *s, uint32_t nr)
{
	int how = 0;

	while (nr-- && !how)
		how = job_barrier_spin(s, s->arg[2] ? 0 : SPIN_NS);
	return how;
}

/* One after the other: the ranks before this one are at the barriers first. */
static uint32_t nr_before(const struct job_services *s)
{
	return s->arg[2] ? job_rank(s) : 0;
}

static uint32_t nr_behind(const struct job_services *s)
{
	return s->arg[2] ? job_nr_ranks(s) - job_rank(s) : 1;
}

/* Until all others sleep, whom this one may just have woken. */
static void let_sleep(const struct job_services *s)
{
	uint64_t since = job_tsc(), ticks = job_ticks(s, SPIN_NS);

	while (s->arg[2] && job_tsc() - since < ticks && !job_should_stop(s))
		job_wait(SPIN_NS);
}

static int meet(void *arg)
{
	const struct job_services *s = arg;
	int how;

	outside_barriers += job_tsc() - left_barriers;
	how = pass_barriers(s, nr_behind(s));
	if (!how)
		how = pass_barriers(s, nr_before(s));
	let_sleep(s);
	left_barriers = job_tsc();
	return how;
}

/* All of them pass as many barriers: what those behind have passed at first. */
static int solve(const struct job_services *s, const struct solve *w)
{
	int how = pass_barriers(s, 1 + nr_before(s));

	begin = left_barriers = job_tsc();
	if (!how)
		how = solve_run(w);
	if (!how && s->arg[2])
		how = pass_barriers(s, nr_behind(s));
	return how;
}

static int give_output(const struct job_services *s, const struct solve *w)
{
	double *to = (double *)s->memory_va;
	uint64_t n = 0, bytes = (uint64_t)w->side * w->side * sizeof(*to);

	if (bytes > job_memory_bytes(s))
		return 1;
	for (uint32_t rank = 0; rank < w->nr_ranks; rank++) {
		const double *from = solve_result(w, rank);
		uint32_t rows = solve_first(w, rank + 1) - solve_first(w, rank);

		for (uint64_t i = 0; i < (uint64_t)rows * w->side; i++)
			to[n++] = from[i];
	}
	return job_set_output(s, to, bytes);
}

static int refuse(struct job_services *s, const char *why)
{
	job_put(s, why);
	return 1;
}

/* All of them go on, or none: none is left behind at a barrier. */
static int run_all(struct job_services *s, const struct solve *w,
		   struct plate *plate)
{
	plate->block[w->rank] = place_rows(s, w);
	if (!plate->block[w->rank])
		return refuse(s, "more shared memory: sidecar.shared=\n");
	if (solve(s, w))
		return 1;
	s->ret[0] = w->rank;
	s->ret[1] = job_tsc() - begin;
	s->ret[2] = outside_barriers;
	/* its client may take none */
	if (!w->rank)
		give_output(s, w);
	return 0;
}

int job_main(struct job_services *s)
{
	struct plate *plate = (struct plate *)s->area[0].va;
	const struct solve w = {
		.rank = job_rank(s),
		.nr_ranks = job_nr_ranks(s),
		.side = s->arg[1] ? (uint32_t)s->arg[1] : 64,
		.nr_turns = s->arg[0] ? (uint32_t)s->arg[0] : 100,
		.block = plate->block,
		.meet = meet,
		.arg = s,
	};

	if (!s->nr_areas)
		return refuse(s, "no shared memory: sidecar.shared=\n");
	if (w.side > SOLVE_MAX_SIDE || w.nr_ranks > SOLVE_MAX_RANKS)
		return refuse(s, "at most 1024 rows and 64 ranks\n");
	return run_all(s, &w, plate);
}
