/* SPDX-License-Identifier: MIT */
/* How many primes there are below arg[0]; ends early if it is to stop. */
#include "sidecar/job.h"

int job_main(struct job_services *s)
{
	uint64_t n, d;

	for (n = 2; n < s->arg[0] && !job_should_stop(s); n++) {
		for (d = 2; d * d <= n && n % d; d++)
			;
		if (d * d > n)
			s->ret[0]++;
	}
	job_put_number(s, s->ret[0]);
	job_put(s, " primes\n");
	return 0;
}
