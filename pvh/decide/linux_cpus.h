/* SPDX-License-Identifier: MIT */
/*
 * Which vCPUs Linux has, by its own numbers, and which of them it boots: the
 * plan's choice, unless the command line says otherwise. Pure.
 */
#ifndef LINUX_CPUS_H
#define LINUX_CPUS_H

#include "pvh/read/cmdline_cpus.h"
#include "sidecar/plan.h"

struct linux_cpus {
	/*
	 * vCPU ids by Linux's CPU number: the enabled ones, in MADT order.
	 * From nr_at_boot on they are hot-added, and the number is not sure.
	 */
	uint32_t nr, nr_at_boot;
	uint32_t vcpu[TOPOLOGY_MAX_VCPUS];
	/* Linux's numbers of those that the plan boots, ascending */
	uint32_t nr_listed;
	uint32_t listed[TOPOLOGY_MAX_VCPUS];
	/* Of linux_cpus_limit(): */
	struct cmdline_cpus words; /* the user's; they lie in the line */
	uint32_t nr_possible;	   /* Linux can ever use this many: the first */
	uint32_t nr_boots;	   /* Linux boots this many: the first */
	/* and this many, the first of listed[], if it implements boot_cpus= */
	uint32_t nr_boots_listed;
};

/*
 * Numbers the enabled vCPUs: in @p's order, or if not @reorder as @madt has
 * them, nr_madt ids (0: there is no MADT).
 */
void linux_cpus_number(struct linux_cpus *c, const struct plan *p, bool reorder,
		       const uint32_t *madt, uint32_t nr_madt);
/*
 * Applies Linux's whole command line. Its maxcpus= is the user's word unless
 * @ours.
 */
void linux_cpus_limit(struct linux_cpus *c, struct text line, bool ours);
/*
 * Then: Linux boots the listed ones, or as many as the user's maxcpus= says if
 * that is more, and hot-adds all others. Linux 6.1 numbers these in the order
 * of the DSDT, 6.12 by APIC id: both ascend with the vCPU id, as the plan's
 * order does. It counts those in between that the host has not enabled.
 */
void linux_cpus_hot_add(struct linux_cpus *c);

#endif
