/* SPDX-License-Identifier: MIT */
/* want: ret 4 6 1 0 0 0 0 0 */
/* flags: -fPIC */
/* Addresses: in tables of the linker's, in data, of what is not there. */
#include "sidecar/job.h"

int value = 4;
extern int absent __attribute__((weak));

int six(void)
{
	return 6;
}

int (*volatile function)(void) = six;
int *volatile address = &value;

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)*address;
	s->ret[1] = (uint64_t)function();
	s->ret[2] = &absent == 0;
	return 0;
}
