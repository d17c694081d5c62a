/* SPDX-License-Identifier: MIT */
/*
 * Tests pvh/image.c on images made here and on damaged copies of them. Real
 * kernels may be named as arguments: each must be accepted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "abi/bootparam.h"
#include "image.h"

#define BZ_SETUP   (5u * 512) /* setup_sects = 4 */
#define BZ_PAYLOAD 0x1000u
#define BZ_SIZE	   (BZ_SETUP + BZ_PAYLOAD)
#define ELF_SIZE   0x1000u
#define NOTE_AT	   0x800u

static struct setup_header good_header(void)
{
	return (struct setup_header){
		.setup_sects = 4,
		.syssize = BZ_PAYLOAD / 16,
		.boot_flag = 0xaa55,
		.jump = 0xeb,
		.jump_offset = 0x6a,
		.header = 0x53726448,
		.version = 0x020f,
		.loadflags = 1,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = 0x200000,
		.relocatable_kernel = 1,
		.xloadflags = 3,
		.cmdline_size = 2047,
		.pref_address = 0x1000000,
		.init_size = 0x2000000,
	};
}

/* An exact copy on the heap, so that a byte too far is noticed. */
static enum image_error parse(struct image *im, const void *file, size_t size,
			      uint64_t *bad)
{
	uint8_t *copy = malloc(size ? size : 1);
	enum image_error e;

	assert_non_null(copy);
	memcpy(copy, file, size);
	e = image_parse(im, copy, size, bad);
	free(copy);
	return e;
}

static enum image_error parse_bz(struct image *im, struct setup_header h,
				 size_t size, uint64_t *bad)
{
	static uint8_t file[BZ_SIZE];

	memset(file, 0, sizeof(file));
	memcpy(file + 0x1f1, &h, sizeof(h));
	return parse(im, file, size, bad);
}

static void test_bzimage(void **state)
{
	struct setup_header h = good_header();
	struct image im;
	uint64_t bad;

	(void)state;
	assert_int_equal(parse_bz(&im, h, BZ_SIZE, &bad), IMAGE_OK);
	assert_int_equal(im.kind, IMAGE_BZIMAGE);
	assert_int_equal(im.load_pa, 0x1000000);
	assert_int_equal(im.load_size, 0x2000000);
	assert_int_equal(im.align, 0x200000);
	assert_true(im.relocatable);
	assert_int_equal(im.entry, 0x200);
	assert_int_equal(im.cmdline_max, 2047);
	assert_int_equal(im.payload_offset, BZ_SETUP);
	assert_int_equal(im.payload_size, BZ_PAYLOAD);
	assert_true(im.above_4g);
	assert_true(im.initrd_max == (UINT64_C(1) << 52) - 1);
	assert_int_equal(im.setup_offset, 0x1f1);
	assert_int_equal(im.setup_size, 0x202 + 0x6a - 0x1f1);

	h.setup_sects = 0; /* means 4 */
	h.xloadflags = 1;
	h.relocatable_kernel = 0;
	assert_int_equal(parse_bz(&im, h, BZ_SIZE, &bad), IMAGE_OK);
	assert_int_equal(im.payload_offset, BZ_SETUP);
	assert_false(im.above_4g);
	assert_false(im.relocatable);
	assert_int_equal(im.initrd_max, 0x7fffffff);
}

static void test_bzimage_size(void **state)
{
	struct setup_header h = good_header();
	struct image im;
	uint64_t bad;
	size_t size;

	(void)state;
	for (size = 0; size < BZ_SIZE; size++) {
		enum image_error e = parse_bz(&im, h, size, &bad);

		if (size < 4)
			assert_int_equal(e, IMAGE_TOO_SMALL);
		else if (size < 0x206)
			assert_int_equal(e, IMAGE_UNKNOWN);
		else if (size < 0x26c)
			assert_int_equal(e, IMAGE_TOO_SMALL);
		else
			assert_int_equal(e, IMAGE_TRUNCATED);
	}
	assert_int_equal(bad, BZ_SIZE);
	h.syssize = UINT32_MAX;
	assert_int_equal(parse_bz(&im, h, BZ_SIZE, &bad), IMAGE_TRUNCATED);
	assert_true(bad == BZ_SETUP + 0xffffffff0);
}

