/* SPDX-License-Identifier: MIT */
/* want: ret 7 0 3 1 8 0x30 0 0 */
#include "sidecar/job.h"

static __thread int value = 7;
_Thread_local volatile uint64_t zeroed;
static _Thread_local uint8_t bytes[3] = {1, 2, 3};
static _Thread_local uint64_t wide[2] __attribute__((aligned(64))) = {1, 1};

/* All of them lie in front of the control block, the last one at its end. */
int job_main(struct job_services *s)
{
	struct job_tcb *tcb;

	__asm__("mov %%fs:0, %0" : "=r"(tcb));
	s->ret[0] = (uint64_t)value;
	s->ret[1] = zeroed + (uint64_t)wide % 64;
	s->ret[2] = bytes[2];
	s->ret[3] = wide[1];
	value++;
	s->ret[4] = (uint64_t)value;
	s->ret[5] = (job_self() == s) << 4 | ((uint64_t)&value < (uint64_t)tcb)
						     << 5;
	return 0;
}
