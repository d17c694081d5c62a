/* SPDX-License-Identifier: MIT */
/* want: ret 12297829382473034410 0 0 0 0 0 0 0 */
#include "sidecar/job.h"

int job_main(struct job_services *s)
{
	volatile unsigned __int128 n = (unsigned __int128)2 << 64;

	s->ret[0] = (uint64_t)(n / 3);
	return 0;
}