#define BZ_FAILS(member, value, error, named)                              \
	do {                                                               \
		struct setup_header bz_h = good_header();                  \
		struct image bz_im;                                        \
		uint64_t bz_bad;                                           \
                                                                           \
		bz_h.member = (value);                                     \
		assert_int_equal(parse_bz(&bz_im, bz_h, BZ_SIZE, &bz_bad), \
				 error);                                   \
		assert_int_equal(bz_bad, named);                           \
	} while (0)

static void test_bzimage_header(void **state)
{
	(void)state;
	BZ_FAILS(header, 0, IMAGE_UNKNOWN, 0);
	BZ_FAILS(boot_flag, 0, IMAGE_BAD_HEADER, 0);
	BZ_FAILS(version, 0x020b, IMAGE_OLD_PROTOCOL, 0x020b);
	BZ_FAILS(xloadflags, 2, IMAGE_NO_64BIT, 2);
	BZ_FAILS(jump, 0xe9, IMAGE_BAD_HEADER, 0x6a);
	BZ_FAILS(jump_offset, 0x61, IMAGE_BAD_HEADER, 0x61);
	BZ_FAILS(jump_offset, 0x80, IMAGE_BAD_HEADER, 0x80);
	BZ_FAILS(loadflags, 0x80, IMAGE_BAD_HEADER, 0x80);
	BZ_FAILS(kernel_alignment, 0, IMAGE_BAD_HEADER, 0);
	BZ_FAILS(kernel_alignment, 0x800, IMAGE_BAD_HEADER, 0x800);
	BZ_FAILS(kernel_alignment, 0x300000, IMAGE_BAD_HEADER, 0x300000);
	BZ_FAILS(pref_address, 0, IMAGE_BAD_HEADER, 0);
	BZ_FAILS(pref_address, 0x1001000, IMAGE_BAD_HEADER, 0x1001000);
	BZ_FAILS(pref_address, UINT64_C(1) << 32, IMAGE_BAD_HEADER,
		 UINT64_C(1) << 32);
	BZ_FAILS(init_size, 0xff000001, IMAGE_BAD_HEADER, 0x1000000);
	BZ_FAILS(init_size, BZ_PAYLOAD - 1, IMAGE_BAD_HEADER, BZ_PAYLOAD - 1);
	BZ_FAILS(cmdline_size, 0, IMAGE_BAD_HEADER, 0);
	BZ_FAILS(syssize, 0x20, IMAGE_BAD_ENTRY, 0x200);
	BZ_FAILS(setup_sects, 5, IMAGE_TRUNCATED, BZ_SIZE + 512);
}

static void test_unknown(void **state)
{
	static const char text[] = "just a text";
	static const uint8_t gzip[0x300] = {0x1f, 0x8b, 8, 0};
	struct image im;
	uint64_t bad;

	(void)state;
	assert_int_equal(parse(&im, text, sizeof(text), &bad), IMAGE_UNKNOWN);
	assert_int_equal(bad, 0x7473756a);
	assert_int_equal(parse(&im, gzip, sizeof(gzip), &bad), IMAGE_UNKNOWN);
	assert_int_equal(bad, 0x00088b1f);
}

/* ---- ELF: two segments out of order, then the notes ---- */

struct elf64 {
	Elf64_Ehdr h;
	Elf64_Phdr p[IMAGE_MAX_SEGMENTS + 2];
};

struct note {
	Elf32_Nhdr h;
	char name[4];
	uint8_t desc[8];
};

static const struct note entry_note = {
	{4, 8, 18}, "Xen", {0x10, 0, 0x10, 0, 0, 0, 0, 0}};
static uint8_t elf_file[ELF_SIZE];

static struct elf64 good_elf(void)
{
	struct elf64 e = {
		.h = {.e_type = ET_EXEC,
		      .e_machine = EM_X86_64,
		      .e_phoff = sizeof(Elf64_Ehdr),
		      .e_phentsize = sizeof(Elf64_Phdr),
		      .e_phnum = 3},
	};

