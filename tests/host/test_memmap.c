/* SPDX-License-Identifier: MIT */
/*
 * The memory map: edges by hand. Random maps: test_memmap_random.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/memmap.h"

#define PA_MAX (UINT64_C(1) << 52)
#define PAGE   UINT64_C(4096)
#define ALL    ((struct range){0, PA_MAX})

static struct memmap m;
static struct ranges used;

static int empty(void **state)
{
	(void)state;
	memset(&m, 0xa5, sizeof(m));
	memset(&used, 0xa5, sizeof(used));
	m.nr = 0;
	used.nr = 0;
	return 0;
}

static void assert_entry(uint32_t i, uint64_t start, uint64_t end,
			 uint32_t type)
{
	assert_true(i < m.nr);
	assert_int_equal(m.e[i].start, start);
	assert_int_equal(m.e[i].end, end);
	assert_int_equal(m.e[i].type, type);
}

static void assert_range(struct range r, uint64_t start, uint64_t end)
{
	assert_int_equal(r.start, start);
	assert_int_equal(r.end, end);
}

static void add_sorts_and_merges(void **state)
{
	(void)state;
	assert_int_equal(memmap_add(&m, 0x9000, 0x1000, MEMMAP_RAM).code, 0);
	assert_int_equal(memmap_add(&m, 0x1000, 0x1000, MEMMAP_RAM).code, 0);
	assert_int_equal(memmap_add(&m, 0x5000, 0x1000, MEMMAP_RESERVED).code,
			 0);
	assert_int_equal(memmap_add(&m, 0x7000, 0, MEMMAP_RAM).code, 0);
	assert_int_equal(m.nr, 3);
	assert_entry(0, 0x1000, 0x2000, MEMMAP_RAM);
	assert_entry(1, 0x5000, 0x6000, MEMMAP_RESERVED);
	assert_entry(2, 0x9000, 0xa000, MEMMAP_RAM);

	/* touching from above, from below, overlapping, and inside */
	assert_int_equal(memmap_add(&m, 0x2000, 0x1000, MEMMAP_RAM).code, 0);
	assert_int_equal(memmap_add(&m, 0x8000, 0x1000, MEMMAP_RAM).code, 0);
	assert_int_equal(memmap_add(&m, 0x2800, 0x1000, MEMMAP_RAM).code, 0);
	assert_int_equal(memmap_add(&m, 0x1800, 0x100, MEMMAP_RAM).code, 0);
	assert_int_equal(m.nr, 3);
	assert_entry(0, 0x1000, 0x3800, MEMMAP_RAM);
	assert_entry(2, 0x8000, 0xa000, MEMMAP_RAM);
	/* other types touch but do not merge */
	assert_int_equal(memmap_add(&m, 0x6000, 0x2000, MEMMAP_ACPI).code, 0);
	assert_int_equal(m.nr, 4);
	assert_int_equal(memmap_ram_bytes(&m), 0x4800);
}

static void add_swallows_several(void **state)
{
	(void)state;
	for (uint64_t pa = 0x10000; pa < 0x20000; pa += 0x2000)
		assert_int_equal(memmap_add(&m, pa, 0x1000, MEMMAP_RAM).code,
				 0);
	assert_int_equal(m.nr, 8);
	assert_int_equal(memmap_add(&m, 0x12800, 0x6000, MEMMAP_RAM).code, 0);
	assert_int_equal(m.nr, 5);
	assert_entry(1, 0x12000, 0x19000, MEMMAP_RAM);
}

