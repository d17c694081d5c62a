/* SPDX-License-Identifier: MIT */
/* want: ret 12 0 1 0 0 0 0 0 */
/* flags: -fstack-protector-strong -fPIC */
#include "sidecar/job.h"

__thread int value = 5;
extern __thread int value;
static __thread int other;

__attribute__((noinline)) static int sum(int n)
{
	volatile char text[16];

	text[0] = (char)n;
	other += text[0];
	value += other;
	return value;
}

int job_main(struct job_services *s)
{
	uint64_t guard;

	__asm__ volatile("mov %%fs:0x28, %0" : "=r"(guard));
	s->ret[0] = (uint64_t)sum(7);
	/* no string goes over it, and it is not always the same */
	s->ret[1] = guard & 0xff;
	s->ret[2] = guard != 0;
	return 0;
}
