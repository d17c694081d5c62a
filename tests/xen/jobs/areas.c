/* SPDX-License-Identifier: MIT */
/* An all-scratch job: writes and reads the whole of every area. */
#include "sidecar/job.h"

JOB_ALL_SCRATCH();
JOB_STACK_PAGES(1);

int job_main(struct job_services *s)
{
	for (uint32_t i = 0; i < s->nr_areas; i++) {
		const struct job_area *a = &s->area[i];

		for (uint64_t at = 0; at < a->bytes; at += 4096) {
			*(volatile uint64_t *)(a->va + at) = at;
			if (*(volatile uint64_t *)(a->va + at) != at)
				return 1;
		}
		job_put(s, "area node ");
		job_put_number(s, a->node);
		job_put(s, " vnode ");
		job_put_number(s, a->vnode);
		job_put(s, " bytes ");
		job_put_number(s, a->bytes);
		job_put(s, "\n");
	}
	/* its own slice is none of them */
	if (s->arg[0])
		*(volatile uint64_t *)(s->area[0].va - 4096) = 0;
	s->ret[0] = s->nr_areas;
	return 0;
}