static void add_refuses(void **state)
{
	static const struct {
		uint64_t start, size;
		enum error_code want;
	} cases[] = {
		{PA_MAX, 1, MEMMAP_WRAPS},
		{PA_MAX + 1, 0, MEMMAP_WRAPS},
		{0x3000, PA_MAX - 0x2fff, MEMMAP_WRAPS},
		{UINT64_MAX, 2, MEMMAP_WRAPS},
		{0x3000, UINT64_MAX - 0x1000, MEMMAP_WRAPS},
		{0x1000, 0x1001, MEMMAP_OVERLAP},
		{0x2fff, 0x1000, MEMMAP_OVERLAP},
		{0x1000, 0x5000, MEMMAP_OVERLAP},
		{0x2400, 0x10, MEMMAP_OVERLAP},
		{PA_MAX - 1, 1, ERROR_NONE},
		{0x3000, PA_MAX - 0x3001, ERROR_NONE},
	};

	(void)state;
	memmap_add(&m, 0x2000, 0x1000, MEMMAP_RESERVED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(memmap_add(&m, cases[i].start, cases[i].size,
					    MEMMAP_RAM)
					 .code,
				 cases[i].want);
		if (cases[i].want)
			assert_int_equal(m.nr, 1);
	}
	assert_int_equal(m.nr, 2);
	assert_entry(1, 0x3000, PA_MAX, MEMMAP_RAM);
}

/* MEMMAP_MAX pages of RAM with a hole of a page below each. */
static void fill(void)
{
	for (uint64_t i = 0; i < MEMMAP_MAX; i++)
		assert_int_equal(
			memmap_add(&m, (2 * i + 1) * PAGE, PAGE, MEMMAP_RAM)
				.code,
			0);
	assert_int_equal(m.nr, MEMMAP_MAX);
}

static void full(void **state)
{
	static struct memmap before;
	uint64_t end = (2 * MEMMAP_MAX + 1) * PAGE;

	(void)state;
	fill();
	before = m;
	assert_int_equal(memmap_add(&m, end, PAGE, MEMMAP_RAM).code,
			 MEMMAP_FULL);
	assert_int_equal(memmap_set(&m, end, end + PAGE, MEMMAP_ACPI).code,
			 MEMMAP_FULL);
	assert_int_equal(memmap_set(&m, 0x1400, 0x1800, MEMMAP_ACPI).code,
			 MEMMAP_FULL);
	assert_int_equal(memmap_set(&m, 0x1800, 0x2000, MEMMAP_ACPI).code,
			 MEMMAP_FULL);
	assert_memory_equal(&m, &before, sizeof(m));

	/* what needs no new entry still goes */
	assert_int_equal(memmap_set(&m, 0x1000, 0x2000, MEMMAP_ACPI).code, 0);
	assert_int_equal(memmap_add(&m, end - PAGE, PAGE, MEMMAP_RAM).code, 0);
	assert_int_equal(m.nr, MEMMAP_MAX);
	assert_int_equal(memmap_add(&m, 0x4000, PAGE, MEMMAP_RAM).code, 0);
	assert_int_equal(m.nr, MEMMAP_MAX - 1);

	/* room for one cut, not for two */
	before = m;
	assert_int_equal(memmap_set(&m, 0x3400, 0x3800, MEMMAP_ACPI).code,
			 MEMMAP_FULL);
	assert_memory_equal(&m, &before, sizeof(m));
	assert_int_equal(memmap_set(&m, 0x3400, 0x6000, MEMMAP_ACPI).code, 0);
	assert_int_equal(m.nr, MEMMAP_MAX);
	assert_entry(1, 0x3000, 0x3400, MEMMAP_RAM);
	assert_entry(2, 0x3400, 0x6000, MEMMAP_ACPI);
}

static void set_splits_and_joins(void **state)
{
	(void)state;
	memmap_add(&m, 0, 0x10000, MEMMAP_RAM);
	assert_int_equal(memmap_set(&m, 0x4000, 0x6000, MEMMAP_RESERVED).code,
			 0);
	assert_int_equal(m.nr, 3);
	assert_entry(0, 0, 0x4000, MEMMAP_RAM);
	assert_entry(1, 0x4000, 0x6000, MEMMAP_RESERVED);
	assert_entry(2, 0x6000, 0x10000, MEMMAP_RAM);
	/* across a border, over several, into a hole, and back to one */
	assert_int_equal(memmap_set(&m, 0x5000, 0x7000, MEMMAP_ACPI).code, 0);
	assert_int_equal(m.nr, 4);
	assert_int_equal(memmap_set(&m, 0x3000, 0x12000, MEMMAP_ACPI).code, 0);
	assert_int_equal(m.nr, 2);
	assert_entry(1, 0x3000, 0x12000, MEMMAP_ACPI);
	assert_int_equal(memmap_set(&m, 0x2000, 0x12000, MEMMAP_RAM).code, 0);
	assert_int_equal(m.nr, 1);
	assert_entry(0, 0, 0x12000, MEMMAP_RAM);

	assert_int_equal(memmap_set(&m, 0x2000, 0x2000, MEMMAP_ACPI).code, 0);
	assert_int_equal(memmap_set(&m, 0x2000, 0x1000, MEMMAP_ACPI).code,
			 MEMMAP_WRAPS);
	assert_int_equal(memmap_set(&m, 0x2000, PA_MAX + 1, MEMMAP_ACPI).code,
			 MEMMAP_WRAPS);
	assert_int_equal(
		memmap_set(&m, UINT64_MAX, UINT64_MAX, MEMMAP_ACPI).code,
		MEMMAP_WRAPS);
	assert_int_equal(m.nr, 1);
}

