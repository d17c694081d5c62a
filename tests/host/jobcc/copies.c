/* SPDX-License-Identifier: MIT */
/* want: ret 42 7 0 0 0 0 0 0 */
#include "sidecar/job.h"

#include <string.h>

struct big {
	double m[4096];
};

static struct big a, b;

int job_main(struct job_services *s)
{
	char text[8];

	b.m[1] = 42;
	a = b;
	s->ret[0] = (uint64_t)a.m[1];
	strcpy(text, "sidecar");
	s->ret[1] = strlen(text);
	return 0;
}
