/* SPDX-License-Identifier: MIT */
/*
 * Recognises and checks the kernel image that Xen passed as module 0. Assumes
 * nothing about it: every offset is checked against the file's size first.
 */
#include <elf.h>
#include <string.h>

#include <xen/elfnote.h>

#include "abi/bootparam.h"
#include "image.h"
#include "lib/memmap.h"

#define SMALLEST_ALIGN 4096u

/* Linux arch/x86/include/asm/setup.h: COMMAND_LINE_SIZE less the zero. */
#define ELF_CMDLINE_MAX 2047u

/*
 * Our own bounds, so that a hostile file cannot make the shim search for long.
 */
#define ELF_MAX_PHDRS	   64u
#define ELF_MAX_NOTE_BYTES MIB

static bool is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* ELF64 and ELF32 alike; Elf64_Phdr holds the widened program header. */
struct elf {
	const uint8_t *file;
	uint64_t size;
	bool wide;
	uint16_t type, machine;
	uint64_t phoff;
	uint32_t phentsize, phnum;
};

static struct error read_ehdr(struct elf *f)
{
	uint64_t need = f->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);

	if (f->size < need)
		return error_hex(IMAGE_TOO_SMALL, f->size);
	if (f->wide) {
		Elf64_Ehdr h;

		memcpy(&h, f->file, sizeof(h));
		f->type = h.e_type;
		f->machine = h.e_machine;
		f->phoff = h.e_phoff;
		f->phentsize = h.e_phentsize;
		f->phnum = h.e_phnum;
	} else {
		Elf32_Ehdr h;

		memcpy(&h, f->file, sizeof(h));
		f->type = h.e_type;
		f->machine = h.e_machine;
		f->phoff = h.e_phoff;
		f->phentsize = h.e_phentsize;
		f->phnum = h.e_phnum;
	}
	return NO_ERROR;
}

static struct error check_ehdr(const struct elf *f)
{
	uint32_t machine = f->wide ? EM_X86_64 : EM_386;
	uint32_t entsize = f->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	uint64_t table = (uint64_t)f->phnum * f->phentsize;

	if (f->machine != machine)
		return error_hex(IMAGE_BAD_ELF, f->machine);
	if (f->type != ET_EXEC && f->type != ET_DYN)
		return error_hex(IMAGE_BAD_ELF, f->type);
	if (f->phentsize != entsize)
		return error_hex(IMAGE_BAD_ELF, f->phentsize);
	if (!f->phnum || f->phnum > ELF_MAX_PHDRS)
		return error_hex(IMAGE_BAD_ELF, f->phnum);
	if (f->phoff > f->size || table > f->size - f->phoff)
		return error_hex(IMAGE_TRUNCATED, f->phoff);
	return NO_ERROR;
}

