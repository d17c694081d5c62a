/* SPDX-License-Identifier: MIT */
/* refused: thread-local memory .*: <job_main> */
#include "sidecar/job.h"

int job_main(struct job_services *s)
{
	__asm__ volatile("mov %%fs:0x28, %0" : "=r"(s->ret[0]));
	return 0;
}