static void is_ram(void **state)
{
	(void)state;
	memmap_add(&m, 0x1000, 0x2000, MEMMAP_RAM);
	memmap_add(&m, 0x3000, 0x1000, MEMMAP_RESERVED);
	memmap_add(&m, 0x4000, 0x1000, MEMMAP_RAM);
	assert_true(memmap_is_ram(&m, 0x1000, 0x3000));
	assert_true(memmap_is_ram(&m, 0x2fff, 0x3000));
	assert_false(memmap_is_ram(&m, 0xfff, 0x3000));
	assert_false(memmap_is_ram(&m, 0x1000, 0x3001));
	assert_false(memmap_is_ram(&m, 0x1000, 0x5000));
	assert_false(memmap_is_ram(&m, 0x3000, 0x4000));
	assert_false(memmap_is_ram(&m, 0x5000, 0x5001));
	assert_false(memmap_is_ram(&m, 0x2000, 0x2000));
	assert_false(memmap_is_ram(&m, 0x2000, 0x1000));
	assert_false(memmap_is_ram(&m, 0x2000, UINT64_MAX));
	assert_int_equal(memmap_ram_bytes(&m), 0x3000);
}

static void ranges_in_use(void **state)
{
	(void)state;
	assert_true(ranges_add(&used, 0x1234, 0x10));
	assert_range(used.r[0], 0x1000, 0x2000);
	assert_true(ranges_add(&used, 0x1fff, 2));
	assert_range(used.r[1], 0x1000, 0x3000);
	assert_true(ranges_add(&used, 0x8000, 0));
	assert_int_equal(used.nr, 2);
	assert_true(ranges_add(&used, PA_MAX - 1, 1));
	assert_range(used.r[2], PA_MAX - PAGE, PA_MAX);
	assert_false(ranges_add(&used, PA_MAX, 1));
	assert_false(ranges_add(&used, UINT64_MAX, 2));
	assert_false(ranges_add(&used, 0x1000, UINT64_MAX));
	assert_int_equal(used.nr, 3);

	assert_true(ranges_overlap(&used, 0x2fff, 0x3000));
	assert_true(ranges_overlap(&used, 0, PA_MAX));
	assert_false(ranges_overlap(&used, 0x3000, PA_MAX - PAGE));
	assert_false(ranges_overlap(&used, 0, 0x1000));
	assert_false(ranges_overlap(&used, 0x1800, 0x1000));

	while (used.nr < RANGES_MAX)
		assert_true(ranges_add(&used, 0x5000, 1));
	assert_false(ranges_add(&used, 0x5000, 1));
	assert_true(ranges_add(&used, 0x5000, 0));
	assert_int_equal(used.nr, RANGES_MAX);
}

