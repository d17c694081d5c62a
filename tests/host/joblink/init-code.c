/* SPDX-License-Identifier: MIT */
/* refused: a job runs no code in sections .init and .fini */
#include "sidecar/job.h"

static volatile int x;

__attribute__((section(".init"), used)) static void init(void)
{
	x = 42;
}

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)x;
	return 0;
}
