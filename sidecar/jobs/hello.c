/* SPDX-License-Identifier: MIT */
/* Says where it runs and returns the sum of its arguments. */
#include "sidecar/job.h"

int job_main(struct job_services *s)
{
	job_put(s, "hello from vCPU ");
	job_put_number(s, s->vcpu_id);
	job_put(s, ", node ");
	job_put_number(s, s->node);
	job_put(s, ", ");
	job_put_number(s, s->memory_bytes / 1024);
	job_put(s, " KiB of memory\n");
	for (uint32_t i = 0; i < 4; i++)
		s->ret[0] += s->arg[i];
	return 0;
}
