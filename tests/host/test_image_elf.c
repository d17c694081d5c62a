/* SPDX-License-Identifier: MIT */
/*
 * Tests pvh/read/image.c on ELF kernels with a PVH note made here, of 64 and of
 * 32 bits, and on damaged copies of them: two segments out of order, then the
 * notes.
 */
#include <elf.h>

#include "error_value.h"
#include "image_file.h"

#define ELF_SIZE 0x1000u
#define NOTE_AT	 0x800u

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

static enum error_code parse_elf64(struct image *im, const struct elf64 *e,
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
	assert_int_equal(parse_elf64(&im, &e, &bad), ERROR_NONE);
	check_good_elf(&im);
	e.h.e_type = ET_DYN;
	assert_int_equal(parse_elf64(&im, &e, &bad), ERROR_NONE);
	e.p[3].p_type = PT_LOAD; /* an empty segment does no harm */
	e.h.e_phnum = 4;
	assert_int_equal(parse_elf64(&im, &e, &bad), ERROR_NONE);
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
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), ERROR_NONE);
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
	assert_int_equal(parse_elf64(&im, &e, &bad), ERROR_NONE);
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
static enum error_code parse_note(struct note n)
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
	assert_int_equal(parse_note(n), ERROR_NONE);
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
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), ERROR_NONE);
	check_good_elf(&im);
}

/* What a Linux is known by, before or behind the entry; GRUB has neither. */
static void test_elf_linux(void **state)
{
	static const struct {
		Elf32_Nhdr h;
		char name[8], desc[4];
	} salt = {{6, 4, 0x100}, "Linux", "x"};
	struct elf64 e = good_elf();
	uint8_t *note = elf_file + NOTE_AT;
	struct image im;
	uint64_t bad;

	(void)state;
	assert_int_equal(parse_elf64(&im, &e, &bad), ERROR_NONE);
	assert_false(im.is_linux);
	e.p[2].p_filesz = sizeof(salt) + sizeof(entry_note);
	put_elf(&e);
	memcpy(note + sizeof(entry_note), &salt, sizeof(salt));
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), ERROR_NONE);
	assert_true(im.is_linux);
	memcpy(note, &salt, sizeof(salt));
	memcpy(note + sizeof(salt), &entry_note, sizeof(entry_note));
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), ERROR_NONE);
	assert_true(im.is_linux);
	check_good_elf(&im);
	note[sizeof(Elf32_Nhdr)] = 'l';
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), ERROR_NONE);
	assert_false(im.is_linux);
	/* notes that cannot be read do no harm behind the entry */
	e.h.e_phnum = 4;
	e.p[3] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = ELF_SIZE + 1};
	e.p[2].p_filesz = sizeof(entry_note);
	put_elf(&e);
	assert_int_equal(parse(&im, elf_file, ELF_SIZE, &bad), ERROR_NONE);
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
	assert_int_equal(error_split(image_parse(&im, file, size), &bad),
			 IMAGE_BAD_SEGMENT);
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
		enum error_code err = parse(&im, elf_file, size, &bad);

		assert_int_equal(err, size < sizeof(Elf64_Ehdr)
					      ? IMAGE_TOO_SMALL
					      : IMAGE_TRUNCATED);
	}
	put_elf32();
	for (size = 4; size < ELF_SIZE; size++)
		assert_int_not_equal(parse(&im, elf_file, size, &bad),
				     ERROR_NONE);
}

static void test_damaged(void **state)
{
	struct elf64 e = good_elf();

	(void)state;
	put_elf(&e);
	damage(elf_file, ELF_SIZE, 0, sizeof(Elf64_Ehdr) + 3 * 56);
	damage(elf_file, ELF_SIZE, NOTE_AT, NOTE_AT + sizeof(entry_note));
	put_elf32();
	damage(elf_file, ELF_SIZE, 0, sizeof(Elf32_Ehdr) + 3 * 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf64),
		cmocka_unit_test(test_elf32),
		cmocka_unit_test(test_elf_header),
		cmocka_unit_test(test_elf_segments),
		cmocka_unit_test(test_elf_nr_segments),
		cmocka_unit_test(test_elf_note),
		cmocka_unit_test(test_elf_linux),
		cmocka_unit_test(test_elf_notes),
		cmocka_unit_test(test_elf_huge_note),
		cmocka_unit_test(test_elf_size),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
