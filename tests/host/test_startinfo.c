/* SPDX-License-Identifier: MIT */
/*
 * start_info as it is read: what libxl passes, and each thing that can be wrong
 * with it.
 */
#include "error_value.h"
#include "startinfo_guest.h"

static void test_read(void **state)
{
	(void)state;
	assert_int_equal(read_and_check(), ERROR_NONE);
	assert_int_equal(si.version, 1);
	assert_int_equal(si.nr_modules, 2);
	assert_int_equal(si.module[0].pa, MODULE0_PA);
	assert_int_equal(si.module[0].size, 0x1801);
	assert_text(si.module[0].cmdline, LINUX_LINE);
	assert_int_equal(si.module[1].pa, MODULE1_PA);
	assert_text(si.module[1].cmdline, "");
	assert_text(si.cmdline, SHIM_LINE);
	assert_ptr_equal(si.cmdline.p, ram + (LINE_PA - RAM_PA));
	assert_int_equal(si.rsdp_pa, 0xfc008000);
	assert_true(si.has_memmap);
	assert_int_equal(map.nr, 3);
	assert_int_equal(map.e[1].start, 0xfc000000);
	assert_int_equal(map.e[1].type, MEMMAP_ACPI);
	assert_int_equal(si.nr_tables, 5);
}

static void test_bare(void **state)
{
	(void)state;
	info.nr_modules = 0;
	info.modlist_paddr = UINT64_MAX;
	info.cmdline_paddr = 0;
	assert_int_equal(read_and_check(), ERROR_NONE);
	assert_int_equal(si.nr_modules, 0);
	assert_text(si.cmdline, "");
	assert_int_equal(si.nr_tables, 2);
}

static void test_version_0(void **state)
{
	struct guest_memory mem = {.at = mem_at};
	const uint64_t pa = RAM_END - 40;
	const struct boot_e820_entry e820[] = {
		{RAM_PA, RAM_LEN, 1},
		{0xfc000000, 0x10000, 3},
	};

	(void)state;
	info.version = 0;
	put_tables();
	put(pa, &info, 40); /* the last 40 bytes of memory */
	assert_int_equal(error_split(startinfo_read(&si, &map, mem, pa), &bad),
			 ERROR_NONE);
	assert_false(si.has_memmap);
	assert_int_equal(map.nr, 0);
	assert_int_equal(error_split(startinfo_check(&si, &map, shim), &bad),
			 STARTINFO_TABLE_OUTSIDE);
	assert_int_equal(error_split(startinfo_add_e820(&map, e820, 2), &bad),
			 ERROR_NONE);
	assert_int_equal(error_split(startinfo_check(&si, &map, shim), &bad),
			 ERROR_NONE);
	info.version = 1;
	put(pa, &info, 40);
	assert_int_equal(error_split(startinfo_read(&si, &map, mem, pa), &bad),
			 STARTINFO_UNREADABLE);
}

static void test_no_memmap(void **state)
{
	const struct boot_e820_entry wrong[] = {
		{RAM_PA, RAM_LEN, 1},
		{RAM_PA + 0x1000, 0x1000, 2},
	};

	(void)state;
	info.memmap_entries = 0;
	info.memmap_paddr = UINT64_MAX;
	assert_int_equal(read_it(), ERROR_NONE);
	assert_false(si.has_memmap);
	assert_int_equal(si.nr_tables, 4);
	assert_int_equal(error_split(startinfo_add_e820(&map, wrong, 2), &bad),
			 MEMMAP_OVERLAP);
	assert_int_equal(bad, RAM_PA + 0x1000);
	map.nr = 0;
	assert_int_equal(error_split(startinfo_add_e820(&map, wrong, 1), &bad),
			 ERROR_NONE);
	assert_int_equal(map.nr, 1);
}

static void fails(enum error_code e, uint64_t named)
{
	assert_int_equal(read_and_check(), e);
	assert_true(bad == named);
}

static void test_bad_head(void **state)
{
	struct guest_memory mem = {.at = mem_at};
	static const uint64_t pa[] = {0, RAM_END - 39, RAM_END,
				      UINT64_C(1) << 52, UINT64_MAX - 8};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pa) / sizeof(pa[0]); i++) {
		assert_int_equal(
			error_split(startinfo_read(&si, &map, mem, pa[i]),
				    &bad),
			STARTINFO_UNREADABLE);
		assert_true(bad == pa[i]);
	}
	info.magic = 0x12345678;
	fails(STARTINFO_BAD_MAGIC, 0x12345678);
	info.magic = XEN_HVM_START_MAGIC_VALUE;
	info.nr_modules = 9;
	fails(STARTINFO_TOO_MANY_MODULES, 9);
	info.nr_modules = UINT32_MAX;
	fails(STARTINFO_TOO_MANY_MODULES, UINT32_MAX);
	info.nr_modules = 2;
	info.modlist_paddr = RAM_END - 63;
	fails(STARTINFO_BAD_MODLIST, RAM_END - 63);
	info.modlist_paddr = UINT64_MAX - 3;
	fails(STARTINFO_BAD_MODLIST, UINT64_MAX - 3);
}

