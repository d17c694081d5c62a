/* SPDX-License-Identifier: MIT */
/*
 * The headers of an EFI program, as far as its sections are found by them:
 * Microsoft "PE Format", "MS-DOS Stub", "COFF File Header" and "Section Table".
 */
#ifndef ABI_PE_H
#define ABI_PE_H

#include <stdint.h>

#define PE_DOS_MAGIC	 0x5a4du     /* "MZ", the file's first two bytes */
#define PE_OFFSET_AT	 0x3cu	     /* of 32 bits: where pe_header is */
#define PE_MAGIC	 0x00004550u /* "PE", two zeros */
#define PE_MACHINE_AMD64 0x8664u
#define PE_MAX_SECTIONS	 96u
#define PE_NAME_BYTES	 8u

struct pe_header {
	uint32_t magic;		/*  0 */
	uint16_t machine;	/*  4 */
	uint16_t nr_sections;	/*  6 */
	uint32_t time;		/*  8 */
	uint32_t symbols;	/* 12 */
	uint32_t nr_symbols;	/* 16 */
	uint16_t optional_size; /* 20: of what lies before the sections */
	uint16_t flags;		/* 22 */
};
_Static_assert(sizeof(struct pe_header) == 24, "COFF file header");

struct pe_section {
	uint8_t name[PE_NAME_BYTES]; /*  0: a shorter one is followed by zeros
				      */
	uint32_t size;		     /*  8: without padding */
	uint32_t address;	     /* 12 */
	uint32_t file_size;	     /* 16: padded, or less than size */
	uint32_t file_offset;	     /* 20 */
	uint32_t relocations;	     /* 24 */
	uint32_t lines;		     /* 28 */
	uint16_t nr_relocations;     /* 32 */
	uint16_t nr_lines;	     /* 34 */
	uint32_t flags;		     /* 36 */
};
_Static_assert(sizeof(struct pe_section) == 40, "section header");

#endif
