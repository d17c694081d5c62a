/* SPDX-License-Identifier: MIT */
/*
 * Fills the boot_params page that a bzImage is started with by the 64-bit
 * boot protocol (Linux Documentation/arch/x86/boot.rst). Pure.
 */
#ifndef BOOTPARAMS_H
#define BOOTPARAMS_H

#include "abi/bootparam.h"
#include "pvh/read/image.h"
#include "lib/memmap.h"

/* The largest block that bootparams_fill() can need beside its page. */
#define BOOTPARAMS_EXT_MAX                          \
	(sizeof(struct setup_data) +                \
	 (MEMMAP_MAX - E820_MAX_ENTRIES_ZEROPAGE) * \
		 sizeof(struct boot_e820_entry))

struct bootparams_request {
	const struct image *image;
	const uint8_t *file; /* that @image was parsed from */
	const struct memmap *map;
	uint64_t kernel_pa;  /* of the copied payload; image.load_size long */
	uint64_t cmdline_pa; /* at most image.cmdline_max bytes and a zero */
	uint64_t initrd_pa, initrd_size; /* size 0: none */
	uint64_t rsdp_pa;
	uint64_t page_pa; /* of the page being filled */
	/*
	 * Memory for SETUP_E820_EXT, which is used only if @map has more
	 * than E820_MAX_ENTRIES_ZEROPAGE ranges: RAM in @map, where Linux
	 * reads it from and then reserves it by itself.
	 */
	uint8_t *ext;
	uint64_t ext_pa;
	uint32_t ext_size;
};

/* Bytes of the ext block for a map of @nr_ranges; 0 if none is needed. */
uint32_t bootparams_ext_size(uint32_t nr_ranges);
/* Overwrites all of @bp, whose contents are undefined after an error. */
struct error bootparams_fill(struct boot_params *bp,
			     const struct bootparams_request *rq);

#endif