static Elf64_Phdr read_phdr(const struct elf *f, uint32_t i)
{
	const uint8_t *p = f->file + f->phoff + (uint64_t)i * f->phentsize;
	Elf64_Phdr wide;
	Elf32_Phdr narrow;

	if (f->wide) {
		memcpy(&wide, p, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, p, sizeof(narrow));
	memset(&wide, 0, sizeof(wide));
	wide.p_type = narrow.p_type;
	wide.p_offset = narrow.p_offset;
	wide.p_paddr = narrow.p_paddr;
	wide.p_filesz = narrow.p_filesz;
	wide.p_memsz = narrow.p_memsz;
	return wide;
}

static bool in_file(const struct elf *f, const Elf64_Phdr *p)
{
	return p->p_offset <= f->size && p->p_filesz <= f->size - p->p_offset;
}

/* Keeps the segments in order of their address. */
static struct error add_segment(struct image *im, const struct elf *f,
				const Elf64_Phdr *p)
{
	uint32_t i = im->nr_segments;

	if (!p->p_memsz)
		return NO_ERROR;
	if (i == IMAGE_MAX_SEGMENTS)
		return error_hex(IMAGE_BAD_SEGMENT, i + 1);
	if (!in_file(f, p))
		return error_hex(IMAGE_TRUNCATED, p->p_offset);
	if (p->p_filesz > p->p_memsz)
		return error_hex(IMAGE_BAD_SEGMENT, p->p_filesz);
	if (p->p_paddr > FOUR_GIB || p->p_memsz > FOUR_GIB - p->p_paddr)
		return error_hex(IMAGE_BAD_SEGMENT, p->p_paddr);

	for (; i && im->segment[i - 1].pa > p->p_paddr; i--)
		im->segment[i] = im->segment[i - 1];
	im->segment[i] = (struct image_segment){
		.offset = p->p_offset,
		.filesz = p->p_filesz,
		.memsz = p->p_memsz,
		.pa = p->p_paddr,
	};
	im->nr_segments++;
	return NO_ERROR;
}

static struct error read_segments(struct image *im, const struct elf *f)
{
	const struct image_segment *s = im->segment;
	struct error e;
	uint32_t i;

	for (i = 0; i < f->phnum; i++) {
		Elf64_Phdr p = read_phdr(f, i);

		if (p.p_type != PT_LOAD)
			continue;
		e = add_segment(im, f, &p);
		if (e.code)
			return e;
	}
	if (!im->nr_segments)
		return error_hex(IMAGE_BAD_SEGMENT, 0);
	for (i = 1; i < im->nr_segments; i++) {
		if (s[i - 1].pa + s[i - 1].memsz > s[i].pa)
			return error_hex(IMAGE_BAD_SEGMENT, s[i].pa);
	}
	im->load_pa = s[0].pa;
	im->load_size = s[i - 1].pa + s[i - 1].memsz - s[0].pa;
	return NO_ERROR;
}

/* Name and descriptor of a note are padded to 4 bytes in either class. */
static uint64_t note_pad(uint32_t n)
{
	return ((uint64_t)n + 3) & ~UINT64_C(3);
}

static bool note_is_entry(const Elf32_Nhdr *n, const uint8_t *name)
{
	return n->n_type == XEN_ELFNOTE_PHYS32_ENTRY && n->n_namesz == 4 &&
	       !memcmp(name, "Xen", 4) &&
	       (n->n_descsz == 4 || n->n_descsz == 8);
}

/* Linux's include/linux/build-salt.h: every kernel since 4.19 has one. */
static bool note_is_linux(const Elf32_Nhdr *n, const uint8_t *name)
{
	return n->n_namesz == 6 && !memcmp(name, "Linux", 6);
}

/*
 * The notes in the @left bytes at @p, up to the first broken one; the first
 * entry counts.
 */
static void read_notes_at(struct image *im, bool *has_entry, const uint8_t *p,
			  uint64_t left)
{
	Elf32_Nhdr n;
	uint64_t name, desc;

	while (left >= sizeof(n)) {
		memcpy(&n, p, sizeof(n));
		p += sizeof(n);
		left -= sizeof(n);
		name = note_pad(n.n_namesz);
		desc = note_pad(n.n_descsz);
		if (name > left || desc > left - name)
			return;
		im->is_linux |= note_is_linux(&n, p);
		if (!*has_entry && note_is_entry(&n, p)) {
			memcpy(&im->entry, p + name, n.n_descsz);
			*has_entry = true;
		}
		p += name + desc;
		left -= name + desc;
	}
}

static struct error read_notes(struct image *im, const struct elf *f)
{
	struct error e = error_hex(IMAGE_NO_NOTE, 0);
	bool has_entry = false;
	uint32_t i;

	for (i = 0; i < f->phnum; i++) {
		Elf64_Phdr p = read_phdr(f, i);

		if (p.p_type != PT_NOTE)
			continue;
		if (!in_file(f, &p))
			e = error_hex(IMAGE_TRUNCATED, p.p_offset);
		else if (p.p_filesz > ELF_MAX_NOTE_BYTES)
			e = error_hex(IMAGE_BAD_SEGMENT, p.p_filesz);
		else
			read_notes_at(im, &has_entry, f->file + p.p_offset,
				      p.p_filesz);
	}
	return has_entry ? NO_ERROR : e;
}

/* Only bytes that come from the file can be code. */
static struct error check_entry(const struct image *im)
{
	uint32_t i;

	for (i = 0; i < im->nr_segments; i++) {
		const struct image_segment *s = &im->segment[i];

		if (im->entry >= s->pa && im->entry - s->pa < s->filesz)
			return NO_ERROR;
	}
	return error_hex(IMAGE_BAD_ENTRY, im->entry);
}

static struct error parse_elf(struct image *im, const uint8_t *file,
			      uint64_t size)
{
	struct elf f = {.file = file, .size = size};
	struct error e;

	if (size < EI_NIDENT)
		return error_hex(IMAGE_TOO_SMALL, size);
	if (file[EI_CLASS] != ELFCLASS32 && file[EI_CLASS] != ELFCLASS64)
		return error_hex(IMAGE_BAD_ELF, file[EI_CLASS]);
	if (file[EI_DATA] != ELFDATA2LSB)
		return error_hex(IMAGE_BAD_ELF, file[EI_DATA]);
	f.wide = file[EI_CLASS] == ELFCLASS64;
	e = read_ehdr(&f);
	if (!e.code)
		e = check_ehdr(&f);
	if (!e.code)
		e = read_segments(im, &f);
	if (!e.code)
		e = read_notes(im, &f);
	if (!e.code)
		e = check_entry(im);
	im->kind = IMAGE_ELF;
	im->align = 1;
	im->cmdline_max = ELF_CMDLINE_MAX;
	return e;
}

/* The header's end is where its jump goes to (boot.rst, "jump"). */
static struct error read_header(struct image *im, struct setup_header *h,
				const uint8_t *file, uint64_t size)
{
	uint64_t end = SETUP_HEADER_OFFSET + sizeof(*h);

	if (size < end)
		return error_hex(IMAGE_TOO_SMALL, size);
	memcpy(h, file + SETUP_HEADER_OFFSET, sizeof(*h));
	if (h->boot_flag != SETUP_BOOT_FLAG)
		return error_hex(IMAGE_BAD_HEADER, h->boot_flag);
	if (h->version < SETUP_VERSION_2_12)
		return error_hex(IMAGE_OLD_PROTOCOL, h->version);
	if (h->jump != SETUP_JUMP || h->jump_offset > SETUP_JUMP_MAX ||
	    SETUP_JUMP_BASE + h->jump_offset < end)
		return error_hex(IMAGE_BAD_HEADER, h->jump_offset);
	end = SETUP_JUMP_BASE + h->jump_offset;
	if (size < end)
		return error_hex(IMAGE_TOO_SMALL, size);
	im->setup_offset = SETUP_HEADER_OFFSET;
	im->setup_size = (uint32_t)end - SETUP_HEADER_OFFSET;
	return NO_ERROR;
}

static struct error read_payload(struct image *im, const struct setup_header *h,
				 uint64_t size)
{
	uint32_t sects = h->setup_sects ? h->setup_sects : SETUP_SECTS_DEFAULT;

	im->payload_offset = (sects + 1) * SETUP_SECTOR;
	im->payload_size = (uint64_t)h->syssize * SETUP_PARAGRAPH;
	if (im->payload_offset + im->payload_size > size)
		return error_hex(IMAGE_TRUNCATED,
				 im->payload_offset + im->payload_size);
	if (im->payload_size <= SETUP_ENTRY_64)
		return error_hex(IMAGE_BAD_ENTRY, im->payload_size);
	if (h->init_size < im->payload_size)
		return error_hex(IMAGE_BAD_HEADER, h->init_size);
	return NO_ERROR;
}

static struct error check_header(const struct setup_header *h)
{
	uint64_t pref = h->pref_address;

	if (!(h->xloadflags & XLF_KERNEL_64))
		return error_hex(IMAGE_NO_64BIT, h->xloadflags);
	if (!(h->loadflags & LOADED_HIGH))
		return error_hex(IMAGE_BAD_HEADER, h->loadflags);
	if (!is_power_of_two(h->kernel_alignment) ||
	    h->kernel_alignment < SMALLEST_ALIGN)
		return error_hex(IMAGE_BAD_HEADER, h->kernel_alignment);
	if (pref < MIB || pref & (h->kernel_alignment - 1) ||
	    pref >= FOUR_GIB || h->init_size > FOUR_GIB - pref)
		return error_hex(IMAGE_BAD_HEADER, pref);
	if (!h->cmdline_size)
		return error_hex(IMAGE_BAD_HEADER, 0);
	return NO_ERROR;
}

static struct error parse_bzimage(struct image *im, const uint8_t *file,
				  uint64_t size)
{
	struct setup_header h = {0};
	struct error e;

	e = read_header(im, &h, file, size);
	if (!e.code)
		e = check_header(&h);
	if (!e.code)
		e = read_payload(im, &h, size);
	if (e.code)
		return e;
	im->kind = IMAGE_BZIMAGE;
	im->is_linux = true;
	im->load_pa = h.pref_address;
	im->load_size = h.init_size;
	im->align = h.kernel_alignment;
	im->relocatable = h.relocatable_kernel;
	im->entry = SETUP_ENTRY_64;
	im->cmdline_max = h.cmdline_size;
	/* initrd_addr_max is a limit of the 32-bit protocol. */
	im->above_4g = h.xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G;
	im->initrd_max = im->above_4g ? PA_END - 1 : h.initrd_addr_max;
	return NO_ERROR;
}

/* What gzip, xz, bzip2, lzma, lzop, lz4 and zstd make of a file. */
static bool image_is_packed(const uint8_t *file, uint64_t size)
{
	static const struct {
		uint8_t byte[6], nr;
	} magic[] = {
		{{0x1f, 0x8b}, 2},
		{{0xfd, '7', 'z', 'X', 'Z', 0}, 6},
		{{'B', 'Z', 'h'}, 3},
		{{0x5d, 0, 0}, 3},
		{{0x89, 'L', 'Z', 'O', 0}, 5},
		{{0x02, 0x21, 0x4c, 0x18}, 4}, /* as Linux has it */
		{{0x04, 0x22, 0x4d, 0x18}, 4},
		{{0x28, 0xb5, 0x2f, 0xfd}, 4},
	};

	for (uint32_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (size >= magic[i].nr &&
		    !memcmp(file, magic[i].byte, magic[i].nr))
			return true;
	return false;
}

static struct error image_unknown(const uint8_t *file, uint64_t size)
{
	uint32_t first;

	memcpy(&first, file, sizeof(first));
	return error_hex(image_is_packed(file, size) ? IMAGE_PACKED
						     : IMAGE_UNKNOWN,
			 __builtin_bswap32(first));
}

bool image_is_bzimage(const uint8_t *file, uint64_t size)
{
	const uint64_t at =
		SETUP_HEADER_OFFSET + offsetof(struct setup_header, header);
	uint32_t magic;

	if (size < at + sizeof(magic))
		return false;
	memcpy(&magic, file + at, sizeof(magic));
	return magic == SETUP_HEADER_MAGIC;
}

struct error image_parse(struct image *im, const uint8_t *file, uint64_t size)
{
	memset(im, 0, sizeof(*im));
	if (size < sizeof(uint32_t))
		return error_hex(IMAGE_TOO_SMALL, size);
	if (!memcmp(file, ELFMAG, SELFMAG))
		return parse_elf(im, file, size);
	if (!image_is_bzimage(file, size))
		return image_unknown(file, size);
	return parse_bzimage(im, file, size);
}
