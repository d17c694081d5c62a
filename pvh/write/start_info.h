/* SPDX-License-Identifier: MIT */
/*
 * Builds a start_info for a PVH kernel (Xen public
 * arch-x86/hvm/start_info.h). Pure.
 */
#ifndef WRITE_START_INFO_H
#define WRITE_START_INFO_H

#include "abi/bootparam.h"
#include "lib/memmap.h"
#include "pvh/read/start_info.h"

/*
 * Linux copies a PVH memory map to boot_params without looking at its size; its
 * own entry (ISA) goes after it only where there is room
 * (init_pvh_bootparams()).
 */
#define STARTINFO_MAX_WRITE E820_MAX_ENTRIES_ZEROPAGE

struct startinfo_build {
	const struct memmap *map;
	uint64_t cmdline_pa;		 /* zero-terminated there; 0: none */
	uint64_t initrd_pa, initrd_size; /* size 0: none */
	uint64_t rsdp_pa;
	uint8_t *out; /* start_info comes first, then modules and map */
	uint64_t out_pa;
	uint32_t out_size; /* one page is always enough */
};

/* Builds a start_info of version 1. */
struct error startinfo_write(const struct startinfo_build *b);

#endif
