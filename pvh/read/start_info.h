/* SPDX-License-Identifier: MIT */
/*
 * Xen's start_info (Xen public arch-x86/hvm/start_info.h), the one that the
 * shim was entered with: reads and checks it. Pure: sees guest memory only
 * through acpi_memory.
 */
#ifndef READ_START_INFO_H
#define READ_START_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/bootparam.h"
#include "acpi.h"
#include "lib/memmap.h"
#include "lib/text.h"

/* libxl passes two: Linux and its initrd. */
#define STARTINFO_MAX_MODULES 8
#define STARTINFO_MAX_CMDLINE 65536u /* with the zero */
#define STARTINFO_MAX_MEMMAP  (2u * MEMMAP_MAX)
/* In brackets: the value to name. */
enum startinfo_error {
	STARTINFO_OK,
	STARTINFO_UNREADABLE,	    /* not in memory [its address] */
	STARTINFO_BAD_MAGIC,	    /* [what was there] */
	STARTINFO_TOO_MANY_MODULES, /* [how many] */
	STARTINFO_BAD_MODLIST,	    /* not in memory [address] */
	STARTINFO_BAD_CMDLINE,	    /* not in memory [address] */
	STARTINFO_LONG_CMDLINE,	    /* no zero found [address] */
	STARTINFO_BAD_COUNT,	    /* too many memory map entries [count] */
	STARTINFO_BAD_MEMMAP,	    /* table not in memory [address] */
	STARTINFO_MEMMAP_FULL,	    /* as memmap_error [entry's address] */
	STARTINFO_MEMMAP_WRAPS,
	STARTINFO_MEMMAP_OVERLAP,
	STARTINFO_EMPTY_MODULE,	   /* [its number] */
	STARTINFO_TABLE_OUTSIDE,   /* not in the memory map [address] */
	STARTINFO_MODULE_NOT_RAM,  /* [its address] */
	STARTINFO_MODULE_OVERLAP,  /* a module or table [module's address] */
	STARTINFO_SHIM_OVERLAP,	   /* lies in the shim [address] */
	STARTINFO_NO_ROOM,	   /* the buffer is too small [bytes needed] */
	STARTINFO_TOO_MANY_RANGES, /* for a PVH kernel [how many] */
	STARTINFO_ABOVE_4G,	   /* a PVH kernel cannot use it [address] */
};
const char *startinfo_error_text(enum startinfo_error e);

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
	uint32_t nr_tables;
	struct range table[STARTINFO_MAX_TABLES]; /* exact, in use */
};

/*
 * Reads the start_info at @pa. @map is emptied and gets the memory map; if
 * there is none (has_memmap is false) the caller fills it from Xen instead.
 * Texts are mapped page by page: memory must come in whole pages. @bad is
 * set if there is an error. Call startinfo_check() once the map is there.
 */
enum startinfo_error startinfo_read(struct startinfo *si, struct memmap *map,
				    struct acpi_memory mem, uint64_t pa,
				    uint64_t *bad);
/* Adds @nr entries of XENMEM_memory_map's answer to @map. */
enum startinfo_error startinfo_add_e820(struct memmap *map,
					const struct boot_e820_entry *e,
					uint32_t nr, uint64_t *bad);
/*
 * Modules lie in RAM, apart from each other, from the tables and from @shim;
 * the tables lie in the map, apart from @shim.
 */
enum startinfo_error startinfo_check(const struct startinfo *si,
				     const struct memmap *map,
				     struct range shim, uint64_t *bad);

#endif