static void test_bad_cmdline(void **state)
{
	(void)state;
	info.cmdline_paddr = RAM_END;
	fails(STARTINFO_BAD_CMDLINE, RAM_END);
	info.cmdline_paddr = UINT64_MAX;
	fails(STARTINFO_BAD_CMDLINE, UINT64_MAX);
	info.cmdline_paddr = LINE_PA;
	module[0].cmdline_paddr = 5;
	fails(STARTINFO_BAD_CMDLINE, 5);
}

static void test_long_cmdline(void **state)
{
	const uint64_t pa = RAM_PA + 0xa001;

	(void)state;
	info.cmdline_paddr = pa;
	memset(ram + 0xa001, 'x', 65535);
	assert_int_equal(read_and_check(), ERROR_NONE);
	assert_int_equal(si.cmdline.len, 65535);
	memset(ram + 0xa001, 'x', 65536);
	fails(STARTINFO_LONG_CMDLINE, pa);
	memset(ram + 0x1f000, 'x', 0x1000); /* runs off the end of memory */
	info.cmdline_paddr = RAM_PA + 0x1f000;
	fails(STARTINFO_BAD_CMDLINE, RAM_PA + 0x1f000);
}

/* Behind its page there is no memory: that is not looked at. */
static void test_last_cmdline(void **state)
{
	(void)state;
	info.cmdline_paddr = RAM_END - 16;
	memcpy(ram + RAM_LEN - 16, "at the end", 11);
	assert_int_equal(read_and_check(), ERROR_NONE);
	assert_text(si.cmdline, "at the end");
}

static bool has_table(uint64_t pa, uint64_t bytes)
{
	for (uint32_t i = 0; i < si.nr_tables; i++)
		if (si.table[i].start == pa && si.table[i].end == pa + bytes)
			return true;
	return false;
}

/* What must not be overwritten, as a whole. */
static void test_tables(void **state)
{
	(void)state;
	assert_int_equal(read_and_check(), ERROR_NONE);
	assert_true(
		has_table(MEMMAP_PA, info.memmap_entries * sizeof(entry[0])));
	assert_true(has_table(MODLIST_PA, info.nr_modules * sizeof(module[0])));
}

/* Text that can be mapped page by page but not as a whole. */
static const void *one_page_at(void *ctx, uint64_t pa, uint64_t size)
{
	if (pa / PAGE_SIZE != (pa + size - 1) / PAGE_SIZE)
		return NULL;
	return mem_at(ctx, pa, size);
}

static void test_split_cmdline(void **state)
{
	struct guest_memory mem = {.at = one_page_at};

	(void)state;
	put_tables();
	assert_int_equal(
		error_split(startinfo_read(&si, &map, mem, INFO_PA), &bad),
		STARTINFO_BAD_CMDLINE);
	assert_int_equal(bad, LINE_PA);
}

static void test_bad_memmap(void **state)
{
	(void)state;
	info.memmap_entries = STARTINFO_MAX_MEMMAP + 1;
	fails(STARTINFO_BAD_COUNT, STARTINFO_MAX_MEMMAP + 1);
	info.memmap_entries = UINT32_MAX;
	fails(STARTINFO_BAD_COUNT, UINT32_MAX);
	info.memmap_entries = 3;
	info.memmap_paddr = RAM_END - 71;
	fails(STARTINFO_BAD_MEMMAP, RAM_END - 71);
	info.memmap_paddr = MEMMAP_PA;
	entry[1].size = UINT64_MAX;
	fails(MEMMAP_WRAPS, 0xfc000000);
	entry[1].size = 0x10000000;
	fails(MEMMAP_OVERLAP, 0xfeff8000);
}

static void test_full_memmap(void **state)
{
	const uint64_t pa = RAM_PA + 0xa000;
	uint32_t i;

	(void)state;
	for (i = 1; i <= STARTINFO_MAX_MEMMAP; i++) {
		entry[i].addr = (UINT64_C(1) << 32) + i * UINT64_C(0x2000);
		entry[i].size = 0x1000;
		entry[i].type = 2;
	}
	put(pa, entry, STARTINFO_MAX_MEMMAP * sizeof(entry[0]));
	info.memmap_paddr = pa;
	info.memmap_entries = MEMMAP_MAX;
	assert_int_equal(read_and_check(), ERROR_NONE);
	assert_int_equal(map.nr, MEMMAP_MAX);
	info.memmap_entries = STARTINFO_MAX_MEMMAP;
	fails(MEMMAP_FULL, entry[MEMMAP_MAX].addr);
}

