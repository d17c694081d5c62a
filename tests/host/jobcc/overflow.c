/* SPDX-License-Identifier: MIT */
/* dies: signal 4, rip */
/* flags: -fstack-protector-all -fno-builtin */
#include "sidecar/job.h"

#include <string.h>

__attribute__((noinline)) static void fill(char *to, size_t n)
{
	memset(to, 'x', n);
}

int job_main(struct job_services *s)
{
	char text[8];

	fill(text, 16 + (size_t)s->arg[0]);
	return text[0];
}
