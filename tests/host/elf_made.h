/* SPDX-License-Identifier: MIT */
/*
 * An ELF as a linker makes it of a job, small: one segment, two functions.
 */
#ifndef ELF_MADE_H
#define ELF_MADE_H

#include <elf.h>
#include <string.h>

#include "abi/job.h"

#define MADE_TEXT 64u

struct elf_made {
	Elf64_Ehdr h;
	Elf64_Phdr segment;
	uint8_t text[MADE_TEXT];
	Elf64_Sym symbol[4];
	char names[24];
	Elf64_Shdr section[3];
};

static inline Elf64_Sym made_symbol(uint32_t name, uint64_t at, uint64_t bytes,
				    uint8_t type)
{
	return (Elf64_Sym){.st_name = name,
			   .st_info = ELF64_ST_INFO(STB_GLOBAL, type),
			   .st_shndx = 1,
			   .st_value = JOB_VA + at,
			   .st_size = bytes};
}

static inline struct elf_made elf_make(void)
{
	struct elf_made e = {
		.h = {.e_type = ET_EXEC,
		      .e_machine = EM_X86_64,
		      .e_version = EV_CURRENT,
		      .e_entry = JOB_VA + 32,
		      .e_phoff = offsetof(struct elf_made, segment),
		      .e_shoff = offsetof(struct elf_made, section),
		      .e_ehsize = sizeof(Elf64_Ehdr),
		      .e_phentsize = sizeof(Elf64_Phdr),
		      .e_phnum = 1,
		      .e_shentsize = sizeof(Elf64_Shdr),
		      .e_shnum = 3},
		.segment = {.p_type = PT_LOAD,
			    .p_flags = PF_R | PF_X,
			    .p_offset = offsetof(struct elf_made, text),
			    .p_vaddr = JOB_VA,
			    .p_filesz = MADE_TEXT,
			    .p_memsz = MADE_TEXT},
		/* what is data, or no function, has no addresses of code */
		.symbol = {{0},
			   made_symbol(1, 0, 64, STT_OBJECT),
			   made_symbol(6, 32, 8, STT_FUNC),
			   made_symbol(12, 40, 24, STT_FUNC)},
		.names = "\0data\0start\0work\033me",
		.section = {{0},
			    {.sh_type = SHT_SYMTAB,
			     .sh_link = 2,
			     .sh_offset = offsetof(struct elf_made, symbol),
			     .sh_size = sizeof(e.symbol)},
			    {.sh_type = SHT_STRTAB,
			     .sh_offset = offsetof(struct elf_made, names),
			     .sh_size = sizeof(e.names)}},
	};

	memcpy(e.h.e_ident, ELFMAG, SELFMAG);
	e.h.e_ident[EI_CLASS] = ELFCLASS64;
	e.h.e_ident[EI_DATA] = ELFDATA2LSB;
	e.h.e_ident[EI_VERSION] = EV_CURRENT;
	for (uint32_t i = 0; i < MADE_TEXT; i++)
		e.text[i] = (uint8_t)(i + 1);
	return e;
}

#endif