static void largest_free(void **state)
{
	(void)state;
	assert_range(memmap_largest_free(&m, &used, ALL), 0, 0);
	memmap_add(&m, 0x800, 0xfc00, MEMMAP_RAM); /* pages 1 to 0xf */
	memmap_add(&m, 0x20000, 0xe000, MEMMAP_RAM);
	memmap_add(&m, 0x40000, 0x40000, MEMMAP_RESERVED);
	memmap_add(&m, 0x80000, 0xfff, MEMMAP_RAM);
	/* 14 pages both: the lowest */
	assert_range(memmap_largest_free(&m, &used, ALL), 0x1000, 0x10000);
	ranges_add(&used, 0x1000, 1);
	assert_range(memmap_largest_free(&m, &used, ALL), 0x2000, 0x10000);
	/* used ranges that overlap and are out of order */
	ranges_add(&used, 0x7000, 0x3000);
	ranges_add(&used, 0x5000, 0x3000);
	ranges_add(&used, 0x22000, 0x1000);
	assert_range(memmap_largest_free(&m, &used, ALL), 0x23000, 0x2e000);
	ranges_add(&used, 0x1f000, 0x20000);
	assert_range(memmap_largest_free(&m, &used, ALL), 0xa000, 0x10000);
	/* the window cuts, in whole pages */
	assert_range(
		memmap_largest_free(&m, &used, (struct range){0xa001, 0xdfff}),
		0xb000, 0xd000);
	assert_range(
		memmap_largest_free(&m, &used, (struct range){0xa001, 0xbfff}),
		0, 0);
	assert_range(
		memmap_largest_free(&m, &used, (struct range){0xc000, 0xb000}),
		0, 0);
	assert_range(memmap_largest_free(
			     &m, &used, (struct range){UINT64_MAX, UINT64_MAX}),
		     0, 0);
	assert_range(memmap_largest_free(&m, &used,
					 (struct range){0xe800, UINT64_MAX}),
		     0xf000, 0x10000);
}

static void find(void **state)
{
	uint64_t at = 1;

	(void)state;
	memmap_add(&m, 0x1000, 0xf000, MEMMAP_RAM);
	memmap_add(&m, 0x20000, 0x8000, MEMMAP_RAM);
	ranges_add(&used, 0x4000, 0x1000);
	assert_true(memmap_find_low(&m, &used, ALL, 0x3000, 0x1000, &at));
	assert_int_equal(at, 0x1000);
	assert_true(memmap_find_low(&m, &used, ALL, 0x3001, 0x1000, &at));
	assert_int_equal(at, 0x5000);
	assert_true(memmap_find_low(&m, &used, ALL, 0x3000, 0x2000, &at));
	assert_int_equal(at, 0x6000);
	assert_true(memmap_find_low(&m, &used, ALL, 0x8000, 0x20000, &at));
	assert_int_equal(at, 0x20000);
	assert_true(memmap_find_high(&m, &used, ALL, 0x1000, 0x1000, &at));
	assert_int_equal(at, 0x27000);
	assert_true(memmap_find_high(&m, &used, ALL, 0x1001, 0x4000, &at));
	assert_int_equal(at, 0x24000);
	assert_true(memmap_find_high(&m, &used, ALL, 0xb000, 0x1000, &at));
	assert_int_equal(at, 0x5000);
	/* the last place would start below the piece */
	assert_true(memmap_find_high(&m, &used, (struct range){0, 0x10000},
				     0x3000, 0x8000, &at));
	assert_int_equal(at, 0x8000);
}

static void find_nothing(void **state)
{
	static const struct {
		uint64_t size, align;
	} cases[] = {
		{0xf001, 0x1000},
		{UINT64_MAX, 0x1000},
		{0x8000, 0x10000},
		{0x1000, UINT64_C(1) << 63},
	};
	uint64_t at = 7;

	(void)state;
	memmap_add(&m, 0x1000, 0xf000, MEMMAP_RAM);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_false(memmap_find_low(&m, &used, ALL, cases[i].size,
					     cases[i].align, &at));
		assert_false(memmap_find_high(&m, &used, ALL, cases[i].size,
					      cases[i].align, &at));
	}
	assert_int_equal(at, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(add_sorts_and_merges, empty),
		cmocka_unit_test_setup(add_swallows_several, empty),
		cmocka_unit_test_setup(add_refuses, empty),
		cmocka_unit_test_setup(full, empty),
		cmocka_unit_test_setup(set_splits_and_joins, empty),
		cmocka_unit_test_setup(is_ram, empty),
		cmocka_unit_test_setup(ranges_in_use, empty),
		cmocka_unit_test_setup(largest_free, empty),
		cmocka_unit_test_setup(find, empty),
		cmocka_unit_test_setup(find_nothing, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
