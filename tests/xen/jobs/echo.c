/* SPDX-License-Identifier: MIT */
/*
 * Answers what a client writes into its node's shared memory: echo.h. arg[1]:
 * ends after so many answers, 0: when it is stopped. ret: answers, waits, waits
 * that a ring has ended, TSC ticks a millisecond.
 */
#include "sidecar/job.h"

#include "echo.h"

static void wait_and_answer(struct job_services *s, struct sidecar_ring *to,
			    struct sidecar_ring *from)
{
	while (!job_should_stop(s) && (!s->arg[1] || s->ret[0] < s->arg[1])) {
		uint32_t nr = echo_answer(to, from, job_tsc());

		s->ret[0] += nr;
		if (nr) {
			job_notify();
			continue;
		}
		s->ret[1]++;
		s->ret[2] += (uint64_t)job_wait(0);
	}
}

int job_main(struct job_services *s)
{
	struct echo_area *a = (struct echo_area *)s->shared_va;
	static volatile uint32_t never;
	struct sidecar_ring to, from;

	if (s->shared_bytes < sizeof(*a) || !echo_attach(a, &to, &from))
		return 1;
	s->ret[3] = s->tsc_khz;
	if (s->arg[0] == ECHO_LINE)
		echo_line(a, &s->stop);
	else if (s->arg[0] == ECHO_RING)
		echo_ring(&to, &from, &s->stop);
	else if (s->arg[0] == ECHO_BELL)
		wait_and_answer(s, &to, &from);
	else
		echo_ring(&to, &from, &never);
	return 0;
}
