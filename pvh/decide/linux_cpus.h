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
	/* vCPU ids by Linux's CPU number: the enabled ones, in MADT order */
	uint32_t nr;
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

#endif