	memcpy(e.h.e_ident, ELFMAG, SELFMAG);
	e.h.e_ident[EI_CLASS] = ELFCLASS64;
	e.h.e_ident[EI_DATA] = ELFDATA2LSB;
	e.p[0] = (Elf64_Phdr){.p_type = PT_LOAD,
			      .p_offset = 0xe00,
			      .p_paddr = 0x200000,
			      .p_filesz = 0x200,
			      .p_memsz = 0x5000};
	e.p[1] = (Elf64_Phdr){.p_type = PT_LOAD,
			      .p_offset = 0xc00,
			      .p_paddr = 0x100000,
			      .p_filesz = 0x100,
			      .p_memsz = 0x100000};
	e.p[2] = (Elf64_Phdr){.p_type = PT_NOTE,
			      .p_offset = NOTE_AT,
			      .p_filesz = sizeof(entry_note)};
	return e;
}

static void put_elf(const struct elf64 *e)
{
	memset(elf_file, 0, sizeof(elf_file));
	memcpy(elf_file, e, sizeof(*e));
	memcpy(elf_file + NOTE_AT, &entry_note, sizeof(entry_note));
}

static enum image_error parse_elf64(struct image *im, const struct elf64 *e,
				    uint64_t *bad)
{
	put_elf(e);
	return parse(im, elf_file, ELF_SIZE, bad);
}

static void check_good_elf(const struct image *im)
{
	assert_int_equal(im->kind, IMAGE_ELF);
	assert_int_equal(im->load_pa, 0x100000);
	assert_int_equal(im->load_size, 0x105000);
	assert_int_equal(im->align, 1);
	assert_false(im->relocatable);
	assert_int_equal(im->entry, 0x100010);
	assert_int_equal(im->cmdline_max, 2047);
	assert_int_equal(im->nr_segments, 2);
	assert_int_equal(im->segment[0].pa, 0x100000);
	assert_int_equal(im->segment[0].offset, 0xc00);
	assert_int_equal(im->segment[0].filesz, 0x100);
	assert_int_equal(im->segment[0].memsz, 0x100000);
	assert_int_equal(im->segment[1].pa, 0x200000);
	assert_int_equal(im->segment[1].memsz, 0x5000);
}

static void test_elf64(void **state)
{
	struct elf64 e = good_elf();
	struct image im;
	uint64_t bad;

	(void)state;
	assert_int_equal(parse_elf64(&im, &e, &bad), IMAGE_OK);
	check_good_elf(&im);
	e.h.e_type = ET_DYN;
	assert_int_equal(parse_elf64(&im, &e, &bad), IMAGE_OK);
	e.p[3].p_type = PT_LOAD; /* an empty segment does no harm */
	e.h.e_phnum = 4;
	assert_int_equal(parse_elf64(&im, &e, &bad), IMAGE_OK);
	assert_int_equal(im.nr_segments, 2);
}

static void put_elf32(void)
{
	struct elf64 e = good_elf();
	Elf32_Ehdr h = {.e_type = ET_EXEC,
			.e_machine = EM_386,
			.e_phoff = sizeof(h),
			.e_phentsize = sizeof(Elf32_Phdr),
			.e_phnum = 3};
	uint32_t i;

	put_elf(&e);
	memset(elf_file, 0, sizeof(e));
	memcpy(h.e_ident, e.h.e_ident, EI_NIDENT);
	h.e_ident[EI_CLASS] = ELFCLASS32;
	memcpy(elf_file, &h, sizeof(h));
	for (i = 0; i < 3; i++) {
		Elf32_Phdr p = {.p_type = e.p[i].p_type,
				.p_offset = (uint32_t)e.p[i].p_offset,
				.p_paddr = (uint32_t)e.p[i].p_paddr,
				.p_filesz = (uint32_t)e.p[i].p_filesz,
				.p_memsz = (uint32_t)e.p[i].p_memsz};

		memcpy(elf_file + sizeof(h) + i * sizeof(p), &p, sizeof(p));
	}
}

