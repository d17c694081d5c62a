/* SPDX-License-Identifier: MIT */
/* want: ret 45 0 0 0 0 0 0 0 */
/* flags: -fstack-protector-all */
#include "sidecar/job.h"

int job_main(struct job_services *s)
{
	volatile char text[10];

	for (int i = 0; i < 10; i++)
		text[i] = (char)i;
	for (int i = 0; i < 10; i++)
		s->ret[0] += (uint64_t)text[i];
	return 0;
}
