/* SPDX-License-Identifier: MIT */
/* want: ret 3 1 0 0 0 0 0 0 */
#include "sidecar/job.h"

#include <stddef.h>

/* The runner gives it none. */
int main(int argc, char **argv)
{
	struct job_services *s = job_self();

	s->ret[0] = (uint64_t)argc + 3;
	s->ret[1] = argv[0] == NULL;
	return 0;
}
