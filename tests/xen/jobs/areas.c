/* SPDX-License-Identifier: MIT */
/*
 * A job with shared memory: reads the whole of every area, says what it found
 * at its two ends and adds to it. arg[0] is what it may not do: 1 read behind
 * the last area, 2 run what is in one, 3 read another node's.
 */
#include "abi/layout.h"
#include "sidecar/job.h"

JOB_ALL_SHARED();
JOB_STACK_PAGES(1);

#define AREA_2M 0x200000u

static void put(struct job_services *s, const char *name, uint64_t value)
{
	job_put(s, name);
	job_put_number(s, value);
}

static void use(struct job_services *s, const struct job_area *a)
{
	volatile uint32_t *first = (volatile uint32_t *)a->va;
	volatile uint32_t *last = first + a->bytes / sizeof(*first) - 1;

	for (uint64_t at = 0; at < a->bytes; at += 4096)
		(void)*(volatile uint64_t *)(a->va + at);
	put(s, "area node ", a->node);
	put(s, " vnode ", a->vnode);
	put(s, " bytes ", a->bytes);
	if (a->va == s->shared_va) {
		put(s, " own ", *first);
		put(s, " ", *last);
		*first += 1;
		*last += 1;
	}
	job_put(s, "\n");
}

int job_main(struct job_services *s)
{
	const struct job_area *last = &s->area[s->nr_areas - 1];

	for (uint32_t i = 0; i < s->nr_areas; i++)
		use(s, &s->area[i]);
	if (s->arg[0] == 1)
		(void)*(volatile uint8_t *)(last->va + last->bytes);
	if (s->arg[0] == 2) {
		*(volatile uint8_t *)s->shared_va = 0xc3; /* ret */
		__asm__ volatile("call *%0" : : "r"(s->shared_va) : "memory");
	}
	if (s->arg[0] == 3)
		(void)*(volatile uint8_t *)(LAYOUT_SHARED_VA + AREA_2M);
	s->ret[0] = s->nr_areas;
	s->ret[1] = s->shared_bytes;
	return 0;
}
