/* SPDX-License-Identifier: MIT */
/* want: ret 0 7 0 0 0 0 0 0 */
/* flags: -fcommon -mcmodel=medium */
/* Common symbols, and data so large that it may lie far away. */
#include "sidecar/job.h"

int small;
int large[30000];
int filled[30000] = {7};
static int zeroed[30000];

int job_main(struct job_services *s)
{
	volatile int *z = zeroed, *l = large, *f = filled;

	for (int i = 0; i < 30000; i++)
		s->ret[0] += (uint64_t)(z[i] + l[i]);
	s->ret[0] += (uint64_t)small;
	s->ret[1] = (uint64_t)f[0];
	return 0;
}