static void test_elf32(void **state)
{
	struct note n = entry_note;
	struct image im;
	uint64_t bad;

	(void)state;
	put_elf32();
	n.h.n_descsz = 4;
	n.desc[4] = 0xff; /* is not read */
	memcpy(elf_file + NOTE_AT, &n, sizeof(n));
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), IMAGE_OK);
	check_good_elf(&im);
	elf_file[offsetof(Elf32_Ehdr, e_machine)] = EM_X86_64;
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), IMAGE_BAD_ELF);
	assert_int_equal(bad, EM_X86_64);
}

#define ELF_FAILS(member, value, error, named)                           \
	do {                                                             \
		struct elf64 elf_e = good_elf();                         \
		struct image elf_im;                                     \
		uint64_t elf_bad;                                        \
                                                                         \
		elf_e.member = (value);                                  \
		assert_int_equal(parse_elf64(&elf_im, &elf_e, &elf_bad), \
				 error);                                 \
		assert_true(elf_bad == (named));                         \
	} while (0)

static void test_elf_header(void **state)
{
	(void)state;
	ELF_FAILS(h.e_ident[EI_CLASS], 3, IMAGE_BAD_ELF, 3);
	ELF_FAILS(h.e_ident[EI_DATA], 2, IMAGE_BAD_ELF, 2);
	ELF_FAILS(h.e_machine, EM_ARM, IMAGE_BAD_ELF, EM_ARM);
	ELF_FAILS(h.e_type, ET_REL, IMAGE_BAD_ELF, ET_REL);
	ELF_FAILS(h.e_phentsize, 32, IMAGE_BAD_ELF, 32);
	ELF_FAILS(h.e_phnum, 0, IMAGE_BAD_ELF, 0);
	ELF_FAILS(h.e_phnum, 65, IMAGE_BAD_ELF, 65);
	ELF_FAILS(h.e_phoff, UINT64_MAX - 8, IMAGE_TRUNCATED, UINT64_MAX - 8);
	ELF_FAILS(h.e_phoff, ELF_SIZE - 56, IMAGE_TRUNCATED, ELF_SIZE - 56);
}

static void test_elf_segments(void **state)
{
	(void)state;
	ELF_FAILS(p[0].p_offset, 0xe01, IMAGE_TRUNCATED, 0xe01);
	ELF_FAILS(p[0].p_offset, UINT64_MAX, IMAGE_TRUNCATED, UINT64_MAX);
	ELF_FAILS(p[0].p_memsz, 0x1ff, IMAGE_BAD_SEGMENT, 0x200);
	ELF_FAILS(p[0].p_paddr, UINT64_MAX, IMAGE_BAD_SEGMENT, UINT64_MAX);
	ELF_FAILS(p[0].p_paddr, 0xffffb001, IMAGE_BAD_SEGMENT, 0xffffb001);
	ELF_FAILS(p[0].p_memsz, UINT64_MAX, IMAGE_BAD_SEGMENT, 0x200000);
	ELF_FAILS(p[0].p_paddr, 0x1fffff, IMAGE_BAD_SEGMENT, 0x1fffff);
	ELF_FAILS(p[1].p_type, PT_NULL, IMAGE_BAD_ENTRY, 0x100010);
	ELF_FAILS(p[1].p_filesz, 0x10, IMAGE_BAD_ENTRY, 0x100010);
}

static void test_elf_nr_segments(void **state)
{
	struct elf64 e = good_elf();
	struct image im;
	uint64_t bad;
	uint16_t i;

	(void)state;
	for (i = 3; i < IMAGE_MAX_SEGMENTS + 2; i++) {
		e.p[i] = e.p[0];
		e.p[i].p_paddr += (uint64_t)i << 20;
	}
	e.h.e_phnum = IMAGE_MAX_SEGMENTS + 1;
	assert_int_equal(parse_elf64(&im, &e, &bad), IMAGE_OK);
	assert_int_equal(im.nr_segments, IMAGE_MAX_SEGMENTS);
	e.h.e_phnum++;
	assert_int_equal(parse_elf64(&im, &e, &bad), IMAGE_BAD_SEGMENT);
	assert_int_equal(bad, IMAGE_MAX_SEGMENTS + 1);

	e = good_elf();
	e.p[0].p_type = PT_NULL;
	e.p[1].p_type = PT_NULL;
	assert_int_equal(parse_elf64(&im, &e, &bad), IMAGE_BAD_SEGMENT);
	assert_int_equal(bad, 0);
}