static void test_bad_module(void **state)
{
	(void)state;
	module[1].size = 0;
	fails(STARTINFO_EMPTY_MODULE, 1);
	module[1].size = UINT64_MAX;
	fails(STARTINFO_MODULE_NOT_RAM, MODULE1_PA);
	module[1].size = RAM_END - MODULE1_PA + 1;
	fails(STARTINFO_MODULE_NOT_RAM, MODULE1_PA);
	module[1].size--;
	assert_int_equal(read_and_check(), ERROR_NONE);
	module[1].size = 0x1000;
	module[1].paddr = 0xfc000000; /* in the map, but not RAM */
	fails(STARTINFO_MODULE_NOT_RAM, 0xfc000000);
}

/* The last byte that an address may have. */
static void test_last_module(void **state)
{
	(void)state;
	module[1].paddr = PA_END - 0x1000;
	module[1].size = 0x1000;
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(si.module[1].pa, PA_END - 0x1000);
	module[1].size++;
	assert_int_equal(read_it(), STARTINFO_MODULE_NOT_RAM);
}

/* What lies behind the last entry is none. */
static void test_end_of_map(void **state)
{
	(void)state;
	info.nr_modules = 1;
	module[0].paddr = RAM_PA + 0x1000;
	module[0].size = 0x1000;
	entry[0].size = 0x2000;
	entry[1].addr = RAM_PA + 0x2000;
	entry[1].size = RAM_LEN - 0x2000;
	assert_int_equal(read_and_check(), ERROR_NONE);
	map.nr = 1;
	assert_int_equal(error_split(startinfo_check(&si, &map, shim), &bad),
			 STARTINFO_TABLE_OUTSIDE);
}

static void test_module_overlap(void **state)
{
	(void)state;
	module[1].paddr = MODULE0_PA + 0x1800;
	fails(STARTINFO_MODULE_OVERLAP, MODULE0_PA + 0x1800);
	module[1].paddr = MODULE0_PA + 0x1801;
	assert_int_equal(read_and_check(), ERROR_NONE);
	module[1].paddr = LINE1_PA + sizeof(LINUX_LINE) - 1;
	module[1].size = 1;
	fails(STARTINFO_MODULE_OVERLAP, LINE1_PA + sizeof(LINUX_LINE) - 1);
	module[1].paddr++;
	assert_int_equal(read_and_check(), ERROR_NONE);
	module[1].paddr = INFO_PA - 1;
	module[1].size = 2;
	fails(STARTINFO_MODULE_OVERLAP, INFO_PA - 1);
	module[1].paddr = shim.end - 1;
	fails(STARTINFO_SHIM_OVERLAP, shim.end - 1);
}

static void test_tables_outside(void **state)
{
	(void)state;
	entry[0].size = LINE_PA + 5 - RAM_PA;
	fails(STARTINFO_TABLE_OUTSIDE, LINE_PA);
	entry[1].addr = LINE_PA + 5; /* the rest of it is in another range */
	entry[1].size = 0x1000;
	entry[1].type = 2;
	fails(STARTINFO_MODULE_NOT_RAM, MODULE0_PA);
	entry[0].size = RAM_LEN;
	info.memmap_entries = 1;
	info.cmdline_paddr = shim.end - 1;
	fails(STARTINFO_SHIM_OVERLAP, shim.end - 1);
}

static void test_most_modules(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		module[i].paddr = MODULE0_PA + i * UINT64_C(0x1000);
		module[i].size = 0x1000;
		module[i].cmdline_paddr = LINE1_PA;
	}
	info.nr_modules = 8;
	assert_int_equal(read_and_check(), ERROR_NONE);
	assert_int_equal(si.nr_tables, STARTINFO_MAX_TABLES);
	assert_text(si.module[7].cmdline, LINUX_LINE);
}

static void test_damaged(void **state)
{
	uint64_t calls = 0;
	struct guest_memory mem = {.at = mem_at, .ctx = &calls};
	uint32_t seed = 1, i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		size_t at;

		put_tables();
		seed = seed * 1664525u + 1013904223u;
		at = 0x2004 + (seed >> 8) % 0x400;
		seed = seed * 1664525u + 1013904223u;
		ram[at] = (uint8_t)(seed >> 16);
		ram[0x2004 + (seed >> 8) % 56] ^= (uint8_t)(seed >> 24);
		calls = 0;
		if (!error_split(startinfo_read(&si, &map, mem, INFO_PA), &bad))
			(void)error_split(startinfo_check(&si, &map, shim),
					  &bad);
		assert_true(si.nr_tables <= STARTINFO_MAX_TABLES);
		assert_true(calls < 200);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),	   TEST(test_bare),
		TEST(test_version_0),	   TEST(test_no_memmap),
		TEST(test_last_cmdline),   TEST(test_tables),
		TEST(test_bad_head),	   TEST(test_bad_cmdline),
		TEST(test_long_cmdline),   TEST(test_split_cmdline),
		TEST(test_bad_memmap),	   TEST(test_full_memmap),
		TEST(test_bad_module),	   TEST(test_module_overlap),
		TEST(test_last_module),	   TEST(test_end_of_map),
		TEST(test_tables_outside), TEST(test_most_modules),
		TEST(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
