/* SPDX-License-Identifier: MIT */
/* want: ret 45 0 0 0 0 0 0 0 */
/* flags: -fstack-protector-all */
#include "sidecar/job.h"

#define TICKS (1u << 24)

/* As start.c mixes what it has. */
static uint64_t guard_of(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15;
	x ^= x >> 29;
	return x << 8;
}

static int has_rdrand(void)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return ecx >> 30 & 1;
}

/* Whether who knows about when a job began knows its guard. */
static int is_guessed(uint64_t now)
{
	uint64_t guard;

	__asm__("mov %%fs:40, %0" : "=r"(guard));
	for (uint64_t i = 0; i < TICKS; i++)
		if (guard_of(now - i) == guard)
			return 1;
	return 0;
}

int job_main(struct job_services *s)
{
	uint64_t now = job_tsc();
	volatile char text[10];

	for (int i = 0; i < 10; i++)
		text[i] = (char)i;
	for (int i = 0; i < 10; i++)
		s->ret[0] += (uint64_t)text[i];
	s->ret[1] = has_rdrand() && is_guessed(now);
	return 0;
}
