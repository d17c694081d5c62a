/* SPDX-License-Identifier: MIT */
/* dies: signal 11, rip */
#include "sidecar/job.h"

#define BYTES 0x20000u

/* In front of the guard page, where a frame larger than that would be. */
static volatile char before[2 * BYTES];

__attribute__((noinline)) static int far_down(uint64_t at)
{
	volatile char text[BYTES];

	text[at] = 1;
	return text[at];
}

int job_main(struct job_services *s)
{
	before[s->arg[0]] = 1;
	return far_down(s->arg[1]);
}
