/* SPDX-License-Identifier: MIT */
/*
 * Errors as values: a code, and the value that is printed with it. Pure code
 * returns them, report.c prints them. Pure.
 */
#ifndef ERROR_H
#define ERROR_H

#include <stdint.h>

#include "text.h"

/* [x]: the value that is printed with the message. */
enum __attribute__((packed)) error_code {
	ERROR_NONE,

	/* lib/memmap.c [start of the range] */
	MEMMAP_FULL,	/* more than MEMMAP_MAX entries */
	MEMMAP_WRAPS,	/* start + size passes 2^64, or end above 2^52 */
	MEMMAP_OVERLAP, /* two entries of different type overlap */

	/* start_info.c, of pvh/read/ and pvh/write/ */
	STARTINFO_UNREADABLE,	    /* not in memory [its address] */
	STARTINFO_BAD_MAGIC,	    /* [what was there] */
	STARTINFO_TOO_MANY_MODULES, /* [how many] */
	STARTINFO_BAD_MODLIST,	    /* not in memory [address] */
	STARTINFO_BAD_CMDLINE,	    /* not in memory [address] */
	STARTINFO_LONG_CMDLINE,	    /* no zero found [address] */
	STARTINFO_BAD_COUNT,	    /* too many memory map entries [count] */
	STARTINFO_BAD_MEMMAP,	    /* table not in memory [address] */
	STARTINFO_EMPTY_MODULE,	    /* [its number] */
	STARTINFO_TABLE_OUTSIDE,    /* not in the memory map [address] */
	STARTINFO_MODULE_NOT_RAM,   /* [its address] */
	STARTINFO_MODULE_OVERLAP,   /* a module or table [module's address] */
	STARTINFO_SHIM_OVERLAP,	    /* lies in the shim [address] */
	STARTINFO_NO_ROOM,	    /* the buffer is too small [bytes needed] */
	STARTINFO_TOO_MANY_RANGES,  /* for a PVH kernel [how many] */
	STARTINFO_ABOVE_4G,	    /* a PVH kernel cannot use it [address] */

	/* pvh/read/multiboot2.c */
	MULTIBOOT2_UNREADABLE, /* not in memory [its address] */
	MULTIBOOT2_BAD_SIZE,   /* [its size in bytes] */
	MULTIBOOT2_BAD_TAG,    /* too short or too long [its address] */
	MULTIBOOT2_NO_END,     /* no tag of that type [its address] */
	MULTIBOOT2_BAD_MAGIC,  /* another in EAX [that] */

	/* acpi.c, of pvh/read/ and pvh/write/ */
	ACPI_NO_RSDP,	/* not in memory, wrong signature or checksum */
	ACPI_NO_XSDT,	/* the same, of the XSDT (or RSDT) */
	ACPI_BAD_TABLE, /* a table's length or checksum */
	ACPI_TOO_MANY,	/* more tables than ACPI_MAX_TABLES */
	ACPI_NO_MADT,
	ACPI_BAD_MADT,	 /* an entry's length, or the broadcast APIC id */
	ACPI_VCPU_RANGE, /* a uid at or above TOPOLOGY_MAX_VCPUS */
	ACPI_VCPU_TWICE, /* two entries with one uid or one APIC id */
	ACPI_NO_VCPU0,	 /* vCPU 0 missing or not enabled */
	ACPI_NO_ROOM,	 /* the output buffer is too small */

	/* pvh/read/topology*.c */
	TOPOLOGY_TOO_MANY_VNODES,
	TOPOLOGY_TOO_MANY_RANGES,
	TOPOLOGY_TOO_MANY_VCPUS,
	TOPOLOGY_BAD_VNODE, /* a vCPU or range names a vnode beyond the last */
	TOPOLOGY_BAD_DISTANCE, /* not 10 on the diagonal, or not 11-254 off it
				*/
	TOPOLOGY_BAD_RANGE,    /* ends before its start or overlaps another */
	TOPOLOGY_NOT_COVERED,  /* RAM that belongs to no vnode */
	TOPOLOGY_VCPU_MISSING, /* an enabled vCPU belongs to no vnode */
	TOPOLOGY_VCPU_TWICE,
	TOPOLOGY_BAD_VCPU,   /* the command line names one beyond the last */
	TOPOLOGY_NO_VNODE,   /* nothing where the command line must have one */
	TOPOLOGY_BAD_SYNTAX, /* of a vnode */
	TOPOLOGY_BAD_SIZE,
	TOPOLOGY_NO_UNIT,
	TOPOLOGY_BAD_LIST,
	TOPOLOGY_NO_DISTANCE, /* no number where one of the list has to be */
	TOPOLOGY_MORE_DISTANCES,
	TOPOLOGY_SUM_TOO_LARGE, /* more than the guest's RAM [bytes] */

