/* SPDX-License-Identifier: MIT */
/*
 * A rank writes its own rows alone, and reads the last row of the rank before
 * it and the first of the one behind. One barrier a turn is enough: what a
 * neighbour reads in this turn is written in the next one.
 */
#include "solve.h"

#define TOP_EDGE   1.0
#define OTHER_EDGE 0.0

uint32_t solve_first(const struct solve *w, uint32_t rank)
{
	return (uint32_t)((uint64_t)w->side * rank / w->nr_ranks);
}

static size_t nr_values(const struct solve *w, uint32_t rank)
{
	return (size_t)(solve_first(w, rank + 1) - solve_first(w, rank)) *
	       w->side;
}

size_t solve_bytes(const struct solve *w, uint32_t rank)
{
	return 2 * nr_values(w, rank) * sizeof(double);
}

/* As they are at the start of @turn. */
static double *rows_of(const struct solve *w, uint32_t rank, uint32_t turn)
{
	return w->block[rank] + (turn % 2 ? nr_values(w, rank) : 0);
}

const double *solve_result(const struct solve *w, uint32_t rank)
{
	return rows_of(w, rank, w->nr_turns);
}

static uint32_t rank_of(const struct solve *w, uint32_t row)
{
	uint32_t rank = 0;

	while (row >= solve_first(w, rank + 1))
		rank++;
	return rank;
}

static const double *old_row(const struct solve *w, uint32_t row, uint32_t turn)
{
	uint32_t rank = rank_of(w, row);

	return rows_of(w, rank, turn) +
	       (size_t)(row - solve_first(w, rank)) * w->side;
}

static void make_row(const struct solve *w, uint32_t row, uint32_t turn,
		     double *to)
{
	const double *up = row ? old_row(w, row - 1, turn) : NULL;
	const double *at = old_row(w, row, turn);
	const double *down =
		row + 1 < w->side ? old_row(w, row + 1, turn) : NULL;

	for (uint32_t i = 0; i < w->side; i++) {
		double left = i ? at[i - 1] : OTHER_EDGE;
		double right = i + 1 < w->side ? at[i + 1] : OTHER_EDGE;

		to[i] = ((up ? up[i] : TOP_EDGE) + left + right +
			 (down ? down[i] : OTHER_EDGE)) /
			4;
	}
}

static void make_rows(const struct solve *w, uint32_t turn)
{
	uint32_t first = solve_first(w, w->rank);
	double *to = rows_of(w, w->rank, turn + 1);

	for (uint32_t row = first; row < solve_first(w, w->rank + 1); row++)
		make_row(w, row, turn, to + (size_t)(row - first) * w->side);
}

int solve_run(const struct solve *w)
{
	double *start = rows_of(w, w->rank, 0);
	int how;

	for (size_t i = 0; i < nr_values(w, w->rank); i++)
		start[i] = OTHER_EDGE;
	how = w->meet(w->arg);
	for (uint32_t turn = 0; !how && turn < w->nr_turns; turn++) {
		make_rows(w, turn);
		how = w->meet(w->arg);
	}
	return how;
}
