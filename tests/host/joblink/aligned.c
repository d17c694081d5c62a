/* SPDX-License-Identifier: MIT */
/* want: ret 3 4 0 9 0 0 0 0 */
/* Alignments of more than a page; memory that is zeroed. */
#include "sidecar/job.h"

#define ALIGNED(bytes) __attribute__((aligned(bytes)))

static ALIGNED(65536) volatile int data = 3;
static volatile int behind = 4;
static ALIGNED(8192) volatile int zeroed[5000];
static ALIGNED(8192) const volatile int constant = 9;

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)data;
	s->ret[1] = (uint64_t)behind;
	for (int i = 0; i < 5000; i++)
		s->ret[2] += (uint64_t)zeroed[i];
	s->ret[3] = (uint64_t)constant;
	s->ret[4] = ((uintptr_t)&data % 65536) | (uintptr_t)zeroed % 8192 |
		    (uintptr_t)&constant % 8192;
	return 0;
}
