/* SPDX-License-Identifier: MIT */
/*
 * multiboot2 information as GRUB leaves it, each thing that can be wrong with
 * it, and the search for the RSDP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/acpi.h"
#include "abi/multiboot2.h"
#include "error_value.h"
#include "pvh/read/acpi.h"
#include "pvh/read/multiboot2.h"

/* Two pieces of memory: RAM and ACPI tables. */
#define RAM_PA	UINT64_C(0x100000)
#define RAM_LEN 0x20000u
#define ACPI_PA UINT64_C(0xfc000000)
#define INFO_PA (RAM_PA + 0x2008)

#define SHIM_LINE  "sidecar=log -- quiet"
#define LINUX_LINE "placeholder root=/dev/xvda ro"

static const struct range shim = {RAM_PA, RAM_PA + 0x1000};

static uint8_t *ram, *tables, *info;
static uint32_t at; /* where the next tag goes, in info */
static struct startinfo si;
static struct memmap map;
static uint64_t bad;

static const void *mem_at(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	if (pa >= RAM_PA && pa <= RAM_PA + RAM_LEN &&
	    size <= RAM_PA + RAM_LEN - pa)
		return ram + (pa - RAM_PA);
	if (pa >= ACPI_PA && pa <= ACPI_PA + RAM_LEN &&
	    size <= ACPI_PA + RAM_LEN - pa)
		return tables + (pa - ACPI_PA);
	return NULL;
}

static const struct guest_memory mem = {mem_at, NULL};

/* ---- What a loader writes ---------------------------------------------- */

static uint32_t tag_begin(uint32_t type, uint32_t body_bytes)
{
	struct multiboot2_tag t = {type, (uint32_t)sizeof(t) + body_bytes};
	uint32_t body = at + (uint32_t)sizeof(t);

	memcpy(info + at, &t, sizeof(t));
	at += (t.size + 7u) & ~7u;
	return body;
}

static void tag_line(const char *line)
{
	uint32_t n = (uint32_t)strlen(line) + 1;

	memcpy(info + tag_begin(MULTIBOOT2_LINE, n), line, n);
}

static void tag_module(uint32_t start, uint32_t end, const char *line)
{
	struct multiboot2_module m = {start, end};
	uint32_t n = (uint32_t)strlen(line) + 1;
	uint32_t body = tag_begin(MULTIBOOT2_MODULE, (uint32_t)sizeof(m) + n);

	memcpy(info + body, &m, sizeof(m));
	memcpy(info + body + sizeof(m), line, n);
}

/* Entries of @step bytes */
static void tag_map(uint32_t step)
{
	static const struct multiboot2_map_entry e[] = {
		{RAM_PA, RAM_LEN, MEMMAP_RAM, 0},
		{ACPI_PA, RAM_LEN, MEMMAP_ACPI, 0},
		{0xfeff8000, 0x8000, MEMMAP_RESERVED, 0},
	};
	struct multiboot2_map head = {step, 0};
	uint32_t body =
		tag_begin(MULTIBOOT2_MAP, (uint32_t)sizeof(head) + 3 * step);

	memcpy(info + body, &head, sizeof(head));
	for (uint32_t i = 0; i < 3; i++)
		memcpy(info + body + sizeof(head) + i * step, &e[i],
		       sizeof(e[i]));
}

static void tags_end(void)
{
	tag_begin(MULTIBOOT2_END, 0);
	memcpy(info, &at, sizeof(at));
}

/* GRUB 2.06's order, with two tags that mean nothing to the shim */
static void make(void)
{
	at = sizeof(struct multiboot2_info);
	memset(info, 0, 0x2000);
	tag_begin(21, 4);
	tag_line(SHIM_LINE);
	tag_begin(2, 5);
	tag_module(RAM_PA + 0x5000, RAM_PA + 0x6801, LINUX_LINE);
	tag_module(RAM_PA + 0x8000, RAM_PA + 0x9000, "");
	tag_map(24);
	tags_end();
}

static void make_rsdp(uint8_t *to, uint8_t revision)
{
	struct acpi_rsdp r = {.signature = "RSD PTR ",
			      .revision = revision,
			      .length = sizeof(r)};

	r.checksum = (uint8_t)-acpi_sum(&r, ACPI_RSDP_V1_BYTES);
	r.extended_checksum = (uint8_t)-acpi_sum(&r, sizeof(r));
	memcpy(to, &r, revision ? sizeof(r) : ACPI_RSDP_V1_BYTES);
}

