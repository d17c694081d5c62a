/* SPDX-License-Identifier: MIT */
/* want: ret 5 0 0 0 0 0 0 0 */
/* No data but in a section that the linker script does not know. */
#include "sidecar/job.h"

__attribute__((section("params"))) volatile int x = 5;

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)x;
	return 0;
}
