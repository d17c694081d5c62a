/* SPDX-License-Identifier: MIT */
/*
 * The page that Linux is started with and the header of its bzImage: the
 * members that the shim uses. Linux Documentation/arch/x86/boot.rst ("The
 * Real-Mode Kernel Header", offsets in the file) and zero-page.rst (offsets
 * in the page; the header has the same offset in both).
 */
#ifndef ABI_BOOTPARAM_H
#define ABI_BOOTPARAM_H

#include <stddef.h>
#include <stdint.h>

#define SETUP_HEADER_OFFSET    0x1f1u
#define SETUP_HEADER_MAGIC     0x53726448u /* "HdrS" */
#define SETUP_BOOT_FLAG	       0xaa55u
#define SETUP_JUMP	       0xebu
#define SETUP_JUMP_BASE	       0x202u /* what it is counted from */
#define SETUP_JUMP_MAX	       0x7fu  /* a jump forward: a signed byte */
#define SETUP_SECTOR	       512u
#define SETUP_SECTS_DEFAULT    4u  /* what setup_sects = 0 means */
#define SETUP_PARAGRAPH	       16u /* unit of syssize */
#define SETUP_VERSION_2_12     0x020cu
#define SETUP_ENTRY_64	       0x200u /* from the start of the 64-bit code */
#define SETUP_LOADER_UNDEFINED 0xffu

/* loadflags */
#define LOADED_HIGH  0x01u
#define CAN_USE_HEAP 0x80u

/* xloadflags */
#define XLF_KERNEL_64		   0x0001u
#define XLF_CAN_BE_LOADED_ABOVE_4G 0x0002u

/* As far as protocol 2.12 and the last member used; files have more. */
struct setup_header {
	uint8_t setup_sects;	    /* 0x1f1: sectors, without the first */
	uint8_t reserved0[2];	    /* 0x1f2 */
	uint32_t syssize;	    /* 0x1f4: paragraphs */
	uint8_t reserved1[6];	    /* 0x1f8 */
	uint16_t boot_flag;	    /* 0x1fe */
	uint8_t jump;		    /* 0x200 */
	uint8_t jump_offset;	    /* 0x201: from 0x202 to the header's end */
	uint32_t header;	    /* 0x202 */
	uint16_t version;	    /* 0x206 */
	uint8_t reserved2[8];	    /* 0x208 */
	uint8_t type_of_loader;	    /* 0x210 */
	uint8_t loadflags;	    /* 0x211 */
	uint8_t reserved3[2];	    /* 0x212 */
	uint32_t code32_start;	    /* 0x214 */
	uint32_t ramdisk_image;	    /* 0x218 */
	uint32_t ramdisk_size;	    /* 0x21c */
	uint8_t reserved4[6];	    /* 0x220 */
	uint8_t ext_loader_ver;	    /* 0x226 */
	uint8_t ext_loader_type;    /* 0x227 */
	uint32_t cmd_line_ptr;	    /* 0x228 */
	uint32_t initrd_addr_max;   /* 0x22c: of the last byte */
	uint32_t kernel_alignment;  /* 0x230 */
	uint8_t relocatable_kernel; /* 0x234 */
	uint8_t reserved5;	    /* 0x235 */
	uint16_t xloadflags;	    /* 0x236 */
	uint32_t cmdline_size;	    /* 0x238: without the zero */
	uint8_t reserved6[20];	    /* 0x23c */
	uint64_t setup_data;	    /* 0x250: first of a list */
	uint64_t pref_address;	    /* 0x258 */
	uint32_t init_size;	    /* 0x260 */
} __attribute__((packed));
_Static_assert(SETUP_HEADER_OFFSET + sizeof(struct setup_header) == 0x264,
	       "setup header");
_Static_assert(SETUP_HEADER_OFFSET + offsetof(struct setup_header, header) ==
		       0x202,
	       "setup header magic");

/* Also what XENMEM_memory_map answers with (Xen public/memory.h). */
struct boot_e820_entry {
	uint64_t addr; /*  0 */
	uint64_t size; /*  8 */
	uint32_t type; /* 16 */
} __attribute__((packed));
_Static_assert(sizeof(struct boot_e820_entry) == 20, "e820 entry");

#define E820_MAX_ENTRIES_ZEROPAGE 128u

#define SETUP_E820_EXT 1u

struct setup_data {
	uint64_t next; /*  0: 0 ends the list */
	uint32_t type; /*  8 */
	uint32_t len;  /* 12: of the data that follows */
};
_Static_assert(sizeof(struct setup_data) == 16, "setup_data");

struct boot_params {
	uint8_t reserved0[0x70];
	uint64_t acpi_rsdp_addr; /* 0x070 */
	uint8_t reserved1[0xc0 - 0x78];
	uint32_t ext_ramdisk_image; /* 0x0c0 */
	uint32_t ext_ramdisk_size;  /* 0x0c4 */
	uint32_t ext_cmd_line_ptr;  /* 0x0c8 */
	uint8_t reserved2[0x1e8 - 0xcc];
	uint8_t e820_entries; /* 0x1e8 */
	uint8_t reserved3[0x1ef - 0x1e9];
	uint8_t sentinel; /* 0x1ef: 0, or Linux discards much of the page */
	uint8_t reserved4;
	struct setup_header hdr;	 /* 0x1f1 */
	uint8_t hdr_rest[0x290 - 0x264]; /* 0x264: of later protocols */
	uint8_t reserved5[0x2d0 - 0x290];
	struct boot_e820_entry
		e820_table[E820_MAX_ENTRIES_ZEROPAGE]; /* 0x2d0 */
	uint8_t reserved6[0x1000 - 0xcd0];
} __attribute__((packed));
_Static_assert(sizeof(struct boot_params) == 4096, "boot_params");
_Static_assert(offsetof(struct boot_params, hdr) == SETUP_HEADER_OFFSET, "hdr");
_Static_assert(offsetof(struct boot_params, sentinel) == 0x1ef, "sentinel");
_Static_assert(offsetof(struct boot_params, e820_table) == 0x2d0, "e820");

/* Bytes of the page that the longest possible header fills. */
#define SETUP_HEADER_MAX \
	(SETUP_JUMP_BASE + SETUP_JUMP_MAX - SETUP_HEADER_OFFSET)
_Static_assert(SETUP_HEADER_OFFSET + SETUP_HEADER_MAX <=
		       offsetof(struct boot_params, reserved5),
	       "a header fits in front of what follows it");

#endif