static int setup(void **state)
{
	(void)state;
	ram = calloc(1, RAM_LEN);
	tables = calloc(1, RAM_LEN);
	assert_non_null(ram);
	assert_non_null(tables);
	info = ram + (INFO_PA - RAM_PA);
	make();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(ram);
	free(tables);
	return 0;
}

static enum error_code read_it(void)
{
	bad = 0;
	return error_split(multiboot2_read(&si, &map, mem, INFO_PA), &bad);
}

static void fails(enum error_code want, uint64_t value)
{
	assert_int_equal(read_it(), want);
	assert_int_equal(bad, value);
}

static void assert_text(struct text t, const char *want)
{
	assert_int_equal(t.len, strlen(want));
	assert_memory_equal(t.p, want, t.len);
}

/* The address of tag number @nr, from 0 on */
static uint32_t find_tag(uint32_t nr)
{
	struct multiboot2_tag t;
	uint32_t off = sizeof(struct multiboot2_info);

	for (; nr; nr--) {
		memcpy(&t, info + off, sizeof(t));
		off += (t.size + 7u) & ~7u;
	}
	return off;
}

static void set_u32(uint32_t off, uint32_t value)
{
	memcpy(info + off, &value, sizeof(value));
}

enum {
	TAG_LINE = 1,
	TAG_MODULE = 3,
	TAG_MAP = 5,
	TAG_END = 6
};

/* ---- Tests -------------------------------------------------------------- */

static void test_read(void **state)
{
	(void)state;
	assert_int_equal(read_it(), ERROR_NONE);
	assert_true(si.multiboot2);
	assert_int_equal(si.nr_modules, 2);
	assert_int_equal(si.module[0].pa, RAM_PA + 0x5000);
	assert_int_equal(si.module[0].size, 0x1801);
	assert_text(si.module[0].cmdline, "root=/dev/xvda ro");
	assert_text(si.module[1].cmdline, "");
	assert_text(si.cmdline, SHIM_LINE);
	assert_ptr_equal(si.cmdline.p, info + find_tag(TAG_LINE) + 8);
	assert_true(si.has_memmap);
	assert_int_equal(map.nr, 3);
	assert_int_equal(map.e[1].start, ACPI_PA);
	assert_int_equal(map.e[1].type, MEMMAP_ACPI);
	assert_int_equal(si.rsdp_pa, 0);
	assert_int_equal(si.nr_tables, 1);
	assert_int_equal(si.table[0].start, INFO_PA);
	assert_int_equal(si.table[0].end, INFO_PA + at);
	assert_int_equal(startinfo_check(&si, &map, shim).code, ERROR_NONE);
}

/* The zero that ends a line stays where it is. */
static void test_placeholder(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"placeholder", ""},
		{"placeholder ", ""},
		{"placeholder  a b", "a b"},
		{"placeholders a", "placeholders a"},
		{"a placeholder", "a placeholder"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make();
		at = find_tag(TAG_LINE);
		tag_line(rows[i].line);
		tags_end();
		assert_int_equal(read_it(), ERROR_NONE);
		assert_text(si.cmdline, rows[i].want);
		assert_int_equal(si.cmdline.p[si.cmdline.len], 0);
	}
}

/* Bigger entries, as a later version may have them; then no map at all. */
static void test_map(void **state)
{
	(void)state;
	at = find_tag(TAG_MAP);
	tag_map(32);
	tags_end();
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(map.nr, 3);
	at = find_tag(TAG_MAP);
	tags_end();
	assert_int_equal(read_it(), ERROR_NONE);
	assert_false(si.has_memmap);
	assert_int_equal(map.nr, 0);
}

static void test_first_counts(void **state)
{
	(void)state;
	at = find_tag(TAG_END);
	tag_line("sidecar=off");
	tag_map(24);
	tags_end();
	assert_int_equal(read_it(), ERROR_NONE);
	assert_text(si.cmdline, SHIM_LINE);
	assert_int_equal(map.nr, 3);
}

static void test_bad_size(void **state)
{
	static const uint32_t sizes[] = {0, 15, MULTIBOOT2_MAX_BYTES + 1,
					 UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		set_u32(0, sizes[i]);
		fails(MULTIBOOT2_BAD_SIZE, sizes[i]);
	}
	set_u32(0, RAM_LEN);
	fails(MULTIBOOT2_UNREADABLE, INFO_PA);
	for (uint64_t pa = 0; pa < 64; pa += 63) {
		assert_int_equal(multiboot2_read(&si, &map, mem, pa - 1).code,
				 MULTIBOOT2_UNREADABLE);
	}
}

