/* SPDX-License-Identifier: MIT */
/* want: ret 0 5 0 0 0 0 0 0 */
#include "sidecar/job.h"

_Thread_local volatile int value;
static _Thread_local volatile char many[10000];

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)value;
	for (int i = 0; i < 10000; i++)
		s->ret[0] += (uint64_t)many[i];
	value = 5;
	s->ret[1] = (uint64_t)value;
	return 0;
}
