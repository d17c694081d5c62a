/* SPDX-License-Identifier: MIT */
/*
 * Heat on a square plate, by rows on ranks: each new value is the mean of four
 * old ones. The same code for ranks of a gang and for threads of Linux.
 */
#ifndef SOLVE_H
#define SOLVE_H

#include <stddef.h>
#include <stdint.h>

#define SOLVE_MAX_RANKS 64u
#define SOLVE_MAX_SIDE	1024u

struct solve {
	uint32_t rank, nr_ranks;
	uint32_t side;	   /* rows, and values in each */
	uint32_t nr_turns; /* how often each value is made new */
	/* Where the rows of each rank are: solve_bytes(). */
	double *const *block;
	/* Waits for all ranks; not 0: they never come. */
	int (*meet)(void *arg);
	void *arg;
};

/* Those of one rank: rows @solve_first(rank) to solve_first(rank + 1). */
uint32_t solve_first(const struct solve *w, uint32_t rank);
/* Memory for a rank's rows, old and new. */
size_t solve_bytes(const struct solve *w, uint32_t rank);
/* All turns, by each rank; 0, or what meet() said. */
int solve_run(const struct solve *w);
/* The values of a rank's rows when all ranks have returned. */
const double *solve_result(const struct solve *w, uint32_t rank);

#endif
