/* SPDX-License-Identifier: MIT */
/* refused: a job has no indirect functions */
#include "sidecar/job.h"

static int five(void)
{
	return 5;
}

int (*resolve(void))(void);

int (*resolve(void))(void)
{
	return five;
}

int number(void) __attribute__((ifunc("resolve")));

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)number();
	return 0;
}
