/* SPDX-License-Identifier: MIT */
/*
 * The shim's own options: the words before the first bare "--" of its command
 * line. Pure. Documented for users in docs/man/xen-pvh-shim.7.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "sidecar/plan.h"
#include "lib/text.h"
#include "lib/topology.h"

#define OPTIONS_MAX_BAD		32
#define OPTIONS_SCRATCH_DEFAULT (2u << 20)

/* How parked vCPUs are kept out of Linux's boot. */
enum options_park {
	OPTIONS_PARK_AUTO,    /* the second way only where there is no first */
	OPTIONS_PARK_MAXCPUS, /* at the end of the MADT, and maxcpus= */
	OPTIONS_PARK_HOTPLUG, /* disabled MADT entries, which Linux hot-adds */
};

struct options {
	bool sidecar;		/* sidecar=on|log (default), off */
	bool log;		/* sidecar=log */
	bool keep_cpu_order;	/* sidecar.cpu_order=keep; default base-first */
	enum options_park park; /* sidecar.park=, default auto */
	uint32_t node_max;	/* sidecar.node_max=1..32, default 32 */
	uint64_t
		scratch_bytes; /* sidecar.scratch=SIZE, whole pages, per node */
	uint64_t shared_bytes; /* sidecar.shared=SIZE, whole units, per node */
	struct text vnuma;     /* sidecar.vnuma=, empty if not given */
	struct text vdistances; /* sidecar.vdistances= */
	/* sidecar.linux_cpus=LIST (ids and a-b ranges joined by ','): vCPUs */
	bool linux_vcpu[TOPOLOGY_MAX_VCPUS];
	struct text tail; /* what follows " -- ": for Linux's command line */
	/* Words that were unknown or bad; the first OPTIONS_MAX_BAD of them. */
	uint32_t nr_bad; /* may exceed OPTIONS_MAX_BAD */
	struct text bad[OPTIONS_MAX_BAD];
};

/* Parses @line; never fails: bad words are listed and leave the default. */
void options_parse(struct options *o, struct text line);

/* "SIDECAR_LOGGING=1" is a word of Linux's @line. */
bool options_wants_log(struct text line);

#endif
