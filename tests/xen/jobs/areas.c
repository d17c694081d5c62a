/* SPDX-License-Identifier: MIT */
/*
 * An all-scratch job: reads the whole of every area; arg[0] is what it may not
 * do there: 1 read what is its own slice, 2 write.
 */
#include "sidecar/job.h"

JOB_ALL_SCRATCH();
JOB_STACK_PAGES(1);

int job_main(struct job_services *s)
{
	for (uint32_t i = 0; i < s->nr_areas; i++) {
		const struct job_area *a = &s->area[i];

		for (uint64_t at = 0; at < a->bytes; at += 4096)
			(void)*(volatile uint64_t *)(a->va + at);
		job_put(s, "area node ");
		job_put_number(s, a->node);
		job_put(s, " vnode ");
		job_put_number(s, a->vnode);
		job_put(s, " bytes ");
		job_put_number(s, a->bytes);
		job_put(s, "\n");
	}
	if (s->arg[0] == 1)
		(void)*(volatile uint64_t *)(s->area[0].va - 4096);
	if (s->arg[0] == 2)
		*(volatile uint64_t *)s->area[s->nr_areas - 1].va = 0;
	s->ret[0] = s->nr_areas;
	return 0;
}
