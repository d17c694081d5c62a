/* SPDX-License-Identifier: MIT */
/* refused: a job has no thread-local variables */
#include "sidecar/job.h"

static __thread int value = 7;

int job_main(struct job_services *s)
{
	value += (int)s->arg[0];
	s->ret[0] = (uint64_t)value;
	return 0;
}
