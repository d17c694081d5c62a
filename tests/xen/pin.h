/* SPDX-License-Identifier: MIT */
/*
 * One CPU for a thread of the lab's and the bench's programs. The includer
 * defines _GNU_SOURCE.
 */
#ifndef PIN_H
#define PIN_H

#include <errno.h>
#include <sched.h>
#include <stdbool.h>

/* The calling thread runs on @cpu alone from now on; false, with errno: no. */
static inline bool pin_to_cpu(int cpu)
{
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE) {
		errno = EINVAL;
		return false;
	}
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

#endif
