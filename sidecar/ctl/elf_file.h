/* SPDX-License-Identifier: MIT */
/*
 * An ELF64 file for x86-64 in memory, of anybody: nothing of it is used that is
 * not within its bytes.
 */
#ifndef ELF_FILE_H
#define ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
	const uint8_t *p;
	size_t bytes;
	Elf64_Ehdr h;
};

/* It begins as an ELF of any kind does. */
bool elf_file_is(const void *p, size_t bytes);
/* False, with a reason, if it is none, or none for x86-64. */
bool elf_file_open(struct elf_file *f, const void *p, size_t bytes,
		   const char **why);
/* @n bytes at @offset; NULL if they are not there. */
const void *elf_file_at(const struct elf_file *f, uint64_t offset, uint64_t n);
/* False if there is no such entry in the file. */
bool elf_file_segment(const struct elf_file *f, uint32_t i, Elf64_Phdr *to);
bool elf_file_section(const struct elf_file *f, uint32_t i, Elf64_Shdr *to);
/*
 * The function that has @address, cut to @size bytes and printable, and how far
 * into it that is; false if there is none.
 */
bool elf_file_function(const struct elf_file *f, uint64_t address, char *name,
		       size_t size, uint64_t *offset);

#endif
