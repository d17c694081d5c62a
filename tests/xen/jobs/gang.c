/* SPDX-License-Identifier: MIT */
/*
 * What a gang can meet. arg[0]: what rank arg[1] does while the others wait at
 * a barrier; ret[0]: barriers passed, ret[1]: memory, ret[2]: the rank, ret[3]:
 * when it began, ret[4]: barriers since the guest was saved.
 */
#include "sidecar/job.h"

enum {
	MEET,	/* arg[2] barriers, and comes late to one of eight */
	DIE,	/* an exception */
	RETURN, /* 0, and the others' barrier fails */
	FAIL,	/* returns 5 */
	LOOP,	/* barriers until it is stopped */
};

/* The guest was saved for longer than any rank comes late. */
#define GAP_NS 300000000u

static int meet(struct job_services *s, uint64_t nr)
{
	uint64_t before = job_tsc(), now;

	for (uint64_t i = 0; i < nr; i++) {
		if (job_rank(s) == s->arg[1] && i % 8 == 7)
			job_wait(2000000);
		if (job_barrier(s))
			return 1;
		now = job_tsc();
		s->ret[0] = s->ret[0] + 1;
		if (s->ret[4] || now - before > job_ticks(s, GAP_NS))
			s->ret[4] = s->ret[4] + 1;
		before = now;
	}
	return 0;
}

static int misbehave(struct job_services *s)
{
	/* the others sleep by then */
	job_wait(30000000);
	switch (s->arg[0]) {
	case DIE:
		__builtin_trap();
	case FAIL:
		return 5;
	default:
		return 0;
	}
}

int job_main(struct job_services *s)
{
	s->ret[1] = s->memory_bytes;
	s->ret[2] = job_rank(s);
	s->ret[3] = job_tsc();
	if (s->arg[0] == MEET)
		return meet(s, s->arg[2]);
	if (s->arg[0] == LOOP)
		return meet(s, UINT64_MAX) && !job_should_stop(s);
	if (meet(s, 1))
		return 9;
	if (job_rank(s) == s->arg[1])
		return misbehave(s);
	/* which is what is to happen: a job alone would end so */
	return job_barrier(s) ? 0 : 9;
}
