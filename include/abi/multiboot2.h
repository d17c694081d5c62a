/* SPDX-License-Identifier: MIT */
/*
 * Multiboot2 Specification version 2.0: the header in the image (3.1) and what
 * a boot loader passes (3.6), the parts that the shim uses.
 */
#ifndef ABI_MULTIBOOT2_H
#define ABI_MULTIBOOT2_H

#define MULTIBOOT2_HEADER_MAGIC	    0xe85250d6
#define MULTIBOOT2_ARCHITECTURE_386 0
#define MULTIBOOT2_HEADER_ENTRY	    3
#define MULTIBOOT2_HEADER_ALIGN	    6 /* modules at whole pages */
#define MULTIBOOT2_HEADER_END	    0

#define MULTIBOOT2_BOOT_MAGIC 0x36d76289 /* in EAX */

#ifndef __ASSEMBLER__

#include <stdint.h>

/* Types of tags */
#define MULTIBOOT2_END	    0u
#define MULTIBOOT2_LINE	    1u
#define MULTIBOOT2_MODULE   3u
#define MULTIBOOT2_MAP	    6u
#define MULTIBOOT2_RSDP_OLD 14u /* a copy, 20 bytes */
#define MULTIBOOT2_RSDP_NEW 15u /* a copy, of its own length */
#define MULTIBOOT2_ALIGN    8u	/* of each tag */

struct multiboot2_info {
	uint32_t total_size; /* 0 */
	uint32_t reserved;   /* 4 */
};
_Static_assert(sizeof(struct multiboot2_info) == 8, "multiboot2 info");

struct multiboot2_tag {
	uint32_t type; /* 0 */
	uint32_t size; /* 4: without what aligns the next tag */
};
_Static_assert(sizeof(struct multiboot2_tag) == 8, "multiboot2 tag");

/* Behind the tag; a zero-terminated line follows. */
struct multiboot2_module {
	uint32_t start; /* 0 */
	uint32_t end;	/* 4: exclusive */
};
_Static_assert(sizeof(struct multiboot2_module) == 8, "multiboot2 module");

/* Behind the tag; entries follow. */
struct multiboot2_map {
	uint32_t entry_size;	/* 0: may grow */
	uint32_t entry_version; /* 4 */
};
_Static_assert(sizeof(struct multiboot2_map) == 8, "multiboot2 map");

struct multiboot2_map_entry {
	uint64_t start;	   /*  0 */
	uint64_t size;	   /*  8 */
	uint32_t type;	   /* 16: as in the ACPI specification */
	uint32_t reserved; /* 20 */
};
_Static_assert(sizeof(struct multiboot2_map_entry) == 24, "multiboot2 entry");

#endif
#endif