/* Parses the good ELF with @n in the place of its note. */
static enum image_error parse_note(struct note n)
{
	struct elf64 e = good_elf();
	struct image im;
	uint64_t bad;

	put_elf(&e);
	memcpy(elf_file + NOTE_AT, &n, sizeof(n));
	return parse(&im, elf_file, ELF_SIZE, &bad);
}

static void test_elf_note(void **state)
{
	struct note n = entry_note;

	(void)state;
	assert_int_equal(parse_note(n), IMAGE_OK);
	n.h.n_type = 19; /* the relocation note */
	assert_int_equal(parse_note(n), IMAGE_NO_NOTE);
	n = entry_note;
	n.name[0] = 'G';
	assert_int_equal(parse_note(n), IMAGE_NO_NOTE);
	n = entry_note;
	n.h.n_namesz = UINT32_MAX;
	assert_int_equal(parse_note(n), IMAGE_NO_NOTE);
	n.h.n_namesz = 4;
	n.h.n_descsz = UINT32_MAX;
	assert_int_equal(parse_note(n), IMAGE_NO_NOTE);
	n.h.n_descsz = 7;
	assert_int_equal(parse_note(n), IMAGE_NO_NOTE);
	n = entry_note;
	n.desc[4] = 1; /* above 4 GiB */
	assert_int_equal(parse_note(n), IMAGE_BAD_ENTRY);
}

static void test_elf_notes(void **state)
{
	struct elf64 e = good_elf();
	struct note first = {{4, 5, 3}, "Xen", {1}};
	struct image im;
	uint64_t bad;

	(void)state;
	ELF_FAILS(p[2].p_type, PT_NULL, IMAGE_NO_NOTE, 0);
	ELF_FAILS(p[2].p_filesz, 23, IMAGE_NO_NOTE, 0);
	ELF_FAILS(p[2].p_filesz, 11, IMAGE_NO_NOTE, 0);
	ELF_FAILS(p[2].p_offset, ELF_SIZE, IMAGE_TRUNCATED, ELF_SIZE);

	e.p[2].p_filesz = 2 * sizeof(entry_note);
	put_elf(&e);
	memcpy(elf_file + NOTE_AT, &first, sizeof(first));
	memcpy(elf_file + NOTE_AT + sizeof(first), &entry_note,
	       sizeof(entry_note));
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), IMAGE_OK);
	check_good_elf(&im);
}

static void test_elf_huge_note(void **state)
{
	struct elf64 e = good_elf();
	const size_t size = 3u << 20;
	uint8_t *file = calloc(1, size);
	struct image im;
	uint64_t bad;

	(void)state;
	assert_non_null(file);
	e.p[2].p_filesz = (1u << 20) + 1;
	put_elf(&e);
	memcpy(file, elf_file, ELF_SIZE);
	assert_int_equal(image_parse(&im, file, size, &bad), IMAGE_BAD_SEGMENT);
	free(file);
}

static void test_elf_size(void **state)
{
	struct elf64 e = good_elf();
	struct image im;
	uint64_t bad;
	size_t size;

	(void)state;
	put_elf(&e);
	for (size = 4; size < ELF_SIZE; size++) {
		enum image_error err = parse(&im, elf_file, size, &bad);

		assert_int_equal(err, size < sizeof(Elf64_Ehdr)
					      ? IMAGE_TOO_SMALL
					      : IMAGE_TRUNCATED);
	}
	put_elf32();
	for (size = 4; size < ELF_SIZE; size++)
		assert_int_not_equal(parse(&im, elf_file, size, &bad),
				     IMAGE_OK);
}

