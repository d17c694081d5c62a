/* SPDX-License-Identifier: MIT */
/*
 * Sections that job.lds does not name, and constructors: ret[0] 5 and ret[1]
 * 42, ret[2] what lay in a section to be zeroed, ret[3] set by a destructor.
 */
#include "sidecar/job.h"

__attribute__((section("params"))) static volatile int x = 5;
__attribute__((section(".later,\"aw\",@nobits#"))) static volatile int y[2048];

static struct job_services *services;
static volatile int z;

__attribute__((constructor)) static void begin(void)
{
	z = 42;
}

__attribute__((destructor)) static void end(void)
{
	services->ret[3] = 7;
}

int job_main(struct job_services *s)
{
	services = s;
	s->ret[0] = (uint64_t)x;
	s->ret[1] = (uint64_t)z;
	for (int i = 0; i < 2048; i++)
		s->ret[2] |= (uint64_t)y[i];
	return 0;
}