	/* pvh/read/image.c */
	IMAGE_TOO_SMALL,
	IMAGE_UNKNOWN,	    /* neither bzImage nor ELF */
	IMAGE_PACKED,	    /* a file that was compressed as a whole */
	IMAGE_OLD_PROTOCOL, /* boot protocol below 2.12 */
	IMAGE_NO_64BIT,	    /* xloadflags without XLF_KERNEL_64 */
	IMAGE_TRUNCATED,    /* shorter than its headers say */
	IMAGE_BAD_ELF,	    /* class, machine, type or header sizes */
	IMAGE_NO_NOTE,	    /* no PVH entry note */
	IMAGE_BAD_SEGMENT,  /* wraps, above 4 GiB, overlaps, too many */
	IMAGE_BAD_ENTRY,    /* entry point outside the loaded segments */
	IMAGE_BAD_HEADER,   /* alignment, init_size or addresses are absurd */

	/* pvh/read/uki.c */
	UKI_OTHER_MACHINE, /* [PE's number of it] */
	UKI_MANY_SECTIONS, /* [how many] */
	UKI_TRUNCATED,	   /* a section ends after the file [its end] */
	UKI_OVERLAP,	   /* two sections do [offset of one] */
	UKI_NO_LINUX,	   /* no .linux, or an empty one */

	/* pvh/decide/ */
	DECIDE_NO_KERNEL_ROOM, /* no RAM for the kernel's load_size */
	/* of a kernel that runs at one place only [its address] */
	DECIDE_KERNEL_NOT_RAM,
	DECIDE_KERNEL_ON_TABLES, /* ACPI tables or a further module */
	DECIDE_NO_LEAVE_ROOM,	 /* for what copies a kernel over the shim */
	DECIDE_NO_INITRD_ROOM,
	DECIDE_NO_STAGING_ROOM, /* the file must move, and there is no room */
	DECIDE_MAP_TOO_LARGE,	/* Xen's own map, for a PVH kernel */
	/* these turn the sidecar off */
	DECIDE_NO_ACPI,	     /* the MADT could not be read */
	DECIDE_NO_KEPT_ROOM, /* [bytes] */
	DECIDE_MANY_RANGES,  /* in Linux's map [ranges] */
	DECIDE_LONG_CMDLINE, /* [characters of the whole] */
	DECIDE_NO_XEN_MAP,   /* Xen does not answer with Linux's map */

	/* pvh/write/boot_params.c */
	BOOTPARAMS_NOT_BZIMAGE, /* [image_kind] */
	BOOTPARAMS_ABOVE_4G,	/* the kernel takes nothing there [address] */
	BOOTPARAMS_INITRD_HIGH, /* above image.initrd_max [last byte] */
	BOOTPARAMS_WRAPS,	/* address + size passes 2^64 [address] */
	BOOTPARAMS_NO_ROOM,	/* ext_size is too small [bytes needed] */

	/* the shim's stages */
	START_NONE, /* no vCPU of the sidecar could be started */
};
/* Without the value. */
const char *error_text(enum error_code code);

enum __attribute__((packed)) error_kind {
	ERROR_PLAIN, /* there is no value */
	ERROR_NUMBER,
	ERROR_HEX, /* an address, a magic number */
	ERROR_BYTES,
	ERROR_RANGES,
	ERROR_CHARACTERS,
	ERROR_DISTANCE,		/* a number, from vnode @from to @to */
	ERROR_WORD,		/* @word, of vnode @from */
	ERROR_WORD_OF_DISTANCE, /* @word, from vnode @from to @to */
};

/* Small, so that functions return it in two registers. */
struct error {
	enum error_code code; /* ERROR_NONE: nothing went wrong */
	enum error_kind kind;
	uint16_t word_len; /* at most: a longer word is cut */
	uint16_t from, to;
	union {
		uint64_t value;
		const char *word; /* a part of what the caller gave */
	};
};
_Static_assert(sizeof(struct error) == 16, "two registers");

#define NO_ERROR ((struct error){.code = ERROR_NONE})

static inline struct error error_plain(enum error_code code)
{
	return (struct error){.code = code};
}

static inline struct error error_of(enum error_code code, enum error_kind kind,
				    uint64_t value)
{
	return (struct error){.code = code, .kind = kind, .value = value};
}

static inline struct error error_number(enum error_code code, uint64_t value)
{
	return error_of(code, ERROR_NUMBER, value);
}

static inline struct error error_hex(enum error_code code, uint64_t value)
{
	return error_of(code, ERROR_HEX, value);
}

static inline struct error error_word(enum error_code code, struct text word,
				      uint32_t vnode)
{
	return (struct error){
		.code = code,
		.kind = ERROR_WORD,
		.word_len = (uint16_t)(word.len < UINT16_MAX ? word.len
							     : UINT16_MAX),
		.from = (uint16_t)vnode,
		.word = word.p,
	};
}

#endif