/* Whatever is accepted keeps its promises. */
static void check_promises(const struct image *im, size_t size)
{
	uint64_t end = 0;
	uint32_t i;

	assert_true(im->load_pa + im->load_size <= UINT64_C(1) << 32);
	if (im->kind == IMAGE_BZIMAGE) {
		assert_true(im->payload_offset + im->payload_size <= size);
		assert_true(im->payload_size <= im->load_size);
		assert_true(im->setup_offset + im->setup_size <= size);
		assert_true(im->setup_size <= SETUP_HEADER_MAX);
		return;
	}
	for (i = 0; i < im->nr_segments; i++) {
		const struct image_segment *s = &im->segment[i];

		assert_true(s->pa >= end && s->filesz <= s->memsz);
		assert_true(s->offset + s->filesz <= size);
		end = s->pa + s->memsz;
	}
	assert_true(im->load_pa + im->load_size == end);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void damage(const uint8_t *good, size_t size, size_t from, size_t to)
{
	static const uint8_t edge[] = {0, 1, 0x7f, 0x80, 0xff};
	uint8_t *file = malloc(size);
	uint32_t seed = 1, i, k;
	struct image im;
	uint64_t bad;

	assert_non_null(file);
	for (i = 0; i < 20000; i++) {
		memcpy(file, good, size);
		for (k = next_random(&seed) % 4; k < 4; k++) {
			size_t at = from + next_random(&seed) % (to - from);

			file[at] = next_random(&seed) & 1
					   ? edge[next_random(&seed) % 5]
					   : (uint8_t)next_random(&seed);
		}
		if (!image_parse(&im, file, size, &bad))
			check_promises(&im, size);
	}
	free(file);
}

static void test_damaged(void **state)
{
	static uint8_t bz[BZ_SIZE];
	struct setup_header h = good_header();
	struct elf64 e = good_elf();

	(void)state;
	memcpy(bz + 0x1f1, &h, sizeof(h));
	damage(bz, BZ_SIZE, 0x1f1, 0x264);
	put_elf(&e);
	damage(elf_file, ELF_SIZE, 0, sizeof(Elf64_Ehdr) + 3 * 56);
	damage(elf_file, ELF_SIZE, NOTE_AT, NOTE_AT + sizeof(entry_note));
	put_elf32();
	damage(elf_file, ELF_SIZE, 0, sizeof(Elf32_Ehdr) + 3 * 32);
}

static void test_texts(void **state)
{
	int e;

	(void)state;
	for (e = IMAGE_OK; e <= IMAGE_BAD_HEADER; e++)
		assert_string_not_equal(image_error_text((enum image_error)e),
					"unknown error");
	assert_string_equal(image_error_text((enum image_error)e),
			    "unknown error");
}

static int parse_real(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *file = malloc(256u << 20);
	enum image_error e = IMAGE_TOO_SMALL;
	struct image im;
	uint64_t bad = 0;
	size_t size;

	if (f && file) {
		size = fread(file, 1, 256u << 20, f);
		e = image_parse(&im, file, size, &bad);
	}
	printf("%s: %s (%#llx)\n", path, image_error_text(e),
	       (unsigned long long)bad);
	if (!e)
		printf("\tload %#llx+%#llx align %#llx entry %#llx\n",
		       (unsigned long long)im.load_pa,
		       (unsigned long long)im.load_size,
		       (unsigned long long)im.align,
		       (unsigned long long)im.entry);
	free(file);
	if (f)
		fclose(f);
	return e != IMAGE_OK;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bzimage),
		cmocka_unit_test(test_bzimage_size),
		cmocka_unit_test(test_bzimage_header),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_elf64),
		cmocka_unit_test(test_elf32),
		cmocka_unit_test(test_elf_header),
		cmocka_unit_test(test_elf_segments),
		cmocka_unit_test(test_elf_nr_segments),
		cmocka_unit_test(test_elf_note),
		cmocka_unit_test(test_elf_notes),
		cmocka_unit_test(test_elf_huge_note),
		cmocka_unit_test(test_elf_size),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_texts),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL), i;

	for (i = 1; i < argc; i++)
		failed += parse_real(argv[i]);
	return failed;
}
