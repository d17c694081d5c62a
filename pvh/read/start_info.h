/* SPDX-License-Identifier: MIT */
/*
 * Xen's start_info (Xen public arch-x86/hvm/start_info.h), the one that the
 * shim was entered with: reads and checks it. Pure: sees guest memory only
 * through guest_memory.
 */
#ifndef READ_START_INFO_H
#define READ_START_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/bootparam.h"
#include "guest_memory.h"
#include "lib/memmap.h"
#include "lib/text.h"

/* libxl passes two: Linux and its initrd. Proofs use fewer than this. */
#ifndef STARTINFO_MAX_MODULES
#define STARTINFO_MAX_MODULES 8
#endif
#define STARTINFO_MAX_CMDLINE 65536u /* with the zero */
#define STARTINFO_MAX_MEMMAP  (2u * MEMMAP_MAX)
struct startinfo_module {
	uint64_t pa, size;
	struct text cmdline; /* in guest memory; empty if there is none */
};

/* start_info, module list, memory map, and all command lines */
#define STARTINFO_MAX_TABLES (4 + STARTINFO_MAX_MODULES)

struct startinfo {
	uint32_t version;
	uint32_t nr_modules;
	struct startinfo_module module[STARTINFO_MAX_MODULES];
	struct text cmdline; /* the shim's own; in guest memory */
	uint64_t rsdp_pa;    /* unchecked: acpi_read() does it */
	bool has_memmap;
	bool multiboot2; /* it was no start_info: multiboot2.c */
	uint32_t nr_tables;
	struct range table[STARTINFO_MAX_TABLES]; /* exact, in use */
};

/*
 * Reads the start_info at @pa. @map is emptied and gets the memory map; if
 * there is none (has_memmap is false) the caller asks Xen for it. Texts are
 * mapped page by page: memory must come in whole pages. Call startinfo_check()
 * once the map is complete.
 */
struct error startinfo_read(struct startinfo *si, struct memmap *map,
			    struct guest_memory mem, uint64_t pa);
/* Adds @nr entries of XENMEM_memory_map's answer to @map. */
struct error startinfo_add_e820(struct memmap *map,
				const struct boot_e820_entry *e, uint32_t nr);
/*
 * Modules lie in RAM, apart from each other, from the tables and from @shim;
 * the tables lie in the map, apart from @shim.
 */
struct error startinfo_check(const struct startinfo *si,
			     const struct memmap *map, struct range shim);

#endif
