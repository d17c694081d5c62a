/* SPDX-License-Identifier: MIT */
/*
 * Tests pvh/read/uki.c on unified kernel images made here and on damaged copies
 * of them. Real ones may be named as arguments: each must be accepted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/pe.h"
#include "error_value.h"
#include "image_file.h"
#include "pvh/read/uki.h"

#define PE_AT	 0x80u
#define OPTIONAL 0xf0u
#define TABLE_AT (PE_AT + sizeof(struct pe_header) + OPTIONAL)
#define DATA_AT	 0x1200u
#define MAX_SIZE 0x3000u

/* An image that is being put together. */
static struct {
	uint8_t file[MAX_SIZE];
	size_t size;
	struct pe_header header;
} g;

static struct pe_section *section_at(uint32_t i)
{
	return (void *)(g.file + TABLE_AT + i * sizeof(struct pe_section));
}

static void put_header(void)
{
	memcpy(g.file + PE_AT, &g.header, sizeof(g.header));
}

static void begin(void)
{
	const uint32_t pe_at = PE_AT;

	memset(&g, 0, sizeof(g));
	memcpy(g.file, "MZ", 2);
	memcpy(g.file + PE_OFFSET_AT, &pe_at, sizeof(pe_at));
	g.header = (struct pe_header){
		.magic = PE_MAGIC,
		.machine = PE_MACHINE_AMD64,
		.optional_size = OPTIONAL,
	};
	g.size = DATA_AT;
	put_header();
}

/* Padded to 16 bytes in the file, as linkers pad to 512. */
static struct pe_section *add(const char *name, const char *text)
{
	uint32_t size = (uint32_t)strlen(text);
	struct pe_section *s = section_at(g.header.nr_sections++);

	memcpy(s->name, name, strnlen(name, sizeof(s->name)));
	s->size = size;
	s->file_size = (size + 15) & ~15u;
	s->file_offset = (uint32_t)g.size;
	memcpy(g.file + g.size, text, size);
	g.size += s->file_size;
	put_header();
	return s;
}