/* Each tag's size from 0 to beyond the end */
static void test_bad_tags(void **state)
{
	(void)state;
	for (uint32_t nr = 0; nr < TAG_END; nr++) {
		for (uint32_t size = 0; size < 8; size++) {
			make();
			set_u32(find_tag(nr) + 4, size);
			fails(MULTIBOOT2_BAD_TAG, INFO_PA + find_tag(nr));
		}
		make();
		set_u32(find_tag(nr) + 4, at - find_tag(nr) + 1);
		fails(MULTIBOOT2_BAD_TAG, INFO_PA + find_tag(nr));
	}
	make();
	set_u32(find_tag(TAG_MODULE) + 4, 15);
	fails(MULTIBOOT2_BAD_TAG, INFO_PA + find_tag(TAG_MODULE));
	make();
	set_u32(find_tag(TAG_MODULE) + 4, 16);
	fails(MULTIBOOT2_BAD_TAG, INFO_PA + find_tag(TAG_MODULE));
	make();
	set_u32(find_tag(TAG_LINE) + 4, 8);
	fails(MULTIBOOT2_BAD_TAG, INFO_PA + find_tag(TAG_LINE));
	make();
	set_u32(find_tag(TAG_MAP) + 4, 12);
	fails(MULTIBOOT2_BAD_TAG, INFO_PA + find_tag(TAG_MAP));
	for (uint32_t step = 0; step < 24; step++) {
		make();
		set_u32(find_tag(TAG_MAP) + 8, step);
		fails(MULTIBOOT2_BAD_TAG, INFO_PA + find_tag(TAG_MAP));
	}
}

static void test_no_end(void **state)
{
	(void)state;
	set_u32(0, at - 8);
	fails(MULTIBOOT2_NO_END, INFO_PA);
	set_u32(0, at - 1);
	fails(MULTIBOOT2_NO_END, INFO_PA);
}

/* A line without its zero ends with its tag, not behind it. */
static void test_endless_line(void **state)
{
	uint32_t off = find_tag(TAG_LINE);

	(void)state;
	set_u32(off + 4, 8 + (uint32_t)strlen(SHIM_LINE));
	fails(STARTINFO_LONG_CMDLINE, INFO_PA + off + 8);
	make();
	off = find_tag(TAG_MODULE);
	set_u32(off + 4, 16 + (uint32_t)strlen(LINUX_LINE));
	fails(STARTINFO_LONG_CMDLINE, INFO_PA + off + 16);
}

static void test_bad_modules(void **state)
{
	uint32_t off = find_tag(TAG_MODULE);

	(void)state;
	set_u32(off + 12, RAM_PA + 0x5000);
	fails(STARTINFO_EMPTY_MODULE, 0);
	set_u32(off + 12, 0);
	fails(STARTINFO_EMPTY_MODULE, 0);
	make();
	at = find_tag(TAG_END);
	for (uint32_t i = 0; i < STARTINFO_MAX_MODULES - 2; i++)
		tag_module(RAM_PA + 0xa000 + i * 0x1000,
			   RAM_PA + 0xa001 + i * 0x1000, "");
	tags_end();
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(si.nr_modules, STARTINFO_MAX_MODULES);
	assert_int_equal(startinfo_check(&si, &map, shim).code, ERROR_NONE);
	at -= 8;
	tag_module(RAM_PA + 0x1f000, RAM_PA + 0x1f001, "");
	tags_end();
	fails(STARTINFO_TOO_MANY_MODULES, STARTINFO_MAX_MODULES + 1);
}

/* What is checked with start_info's function */
static void test_places(void **state)
{
	uint32_t off = find_tag(TAG_MODULE);

	(void)state;
	set_u32(off + 8, RAM_PA);
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(startinfo_check(&si, &map, shim).code,
			 STARTINFO_SHIM_OVERLAP);
	set_u32(off + 8, INFO_PA & ~0xfffu);
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(startinfo_check(&si, &map, shim).code,
			 STARTINFO_MODULE_OVERLAP);
	set_u32(off + 8, RAM_PA + 0x5000);
	set_u32(off + 12, RAM_PA + RAM_LEN + 1);
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(startinfo_check(&si, &map, shim).code,
			 STARTINFO_MODULE_NOT_RAM);
}

static void test_bad_map(void **state)
{
	uint32_t off = find_tag(TAG_MAP);

	(void)state;
	set_u32(off + 16 + 24, (uint32_t)RAM_PA + 0x1000);
	fails(MEMMAP_OVERLAP, RAM_PA + 0x1000);
}

