/* SPDX-License-Identifier: MIT */
/* want: ret 5 0 0 0 0 0 0 0 */
/* A note that the job itself reads. */
#include "sidecar/job.h"

__attribute__((section(".note.own"))) volatile int x = 5;

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)x;
	return 0;
}
