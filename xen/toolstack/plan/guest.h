/* SPDX-License-Identifier: MIT */
/*
 * A PVH guest as xl makes it of a config, before its first instruction: what
 * is where in its memory, and what Xen knows of it. After tools/libs/light/
 * (libxl_dom.c libxl__build_hvm(), libxl_x86.c domain_construct_memmap(),
 * libxl_x86_acpi.c, libxl_vnuma.c) and tools/libs/guest/ (xg_dom_core.c
 * xc_dom_build_image(), xg_dom_x86.c bootlate_hvm()) of Xen 4.17 to 4.20.
 */
#ifndef PLAN_GUEST_H
#define PLAN_GUEST_H

#include "config.h"
#include "lib/memmap.h"
#include "xen/guest/xen_guest.h"

#define GUEST_MAX_REGIONS 16

/* What a config does not contain. */
struct host {
	uint32_t xen_minor; /* of Xen 4.x, 17 or more */
	bool x2apic, nx;    /* offered to guests */
	const char *root;   /* kernel, ramdisk and shim are below it, or NULL */
	char **words;	    /* KEY=VALUE each: they win over the config */
	uint32_t nr_words;
};

struct guest {
	struct range shim;
	uint64_t start_info_pa;
	uint64_t have_bytes; /* memory=, what of RAM Xen fills */
	/* Memory that is looked at; all else is free RAM or nothing. */
	uint32_t nr_regions;
	struct guest_region {
		uint64_t pa, size_bytes;
		uint8_t *bytes;
	} region[GUEST_MAX_REGIONS];
	struct xen_info xen;
	struct xen_vnuma vnuma; /* nr_vnodes is 0 if there is none */
	struct lines missing;	/* KEY=PATH of files that are not here */
};

enum guest_error {
	GUEST_OK,
	GUEST_REFUSED, /* libxl or Xen cannot build it */
	GUEST_NO_SHIM, /* what it starts is not this shim */
};

/* @why and @notes as with config_read(). */
enum guest_error guest_build(struct guest *g, const struct config *c,
			     const struct host *h, struct lines *notes,
			     struct lines *why);
/*
 * [pa, pa + size) as the shim sees it; RAM that nobody wrote reads as zeros.
 * NULL if it is not all in one region and there is no room for another.
 */
void *guest_at(struct guest *g, uint64_t pa, uint64_t size_bytes);
void guest_free(struct guest *g);

#endif
