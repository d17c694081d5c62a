/* SPDX-License-Identifier: MIT */
/* refused: a job's thread-local variables are aligned to 64 bytes at most */
#include "sidecar/job.h"

_Thread_local volatile int value __attribute__((aligned(128)));

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)value;
	return 0;
}
