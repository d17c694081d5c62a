/* SPDX-License-Identifier: MIT */
/* What the shim knows about its guest. Each stage adds its part. */
#ifndef BOOT_H
#define BOOT_H

#include "abi/layout.h"
#include "pvh/decide/decide.h"
#include "shim.h"
#include "sidecar/start.h"
#include "pvh/read/multiboot2.h"
#include "pvh/read/uki.h"

#define BOOT_STAGES 9u

/* What module 0 was, if it was a unified kernel image. */
struct boot_uki {
	uint8_t *file; /* NULL: another image */
	struct uki parts;
	bool given_line, given_initrd; /* beside it, and used */
};

struct boot {
	uint64_t start_info_pa; /* or multiboot2 information */
	bool multiboot2;	/* who entered the shim passed that */
	uint32_t multiboot2_magic;
	uint64_t entry_tsc;
	uint64_t stage_tsc[BOOT_STAGES]; /* at the end of each */
	struct range shim;		 /* the memory it was loaded to */
	struct xen_info xen;
	struct startinfo si;
	struct boot_uki uki;
	struct memmap map;
	struct ranges used, start_info; /* as in decide_request */
	struct options options;
	struct acpi_tables acpi;
	bool acpi_ok; /* libxl's tables are readable */
	uint32_t nr_madt, madt[TOPOLOGY_MAX_VCPUS]; /* as in decide_request */
	/* RAM in the map that Xen does not back: Linux's balloon returns it */
	uint64_t owed_bytes;
	struct topology topology;
	bool numa; /* the topology is Xen's or the user's, and valid */
	struct image image;
	struct decide_request request;
	struct decision decision;
	struct start start;
	uint8_t *kept;	  /* DECIDE_KEPT_BYTES, NULL if there are none */
	uint64_t rsdp_pa; /* for Linux */
};

struct stage {
	const char *name;
	void (*run)(struct boot *b);
};

/* ---- stages.c: 2 to 8, in the order of main.c ---- */
void stage_xen(struct boot *b);
void stage_start_info(struct boot *b);
void stage_memory(struct boot *b);
void stage_topology(struct boot *b);
void stage_plan(struct boot *b);
void stage_sidecar(struct boot *b);
void stage_acpi(struct boot *b);

/* ---- stages_uki.c: for stage_start_info() ---- */
/* Puts the parts of a unified kernel image in the place of modules. */
void uki_unpack(struct boot *b);
void report_uki(const struct boot *b);

/* ---- stages_linux.c: 9 to 11 ---- */
void stage_linux(struct boot *b);
void stage_wait(struct boot *b);
__attribute__((noreturn)) void stage_jump(struct boot *b);

/* ---- report.c: what the plan and its outcome look like in the log ---- */
struct report_text {
	char s[224];
};
/*
 * Each writes to @to and returns its text. What is wrong, and with what:
 * "no MADT: 0x0".
 */
const char *report_error(struct report_text *to, struct error e);
/* What a hypercall returned: "-22 (EINVAL)". */
const char *report_xen_error(struct report_text *to, long error);
/* "all 8 vCPUs", "1 of 8 vCPUs", without a sidecar. */
const char *report_boots(struct report_text *to, const struct decision *d);
void report_options(const struct options *o);
void report_topology(const struct boot *b);
void report_plan(const struct boot *b);
void report_start(const struct boot *b);
void report_parked(const struct boot *b);
void report_acpi(const struct boot *b, uint32_t bytes);
void report_linux(const struct boot *b);
void report_stages(const struct boot *b, const struct stage *stage);

#endif
