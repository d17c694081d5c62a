/* SPDX-License-Identifier: MIT */
/*
 * Reading an ELF file: System V ABI, chapters 4 and 5, and its supplement for
 * x86-64. Each piece is checked and copied before it is used.
 */
#include <string.h>

#include "elf_file.h"
#include "printable.h"

bool elf_file_is(const void *p, size_t bytes)
{
	return bytes >= SELFMAG && !memcmp(p, ELFMAG, SELFMAG);
}

static const char *what_is_wrong(const struct elf_file *f)
{
	const Elf64_Ehdr *h = &f->h;

	if (h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != EM_X86_64)
		return "not an ELF for x86-64";
	if (h->e_phnum && h->e_phentsize != sizeof(Elf64_Phdr))
		return "ELF program headers of another size";
	if (h->e_shnum && h->e_shentsize != sizeof(Elf64_Shdr))
		return "ELF section headers of another size";
	return NULL;
}

bool elf_file_open(struct elf_file *f, const void *p, size_t bytes,
		   const char **why)
{
	*f = (struct elf_file){.p = p, .bytes = bytes};
	if (!elf_file_is(p, bytes) || bytes < sizeof(f->h)) {
		*why = "not an ELF file, or cut off";
		return false;
	}
	memcpy(&f->h, p, sizeof(f->h));
	*why = what_is_wrong(f);
	return !*why;
}

const void *elf_file_at(const struct elf_file *f, uint64_t offset, uint64_t n)
{
	if (offset > f->bytes || n > f->bytes - offset)
		return NULL;
	return f->p + offset;
}

/* Entry @i of @nr, each @size bytes, of a table at @table. */
static bool read_entry(const struct elf_file *f, uint64_t table, uint32_t i,
		       uint32_t nr, void *to, size_t size)
{
	const void *from;

	if (i >= nr || table > f->bytes)
		return false;
	from = elf_file_at(f, table + (uint64_t)i * size, size);
	if (from)
		memcpy(to, from, size);
	return from;
}

bool elf_file_segment(const struct elf_file *f, uint32_t i, Elf64_Phdr *to)
{
	return read_entry(f, f->h.e_phoff, i, f->h.e_phnum, to, sizeof(*to));
}

bool elf_file_section(const struct elf_file *f, uint32_t i, Elf64_Shdr *to)
{
	return read_entry(f, f->h.e_shoff, i, f->h.e_shnum, to, sizeof(*to));
}

/* ---- Symbols ------------------------------------------------------------ */

static bool find_symbols(const struct elf_file *f, Elf64_Shdr *symbols,
			 Elf64_Shdr *names)
{
	for (uint32_t i = 0; elf_file_section(f, i, symbols); i++)
		if (symbols->sh_type == SHT_SYMTAB)
			return elf_file_section(f, symbols->sh_link, names);
	return false;
}

/* The name that begins at @at, as much as fits; false if it has no end. */
static bool copy_name(const struct elf_file *f, const Elf64_Shdr *names,
		      uint32_t at, char *to, size_t size)
{
	const char *all = elf_file_at(f, names->sh_offset, names->sh_size);
	size_t i;

	if (!all || at >= names->sh_size ||
	    !memchr(all + at, 0, names->sh_size - at))
		return false;
	for (i = 0; i + 1 < size && all[at + i]; i++)
		to[i] = printable(all[at + i]);
	to[i] = 0;
	return i > 0;
}

static bool has_address(const Elf64_Sym *s, uint64_t address)
{
	return ELF64_ST_TYPE(s->st_info) == STT_FUNC &&
	       s->st_shndx != SHN_UNDEF && address >= s->st_value &&
	       address - s->st_value < s->st_size;
}

bool elf_file_function(const struct elf_file *f, uint64_t address, char *name,
		       size_t size, uint64_t *offset)
{
	Elf64_Shdr symbols, names;
	Elf64_Sym s;
	uint64_t nr;

	if (!find_symbols(f, &symbols, &names))
		return false;
	nr = symbols.sh_size / sizeof(s);
	for (uint32_t i = 0; i < nr; i++) {
		if (!read_entry(f, symbols.sh_offset, i, UINT32_MAX, &s,
				sizeof(s)))
			return false;
		if (!has_address(&s, address) ||
		    !copy_name(f, &names, s.st_name, name, size))
			continue;
		*offset = address - s.st_value;
		return true;
	}
	return false;
}
