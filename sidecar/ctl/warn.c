/* SPDX-License-Identifier: MIT */
/*
 * Warnings for the user of jobs.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "warn.h"

void warn_none_idle(void)
{
	fprintf(stderr,
		"sidecarctl: no vCPU is idle: end a job with stop, or take a CPU from Linux with return\n");
}

/* 0 if it cannot be read. */
static uint32_t read_number(const char *path)
{
	FILE *f = fopen(path, "r");
	uint32_t n;

	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu32, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static bool xen_is_old(void)
{
	uint32_t major = read_number("/sys/hypervisor/version/major");
	uint32_t minor = read_number("/sys/hypervisor/version/minor");

	return major < 4 || (major == 4 && minor < 18);
}

void warn_never_in_linux(uint32_t nr)
{
	if (!xen_is_old())
		return;
	fprintf(stderr,
		"sidecarctl: CPUs never online in Linux so far: %" PRIu32
		"; before Xen 4.18, onlining one through sysfs or udev while the job runs panics Linux; use --prepare\n",
		nr);
}