/* More entries than any guest has: not one of them is read. */
static void test_large_map(void **state)
{
	const uint32_t step = 24, nr = STARTINFO_MAX_MEMMAP + 1;
	struct multiboot2_map head = {step, 0};

	(void)state;
	info = ram + 8;
	memset(ram, 0, RAM_LEN);
	at = sizeof(struct multiboot2_info);
	memcpy(info + tag_begin(MULTIBOOT2_MAP,
				(uint32_t)sizeof(head) + nr * step),
	       &head, sizeof(head));
	tags_end();
	bad = 0;
	assert_int_equal(
		error_split(multiboot2_read(&si, &map, mem, RAM_PA + 8), &bad),
		STARTINFO_BAD_COUNT);
	assert_int_equal(bad, nr);
}

static void test_rsdp_found(void **state)
{
	(void)state;
	assert_int_equal(read_it(), ERROR_NONE);
	make_rsdp(tables + 0x1f000, 2);
	memcpy(tables + 0x40, tables + 0x1f000, 36);
	tables[0x40 + 9]++;	     /* a wrong checksum */
	make_rsdp(tables + 0x58, 2); /* not at a multiple of 16 */
	memcpy(ram + 0x4000, tables + 0x1f000, 36); /* not in its type */
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, ACPI_PA + 0x1f000);
	make_rsdp(tables + 0x80, 0);
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, ACPI_PA + 0x80);
}

/* At the end of a range that nothing follows */
static void test_rsdp_at_end(void **state)
{
	(void)state;
	assert_int_equal(read_it(), ERROR_NONE);
	memcpy(tables + RAM_LEN - 16, "RSD PTR ", 8);
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, 0);
}

/* As Xen 4.21 names the memory of its tables; there it is searched as well. */
static void test_rsdp_nvs(void **state)
{
	(void)state;
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(map.e[1].start, ACPI_PA);
	map.e[1].type = MEMMAP_NVS;
	make_rsdp(tables, 2);
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, ACPI_PA);
	assert_int_equal(map.e[1].type, MEMMAP_NVS);
}

/* A huge range is not searched for ever. */
static void test_rsdp_bounded(void **state)
{
	(void)state;
	assert_int_equal(read_it(), ERROR_NONE);
	make_rsdp(tables, 2);
	map.nr = 0;
	memmap_add(&map, ACPI_PA - MULTIBOOT2_MAX_SEARCH, PA_END - FOUR_GIB,
		   MEMMAP_ACPI);
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, 0);
	map.e[0].start += 16;
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, ACPI_PA);
}

/* The loader's copy is used if there is no other, and kept for Linux. */
static void test_rsdp_copy(void **state)
{
	uint32_t body;

	(void)state;
	at = find_tag(TAG_END);
	make_rsdp(info + tag_begin(MULTIBOOT2_RSDP_NEW, 36), 2);
	body = tag_begin(MULTIBOOT2_RSDP_OLD, 20);
	make_rsdp(info + body, 0);
	tags_end();
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, INFO_PA + find_tag(TAG_END) + 8);
	assert_false(memmap_is_ram(&map, INFO_PA, INFO_PA + 1));
	assert_true(memmap_is_ram(&map, INFO_PA + 0x1000, RAM_PA + RAM_LEN));
	make_rsdp(tables + 0x1000, 2);
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, ACPI_PA + 0x1000);
	assert_true(memmap_is_ram(&map, INFO_PA, INFO_PA + 1));
}

static void test_rsdp_bad_copy(void **state)
{
	(void)state;
	at = find_tag(TAG_END);
	make_rsdp(info + tag_begin(MULTIBOOT2_RSDP_OLD, 20), 0);
	info[find_tag(TAG_END) + 8 + 9]++;
	tags_end();
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(multiboot2_find_rsdp(&si, &map, mem).code, ERROR_NONE);
	assert_int_equal(si.rsdp_pa, 0);
	assert_true(memmap_is_ram(&map, INFO_PA, INFO_PA + 1));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_read),	       T(test_placeholder),
		T(test_map),	       T(test_first_counts),
		T(test_bad_size),      T(test_bad_tags),
		T(test_no_end),	       T(test_endless_line),
		T(test_bad_modules),   T(test_places),
		T(test_bad_map),       T(test_large_map),
		T(test_rsdp_found),    T(test_rsdp_at_end),
		T(test_rsdp_bounded),  T(test_rsdp_copy),
		T(test_rsdp_bad_copy), T(test_rsdp_nvs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
