/* SPDX-License-Identifier: MIT */
/*
 * What GRUB's multiboot2 and module2 pass (Multiboot2 Specification 2.0, 3.6),
 * as the same struct that Xen's start_info becomes. Pure.
 */
#ifndef READ_MULTIBOOT2_H
#define READ_MULTIBOOT2_H

#include "start_info.h"

#define MULTIBOOT2_MAX_BYTES (1u << 20)
/* How much of the map's ACPI ranges is searched for the RSDP. */
#define MULTIBOOT2_MAX_SEARCH (4u << 20)

/*
 * Reads the information at @pa. @map is emptied and gets the memory map; if
 * there is none (has_memmap is false) the caller asks Xen for it, and then
 * calls multiboot2_find_rsdp() and startinfo_check().
 */
struct error multiboot2_read(struct startinfo *si, struct memmap *map,
			     struct guest_memory mem, uint64_t pa);
/*
 * The RSDP in the ranges of @map that are of ACPI's type, else the copy that
 * was passed, whose pages become memory of that type in @map. None: rsdp_pa
 * is 0, which acpi_read() has an error for.
 */
struct error multiboot2_find_rsdp(struct startinfo *si, struct memmap *map,
				  struct guest_memory mem);

#endif
