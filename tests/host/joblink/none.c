/* SPDX-License-Identifier: MIT */
/* want: ret 42 0 0 0 0 0 0 0 */
/* Neither data nor memory to be zeroed. */
#include "sidecar/job.h"

int job_main(struct job_services *s)
{
	s->ret[0] = 42;
	return 0;
}
