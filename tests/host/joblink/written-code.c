/* SPDX-License-Identifier: MIT */
/* refused: a job has no section that is both written and executed */
#include "sidecar/job.h"

__asm__(".section own_code, \"awx\"\n"
	".globl patched\n"
	"patched: mov $1, %eax\n"
	"ret\n"
	".text\n");

int patched(void);

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)patched();
	return 0;
}
