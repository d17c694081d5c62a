/* SPDX-License-Identifier: MIT */
/* Where Linux has what libsidecar reads; a test has a tree of its own. */
#ifndef PATHS_H
#define PATHS_H

/* Folders without a slash at their end. */
struct paths {
	const char *tables;	/* /sys/firmware/acpi/tables */
	const char *cpus;	/* /sys/devices/system/cpu */
	const char *cpuinfo;	/* /proc/cpuinfo */
	const char *softirqs;	/* /proc/softirqs */
	const char *mem;	/* /dev/mem */
	const char *privcmd;	/* /dev/xen/privcmd */
	const char *msr;	/* /dev/cpu/0/msr */
	const char *msr_writes; /* /sys/module/msr/parameters/allow_writes */
	const char *locks;	/* /run/sidecar; made if it is not there */
	const char *evtchn;	/* /dev/xen/evtchn; NULL: none */
	const char *driver;	/* /dev/sidecar; NULL: none */
};

#endif
