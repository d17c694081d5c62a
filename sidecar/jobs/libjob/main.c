/* SPDX-License-Identifier: MIT */
/*
 * For programs that have main() in place of job_main(): what is linked only
 * then.
 */
#include "sidecar/job.h"

#define MOST 256u

int main(int argc, char **argv);

int job_main(struct job_services *s)
{
	static char *argv[MOST + 1];
	uint32_t nr = job_nr_args(s);

	if (nr > MOST) {
		job_put(s, "more than 256 arguments\n");
		return 1;
	}
	for (uint32_t i = 0; i < nr; i++)
		argv[i] = (char *)(uintptr_t)job_arg(s, i);
	return main((int)nr, argv);
}
