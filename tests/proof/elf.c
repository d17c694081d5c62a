/* SPDX-License-Identifier: MIT */
/*
 * An ELF, in steps: its header, in any file of up to BYTES bytes; a program
 * header anywhere in one; a segment of any 64-bit numbers beside up to 2, where
 * 3 are allowed, as it is compared with one after the other; notes in any BYTES
 * bytes, of which 3 are enough for one that ends the walk behind two more. Then
 * the loops over program headers: up to 3, each any, for two segments and
 * notes, as each is read by the same step; what notes say is any there. The
 * source is included, to reach its static functions.
 */
#include <elf.h>
#include <string.h>

#include "bytes.h"
#include "lib/memmap.h"
#include "pvh/read/image.h"

#undef IMAGE_MAX_SEGMENTS
#define IMAGE_MAX_SEGMENTS 3u

struct elf;
static Elf64_Phdr any_phdr(const struct elf *f, uint32_t i);
static void any_notes(struct image *im, bool *has_entry, const uint8_t *p,
		      uint64_t left);

/* These calls go to stand-ins, as proof.h says. */
#define PHDR_const			 read_phdr_itself(const
#define PHDR_f				 any_phdr(f
#define read_phdr(f, i)			 PHDR_##f, i)
#define NOTES_struct			 read_notes_itself(struct
#define NOTES_im			 any_notes(im
#define read_notes_at(im, has, p, left)	 NOTES_##im, has, p, left)
#include SOURCE
#undef read_phdr
#undef read_notes_at

/* CBMC's own knows no bound. */
void *memcpy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

