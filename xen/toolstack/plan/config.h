/* SPDX-License-Identifier: MIT */
/*
 * An xl config file as far as it decides what the shim finds: xl.cfg(5). Read
 * with libxlutil, as xl does; defaults and checks are those of xl and libxl
 * (tools/xl/xl_parse.c, tools/libs/light/libxl_create.c, libxl_vnuma.c).
 */
#ifndef PLAN_CONFIG_H
#define PLAN_CONFIG_H

#include "lines.h"
#include "lib/topology.h"
#include "source.h"

/* Xen common/domctl.c, vnuma_alloc(): the distances fit one page. */
#define CONFIG_MAX_VNODES 32

struct config_vnode {
	uint64_t size_bytes;
	uint64_t pnode;
	bool vcpu[TOPOLOGY_MAX_VCPUS]; /* by vCPU id */
	uint32_t distance[CONFIG_MAX_VNODES];
};

/* Strings are the config's, NULL if it has none. */
struct config {
	const char *name;
	const char *kernel, *ramdisk;
	bool pvshim;
	const char *pvshim_path;
	char *asked_path;      /* that, if it is of xen-sidecar (request.h) */
	char *shim_line;       /* command line with pvshim=1 */
	char *linux_line;      /* cmdline=, or root= and extra= */
	uint64_t memory_bytes; /* maxmem=, whole MiB */
	uint64_t have_bytes;   /* memory=, not more */
	uint32_t nr_vcpus;     /* maxvcpus= */
	uint32_t nr_enabled;   /* vcpus=: those that the guest may run */
	bool madt;	       /* apic=0 of a single vCPU leaves it out */
	bool x2apic, nx;       /* false: cpuid= takes it away */
	uint32_t nr_vnodes;    /* 0: no vnuma= */
	struct config_vnode vnode[CONFIG_MAX_VNODES];
	void *xlu; /* that the strings are in */
	struct source source;
};

enum config_error {
	CONFIG_OK,
	CONFIG_BAD,	/* unreadable, or a value that is none */
	CONFIG_REFUSED, /* xl, libxl or Xen refuse to create the guest */
};

/*
 * Reads @path, - for standard input, and then @words, KEY=VALUE each. On error
 * @why gets one line that names key and value; what the answer rests on but the
 * config does not contain goes to @notes.
 */
enum config_error config_read(struct config *c, const char *path,
			      char *const *words, uint32_t nr_words,
			      struct lines *notes, struct lines *why);
/* Adds @what to @to, with the line of the key that it begins with, "KEY: ". */
void config_report(const struct config *c, struct lines *to, const char *what);
void config_free(struct config *c);

#endif
