/* SPDX-License-Identifier: MIT */
/* refused: undefined (reference to|symbol:).*sin */
#include "sidecar/job.h"

double sin(double x);

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)(1000 * sin((double)s->arg[0]));
	return 0;
}