static void good_image(void)
{
	begin();
	add(".text", "stub code");
	add(".osrel", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
	add(".cmdline", "root=/dev/xvda1 ro\n");
	add(".initrd", "an initrd");
	add(".linux", "a kernel");
}

static enum error_code parse_uki(struct uki *u, size_t size, uint64_t *bad)
{
	uint8_t *copy = malloc(size ? size : 1);
	enum error_code e;

	assert_non_null(copy);
	memcpy(copy, g.file, size);
	e = error_split(uki_parse(u, copy, size), bad);
	free(copy);
	return e;
}

static void assert_part(struct uki_part p, const char *text)
{
	assert_int_equal(p.size, strlen(text));
	assert_true(p.offset + p.size <= g.size);
	assert_memory_equal(g.file + p.offset, text, p.size);
}

static void assert_text(struct text t, const char *want)
{
	assert_int_equal(t.len, strlen(want));
	assert_memory_equal(t.p, want, t.len);
}

static void test_parts(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	assert_true(uki_is(g.file, g.size));
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_part(u.linux_image, "a kernel");
	assert_part(u.initrd, "an initrd");
	assert_part(u.cmdline, "root=/dev/xvda1 ro\n");
	assert_int_equal(u.nr_profiles, 0);
	assert_text(uki_line(g.file, u.cmdline), "root=/dev/xvda1 ro");
	assert_text(uki_value(g.file, u.osrel, TEXT("PRETTY_NAME=")),
		    "Debian GNU/Linux 12");
	assert_text(uki_value(g.file, u.osrel, TEXT("NAME=")), "");
}

/* The kernel alone is enough. */
static void test_kernel_alone(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	begin();
	add(".linux", "a kernel");
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_part(u.linux_image, "a kernel");
	assert_int_equal(u.initrd.size + u.cmdline.size + u.osrel.size, 0);
	assert_text(uki_line(g.file, u.cmdline), "");
	assert_text(uki_value(g.file, u.osrel, TEXT("PRETTY_NAME=")), "");
}

/* Names are compared whole: the same beginning is another name. */
static void test_names(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	begin();
	add(".linux2", "no kernel");
	add(".linu", "no kernel");
	assert_int_equal(parse_uki(&u, g.size, &bad), UKI_NO_LINUX);
	add(".linux", "");
	assert_int_equal(parse_uki(&u, g.size, &bad), UKI_NO_LINUX);
}

/* Of two of one name the first is taken, as systemd-stub does it. */
static void test_twice(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	add(".cmdline", "the second");
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_part(u.cmdline, "root=/dev/xvda1 ro\n");
}

/* The smaller of both sizes: padding is none of it, zeros are not in the file.
 */
static void test_sizes(void **state)
{
	struct pe_section *s;
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	s = section_at(3);
	s->size = UINT32_MAX;
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_int_equal(u.initrd.size, 16);
	s->size = 3;
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_part(u.initrd, "an ");
}

static void test_profiles(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	add(".profile", "ID=main\nTITLE=Main\n");
	add(".cmdline", "root=/dev/main");
	add(".profile", "TITLE='Factory reset'\r\nID=reset");
	add(".cmdline", "root=/dev/reset");
	add(".linux", "another kernel");
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_int_equal(u.nr_profiles, 2);
	assert_part(u.cmdline, "root=/dev/main");
	assert_part(u.linux_image, "a kernel");
	assert_text(uki_value(g.file, u.profile[0], TEXT("ID=")), "main");
	assert_text(uki_value(g.file, u.profile[1], TEXT("ID=")), "reset");
	assert_text(uki_value(g.file, u.profile[1], TEXT("TITLE=")),
		    "Factory reset");
}

/* One profile that says nothing, and more of them than are kept. */
static void test_many_profiles(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	add(".profile", "");
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_int_equal(u.nr_profiles, 1);
	assert_part(u.cmdline, "root=/dev/xvda1 ro\n");
	for (uint32_t i = 0; i < 2 * UKI_MAX_PROFILES; i++)
		add(".profile", "ID=x");
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_int_equal(u.nr_profiles, 1 + 2 * UKI_MAX_PROFILES);
}

/* A profile's empty section does not hide the base's. */
static void test_empty_in_profile(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	add(".profile", "ID=main");
	add(".cmdline", "");
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
	assert_part(u.cmdline, "root=/dev/xvda1 ro\n");
}

static void test_line(void **state)
{
	static uint8_t file[] = "\n  a\tb\nc\x7f d\xc3\xa4 \r\n\0 behind";
	const struct uki_part part = {0, sizeof(file) - 1};

	(void)state;
	assert_text(uki_line(file, part), "a b c  d\xc3\xa4");
	assert_text(uki_line(file, (struct uki_part){0, 1}), "");
	assert_text(uki_line(file, (struct uki_part){0, 0}), "");
	assert_text(uki_line(file, (struct uki_part){0, 4}), "a");
}

static struct text value_of(const char *lines)
{
	return uki_value((const uint8_t *)lines,
			 (struct uki_part){0, strlen(lines)}, TEXT("K="));
}

static void test_value(void **state)
{
	(void)state;
	assert_text(value_of("K=v"), "v");
	assert_text(value_of("A=\nKK=1\nK='a b'\nK=2"), "a b");
	assert_text(value_of("K=\""), "\"");
	assert_text(value_of("K=\"\""), "");
	assert_text(value_of("K=\"a'"), "\"a'");
	assert_text(value_of("K=\nK=2"), "");
	assert_text(value_of("\n\n"), "");
}

/* ---- Bad images --------------------------------------------------------- */

static void test_not_efi(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	for (size_t size = 0; size < PE_AT + sizeof(struct pe_header); size++) {
		uint8_t *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, g.file, size);
		assert_false(uki_is(copy, size));
		assert_int_equal(error_split(uki_parse(&u, copy, size), &bad),
				 IMAGE_UNKNOWN);
		free(copy);
	}
	g.header.magic++;
	put_header();
	assert_false(uki_is(g.file, g.size));
	good_image();
	g.file[0] = 'Z';
	assert_false(uki_is(g.file, g.size));
	good_image();
	memset(g.file + PE_OFFSET_AT, 0xff, 4);
	assert_false(uki_is(g.file, g.size));
}

/* It has the headers of an EFI program, too. */
static void test_bzimage_is_none(void **state)
{
	const uint32_t magic = SETUP_HEADER_MAGIC;

	(void)state;
	good_image();
	memcpy(g.file + 0x202, &magic, sizeof(magic));
	assert_false(uki_is(g.file, g.size));
}

static void test_header(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	g.header.machine = 0xaa64;
	put_header();
	assert_int_equal(parse_uki(&u, g.size, &bad), UKI_OTHER_MACHINE);
	assert_int_equal(bad, 0xaa64);
	good_image();
	g.header.nr_sections = PE_MAX_SECTIONS + 1;
	put_header();
	assert_int_equal(parse_uki(&u, g.size, &bad), UKI_MANY_SECTIONS);
	assert_int_equal(bad, PE_MAX_SECTIONS + 1);
	good_image();
	g.header.optional_size = UINT16_MAX;
	put_header();
	assert_int_equal(parse_uki(&u, g.size, &bad), UKI_TRUNCATED);
	good_image();
	g.header.nr_sections = 0;
	put_header();
	assert_int_equal(parse_uki(&u, g.size, &bad), UKI_NO_LINUX);
}

/* An addon has a command line and no kernel, a bootloader has neither. */
static void test_no_kernel(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	begin();
	add(".cmdline", "quiet");
	assert_int_equal(parse_uki(&u, g.size, &bad), UKI_NO_LINUX);
}

