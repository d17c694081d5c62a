/* SPDX-License-Identifier: MIT */
/* Shared by the files that build a guest: how far its memory is filled. */
#ifndef PLAN_GUEST_BUILDER_H
#define PLAN_GUEST_BUILDER_H

#include <stdint.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "guest.h"

/* xg_dom_x86.c: HVMLOADER_MODULE_MAX_COUNT */
#define MAX_MODULES 2u

struct builder {
	struct guest *g;
	const struct config *c;
	const struct host *h;
	struct lines *notes, *why;
	uint64_t low_end, high_end; /* of RAM; high_end 0: none above 4 GiB */
	uint64_t next; /* pfn_alloc_end: where the next segment goes */
	uint32_t nr_modules;
	struct hvm_modlist_entry module[MAX_MODULES];
	const char *module_line[MAX_MODULES];
};

/* Adds "@what: @value: @why" to b->why and returns false. */
bool guest_refuse(struct builder *b, const char *what, const char *value,
		  const char *why);
/*
 * Takes @size bytes from the next page on, as xc_dom_alloc_segment(); false,
 * with a line in b->why, if RAM below 4 GiB has no room.
 */
bool guest_take(struct builder *b, const char *what, const char *value,
		uint64_t size, uint64_t *pa);
/*
 * Memory at @pa with @bytes, malloc()ed and the guest's from now on, or zeros
 * if NULL. NULL if there are too many regions.
 */
uint8_t *guest_add(struct guest *g, uint64_t pa, uint64_t size, uint8_t *bytes);

/* ---- guest_load.c ---- */
/* Places shim, kernel and ramdisk. */
enum guest_error guest_load(struct builder *b);

#endif
