/* SPDX-License-Identifier: MIT */
/*
 * A job that waits to be rung. Each time, and when a wait of arg[0] ns (0: no
 * limit) is over, it notifies its client; after arg[1] rings it ends. ret:
 * rings, waits, ticks of the longest wait that was not ended by a ring.
 */
#include "sidecar/job.h"

int job_main(struct job_services *s)
{
	job_put(s, "bell: ready\n");
	while (!job_should_stop(s) && (!s->arg[1] || s->ret[0] < s->arg[1])) {
		uint64_t begin = job_tsc();
		int rung = job_wait(s->arg[0]);
		uint64_t ticks = job_tsc() - begin;

		s->ret[1]++;
		if (rung)
			s->ret[0]++;
		else if (ticks > s->ret[2])
			s->ret[2] = ticks;
		if (rung || s->arg[0])
			job_notify();
	}
	return 0;
}