static uint32_t word_at(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static struct elf any_elf(void)
{
	uint32_t nr;
	struct elf f = {.file = any_bytes(&nr)};

	f.size = nr;
	f.wide = nondet_bool();
	return f;
}

/* ---- Headers ------------------------------------------------------------ */

static bool table_is_inside(const struct elf *f)
{
	return f->phnum && f->phnum <= ELF_MAX_PHDRS && f->phoff <= f->size &&
	       f->phentsize ==
		       (f->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) &&
	       f->phnum * f->phentsize <= f->size - f->phoff;
}

/* Of any file, as nothing behind the header is read. */
void proof_elf_header(void)
{
	struct elf f = any_elf();

	if (f.size == BYTES)
		f.size += nondet_u32();
	if (read_ehdr(&f).code || check_ehdr(&f).code)
		return;
	prove(table_is_inside(&f));
}

void proof_elf_phdr(void)
{
	struct elf f = any_elf();
	uint32_t i = nondet_u32(), at = any_up_to(BYTES);
	uint32_t k = any_up_to(sizeof(Elf64_Phdr) - 1);
	Elf64_Phdr p;

	f.phoff = at;
	f.phnum = any_up_to(ELF_MAX_PHDRS);
	f.phentsize = nondet_bool() ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	assume(table_is_inside(&f) && i < f.phnum);
	p = read_phdr_itself(&f, i);
	at += i * f.phentsize;
	if (f.wide) {
		prove(((const uint8_t *)&p)[k] == f.file[at + k]);
		return;
	}
	/* ELF specification, "Program Header" */
	prove(p.p_type == word_at(f.file + at));
	prove(p.p_offset == word_at(f.file + at + 4));
	prove(p.p_paddr == word_at(f.file + at + 12));
	prove(p.p_filesz == word_at(f.file + at + 16));
	prove(p.p_memsz == word_at(f.file + at + 20));
}

/* ---- Segments ----------------------------------------------------------- */

#define NR_PHDRS 3u

static struct image im;
static Elf64_Phdr phdr[NR_PHDRS];

static Elf64_Phdr any_phdr(const struct elf *f, uint32_t i)
{
	prove(i < f->phnum);
	return phdr[i];
}

static bool segment_is_good(const struct image_segment *s, uint64_t size)
{
	return s->memsz && s->filesz <= s->memsz && s->offset <= size &&
	       s->filesz <= size - s->offset && s->pa <= FOUR_GIB &&
	       s->memsz <= FOUR_GIB - s->pa;
}

/* In order, too. */
static bool segments_are_good(uint64_t size)
{
	bool good = im.nr_segments <= IMAGE_MAX_SEGMENTS;

	for (uint32_t i = 0; i < IMAGE_MAX_SEGMENTS && good; i++) {
		if (i >= im.nr_segments)
			break;
		good = segment_is_good(&im.segment[i], size) &&
		       (!i || im.segment[i - 1].pa <= im.segment[i].pa);
	}
	return good;
}

static bool has_segment(const Elf64_Phdr *p)
{
	bool has = false;

	for (uint32_t i = 0; i < im.nr_segments; i++)
		has |= im.segment[i].offset == p->p_offset &&
		       im.segment[i].filesz == p->p_filesz &&
		       im.segment[i].memsz == p->p_memsz &&
		       im.segment[i].pa == p->p_paddr;
	return has;
}

void proof_elf_segment(void)
{
	struct elf f = {.size = nondet_u64()};
	struct image any;
	Elf64_Phdr p;
	uint32_t old;

	im = any;
	old = im.nr_segments;
	assume(segments_are_good(f.size));
	if (add_segment(&im, &f, &p).code) {
		prove(im.nr_segments == old);
		return;
	}
	prove(segments_are_good(f.size));
	prove(im.nr_segments == old + (p.p_memsz != 0));
	prove(!p.p_memsz || has_segment(&p));
}

/* ---- Notes -------------------------------------------------------------- */

/* Where the entry is, the first one, and how many bytes; 0 if none. */
static uint32_t entry_wanted(const uint8_t *p, uint32_t nr, bool *is_linux,
			     uint32_t *size)
{
	uint32_t found = 0;

	*is_linux = false;
	for (uint64_t at = 0, name, desc; at + 12 <= nr;) {
		name = word_at(p + at);
		desc = word_at(p + at + 4);
		*size = found ? *size : (uint32_t)desc;
		at += 12;
		if (at + (name + 3) / 4 * 4 + (desc + 3) / 4 * 4 > nr)
			break;
		*is_linux |= name == 6 && !memcmp(p + at, "Linux", 6);
		name = (name + 3) / 4 * 4;
		if (!found && word_at(p + at - 4) == 18 && name == 4 &&
		    word_at(p + at - 12) == 4 && !memcmp(p + at, "Xen", 4) &&
		    (desc == 4 || desc == 8))
			found = (uint32_t)(at + name);
		at += name + (desc + 3) / 4 * 4;
	}
	return found;
}

void proof_elf_notes(void)
{
	uint32_t nr, at, size;
	const uint8_t *p = any_bytes(&nr);
	bool has = false, is_linux;

	at = entry_wanted(p, nr, &is_linux, &size);
	read_notes_itself(&im, &has, p, nr);
	prove(has == (at != 0) && im.is_linux == is_linux);
	if (!has)
		return;
	prove((uint32_t)im.entry == word_at(p + at));
	prove(im.entry >> 32 == (size == 8 ? word_at(p + at + 4) : 0));
}

/* ---- The whole ---------------------------------------------------------- */

static const uint8_t *file;
static uint64_t file_size;

/* These bytes, in the file, say anything. */
static void any_notes(struct image *i, bool *has_entry, const uint8_t *p,
		      uint64_t left)
{
	prove(i == &im && p >= file && (uint64_t)(p - file) <= file_size);
	prove(left <= file_size - (uint64_t)(p - file));
	if (*has_entry || nondet_bool())
		return;
	*has_entry = true;
	i->entry = nondet_u64();
}

static bool segments_are_apart(void)
{
	return im.nr_segments < 2 ||
	       im.segment[0].pa + im.segment[0].memsz <= im.segment[1].pa;
}

static bool has_entry_in(const struct image_segment *s)
{
	return im.entry >= s->pa && im.entry < s->pa + s->filesz;
}

/* e_phnum, in a file that has it */
static uint32_t nr_phdrs(void)
{
	uint32_t at = file[EI_CLASS] == ELFCLASS64 ? 56 : 44;

	return at + 2 <= file_size ? file[at] | (uint32_t)file[at + 1] << 8 : 0;
}

/* All of it; the file's place does not matter, as the steps stay in it. */
void proof_image_elf(void)
{
	const struct image_segment *last;

	__CPROVER_havoc_object(bytes);
	__CPROVER_havoc_object(phdr);
	file = bytes;
	file_size = any_up_to(BYTES);
	assume(file_size > EI_CLASS && !memcmp(file, ELFMAG, 4));
	assume(nr_phdrs() <= NR_PHDRS);
	if (image_parse(&im, file, file_size).code)
		return;
	prove(im.kind == IMAGE_ELF && im.align == 1 && im.cmdline_max);
	prove(im.nr_segments >= 1 && segments_are_good(file_size));
	prove(segments_are_apart());
	last = &im.segment[im.nr_segments - 1];
	prove(im.load_pa == im.segment[0].pa);
	prove(im.load_pa + im.load_size == last->pa + last->memsz);
	prove(has_entry_in(&im.segment[0]) ||
	      (im.nr_segments > 1 && has_entry_in(&im.segment[1])));
	for (uint32_t i = 0; i < nr_phdrs(); i++)
		prove(phdr[i].p_type != PT_LOAD || !phdr[i].p_memsz ||
		      has_segment(&phdr[i]));
}
