/* SPDX-License-Identifier: MIT */
/*
 * Everything that is decided before the first vCPU starts: where the kernel,
 * the initrd and the kept memory go, the plan, the memory map and the command
 * line for Linux. Pure: the shim carries the decision out, sidecar-plan prints
 * it.
 */
#ifndef DECIDE_H
#define DECIDE_H

#include "pvh/read/acpi.h"
#include "cmdline.h"
#include "pvh/read/image.h"
#include "linux_cpus.h"
#include "pvh/read/options.h"
#include "sidecar/plan.h"

/* Kept for Linux's lifetime: ACPI tables, then the boot log. */
#define DECIDE_ACPI_BYTES 65536u
#define DECIDE_LOG_BYTES  32768u
#define DECIDE_KEPT_BYTES (DECIDE_ACPI_BYTES + DECIDE_LOG_BYTES)
/*
 * Besides kernel and initrd, 1/8 of the RAM in the map is reserved for Linux's
 * boot, which needs less.
 */
#define DECIDE_RESERVED_PART 8u
/*
 * For a kernel at the shim's own place, which is copied last: a page of code, a
 * page for its start_info, and its command line.
 */
#define DECIDE_LEAVE_BYTES (2 * PAGE_SIZE + DECIDE_LINE_BYTES)
/* Room for the longest line that start_info may have, and our words. */
#define DECIDE_LINE_BYTES 69632u

struct decide_request {
	const struct memmap *map; /* Xen's */
	/* until Linux runs: shim, ACPI tables, modules beyond the initrd */
	const struct ranges *used;
	struct range shim; /* one of them; starts with a page */
	/* until Linux is placed: start_info, module list, map, command lines */
	const struct ranges *start_info;
	const struct topology *topology;
	const struct options *options;
	const struct image *image;
	struct range kernel_file; /* the file that @image was read from */
	struct range initrd;	  /* empty if there is none */
	struct text user_line;	  /* Linux's own; zero-terminated */
	/* vCPU ids of the MADT's enabled entries, as they stand there */
	const uint32_t *madt;
	uint32_t nr_madt;
	const void *dsdt; /* NULL: there is none */
	uint32_t dsdt_length;
	bool acpi_ok; /* the MADT is readable; without it there is no sidecar */
	bool x2apic, nx;
	uint32_t node_pages, vcpu_pages; /* as in plan_request */
	uint64_t owed_bytes; /* RAM in the map that the guest does not have */
};

/* Why Linux hot-adds parked vCPUs; or that maxcpus= keeps them parked. */
enum decide_hot_add {
	DECIDE_MAXCPUS,
	DECIDE_HOT_ADD_OPTION,	/* sidecar.park=hotplug */
	DECIDE_HOT_ADD_LOADER,	/* the kernel is no Linux: its line is not ours
				 */
	DECIDE_HOT_ADD_NO_ROOM, /* Linux's line has no room for our words */
};
#define DECIDE_HAS_PROCESSORS UINT32_MAX

struct decision {
	uint64_t kernel_pa;
	uint64_t file_pa; /* where to copy from; moved there if not in place */
	uint64_t initrd_pa; /* moved there if it differs from the request */
	bool initrd_last;   /* it is moved when the kernel is in place */
	/* DECIDE_LEAVE_BYTES; 0: the shim is not in the kernel's way */
	uint64_t leave_pa;
	uint64_t kept_pa;    /* of DECIDE_KEPT_BYTES; 0 if there is no room */
	uint64_t low_pa;     /* 0 if there is no room */
	bool page_0_is_free; /* RAM and nobody's: for a vector of real mode */
	struct plan plan;
	struct memmap linux_map;
	struct text line; /* zero-terminated */
	struct linux_cpus cpus;
	enum decide_hot_add hot_add;	    /* if the plan is on */
	bool hot_added[TOPOLOGY_MAX_VCPUS]; /* by vCPU id */
	/* Parked, to be hot-added and not in the DSDT; DECIDE_HAS_PROCESSORS */
	uint32_t missing_processor;
	bool base_first;   /* the MADT's order is the plan's */
	bool tail_dropped; /* even without our words it was too long */
	uint64_t line_needed;
	char line_buffer[DECIDE_LINE_BYTES];
	/* working memory */
	struct ranges used;
	struct range free[TOPOLOGY_MAX_VNODES];
	uint64_t owed_bytes[TOPOLOGY_MAX_VNODES];
	uint64_t reserved_bytes[TOPOLOGY_MAX_VNODES];
};

/* On error nothing can be booted. */
struct error decide(struct decision *d, const struct decide_request *rq);
/* Decides again without a sidecar: plan, map and command line. */
struct error decide_without(struct decision *d, const struct decide_request *rq,
			    struct error why);
/* The same, and Linux gets Xen's memory map: nothing is kept. */
struct error decide_without_kept(struct decision *d,
				 const struct decide_request *rq,
				 struct error why);

#endif