/* The last section is the kernel: it ends where the file has to. */
static void test_truncated(void **state)
{
	struct uki u;
	uint64_t bad;
	size_t end;

	(void)state;
	good_image();
	end = g.size - 8;
	for (size_t size = PE_AT + sizeof(struct pe_header); size < end; size++)
		assert_int_equal(parse_uki(&u, size, &bad), UKI_TRUNCATED);
	assert_int_equal(bad, end);
	assert_int_equal(parse_uki(&u, end, &bad), ERROR_NONE);
}

/* One that is used, in each way in which it can be outside. */
static void test_outside(void **state)
{
	(void)state;
	for (uint32_t i = 1; i < 5; i++) {
		const uint32_t wrong[] = {MAX_SIZE, INT32_MAX, UINT32_MAX};

		for (uint32_t k = 0; k < 3; k++) {
			struct uki u;
			uint64_t bad;

			good_image();
			section_at(i)->file_offset = wrong[k];
			assert_int_equal(parse_uki(&u, g.size, &bad),
					 UKI_TRUNCATED);
			assert_true(bad > wrong[k]);
			good_image();
			section_at(i)->size = wrong[k];
			section_at(i)->file_size = wrong[k];
			assert_int_equal(parse_uki(&u, g.size, &bad),
					 UKI_TRUNCATED);
		}
	}
}

/* One that is not used may be anywhere. */
static void test_unused_outside(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	section_at(0)->file_offset = UINT32_MAX;
	assert_int_equal(parse_uki(&u, g.size, &bad), ERROR_NONE);
}

static void test_bad_profile(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	good_image();
	add(".profile", "ID=main")->file_offset = UINT32_MAX;
	assert_int_equal(parse_uki(&u, g.size, &bad), UKI_TRUNCATED);
}

static void test_overlap(void **state)
{
	struct uki u;
	uint64_t bad;

	(void)state;
	for (uint32_t i = 1; i < 5; i++)
		for (uint32_t k = 1; k < 5; k++) {
			if (i == k)
				continue;
			good_image();
			g.size += 64; /* room behind the last */
			section_at(i)->file_offset =
				section_at(k)->file_offset + 2;
			assert_int_equal(parse_uki(&u, g.size, &bad),
					 UKI_OVERLAP);
		}
}

static void check_part(struct uki_part p, size_t size)
{
	assert_true(!p.size || (p.offset <= size && p.size <= size - p.offset));
}

/* Whatever is accepted keeps its promises. */
static void test_damaged(void **state)
{
	static uint8_t good[MAX_SIZE];
	uint32_t seed = 7;

	(void)state;
	good_image();
	add(".profile", "ID=main");
	add(".cmdline", "root=/dev/main");
	memcpy(good, g.file, sizeof(good));
	for (uint32_t i = 0; i < 50000; i++) {
		struct uki u;
		uint64_t bad;

		memcpy(g.file, good, sizeof(good));
		for (uint32_t k = next_random(&seed) % 4; k < 4; k++)
			g.file[next_random(&seed) %
			       (TABLE_AT + 7 * sizeof(struct pe_section))] =
				(uint8_t)next_random(&seed);
		if (parse_uki(&u, g.size, &bad))
			continue;
		assert_true(u.linux_image.size);
		check_part(u.linux_image, g.size);
		check_part(u.initrd, g.size);
		check_part(u.cmdline, g.size);
		check_part(u.osrel, g.size);
		uki_line(g.file, u.cmdline);
	}
}

/* ---- Real ones ---------------------------------------------------------- */

static uint8_t *read_whole(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long end;

	if (!f || fseek(f, 0, SEEK_END) || (end = ftell(f)) < 0)
		return NULL;
	rewind(f);
	*size = (size_t)end;
	p = malloc(*size + 1);
	if (p && fread(p, 1, *size, f) != *size)
		*size = 0;
	fclose(f);
	return p;
}

static int check_real(const char *path)
{
	size_t size = 0;
	uint8_t *file = read_whole(path, &size);
	struct uki u;
	struct error e;

	if (!file || !uki_is(file, size)) {
		fprintf(stderr, "%s: is no EFI image\n", path);
		return 1;
	}
	e = uki_parse(&u, file, size);
	if (e.code)
		fprintf(stderr, "%s: %s\n", path, error_text(e.code));
	else
		printf("%s: kernel %lu at %#lx, initrd %lu at %#lx, %u profiles\n",
		       path, u.linux_image.size, u.linux_image.offset,
		       u.initrd.size, u.initrd.offset, u.nr_profiles);
	free(file);
	return e.code != ERROR_NONE;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_kernel_alone),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_many_profiles),
		cmocka_unit_test(test_empty_in_profile),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_not_efi),
		cmocka_unit_test(test_bzimage_is_none),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_no_kernel),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_unused_outside),
		cmocka_unit_test(test_bad_profile),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_damaged),
	};
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= check_real(argv[i]);
	return bad | cmocka_run_group_tests(tests, NULL, NULL);
}
