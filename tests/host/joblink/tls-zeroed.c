/* SPDX-License-Identifier: MIT */
/* refused: a job has no thread-local variables */
#include "sidecar/job.h"

_Thread_local volatile int value;

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)value;
	return 0;
}
