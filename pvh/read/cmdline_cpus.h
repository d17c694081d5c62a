/* SPDX-License-Identifier: MIT */
/* The words of Linux's command line that limit its CPUs. Pure. */
#ifndef CMDLINE_CPUS_H
#define CMDLINE_CPUS_H

#include "lib/text.h"

#define CMDLINE_ALL_CPUS UINT32_MAX

struct cmdline_limit {
	uint32_t nr;	  /* of CPUs, 1 or more; CMDLINE_ALL_CPUS */
	struct text word; /* what says so; empty if nothing does */
};

/* How many CPUs a line lets Linux have. */
struct cmdline_cpus {
	struct cmdline_limit boots;    /* at boot: maxcpus=, nosmp */
	struct cmdline_limit possible; /* ever: nr_cpus=, possible_cpus= */
	bool no_smp; /* nosmp or maxcpus=0: 1 is all that is possible */
};

/*
 * What Linux makes of the words before a bare "--". After its kernel/smp.c,
 * arch/x86/kernel (possible_cpus=) and lib/cmdline.c.
 */
struct cmdline_cpus cmdline_cpus(struct text line);

#endif
