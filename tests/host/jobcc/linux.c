/* SPDX-License-Identifier: MIT */
/* refused: wants Linux, which a job has not got \(syscall\): <job_main> */
#include "sidecar/job.h"

int job_main(struct job_services *s)
{
	(void)s;
	__asm__ volatile("syscall" : : "a"(39) : "rcx", "r11", "memory");
	return 0;
}
