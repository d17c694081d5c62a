/* SPDX-License-Identifier: MIT */
/*
 * The memory map: edges by hand, then random maps against a model that keeps
 * one type per 1 KiB, so that ranges are often no whole pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memmap.h"

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

static void texts(void **state)
{
	(void)state;
	for (int e = MEMMAP_OK; e <= MEMMAP_OVERLAP; e++)
		for (int f = MEMMAP_OK; f < e; f++)
			assert_string_not_equal(
				memmap_error_text((enum memmap_error)e),
				memmap_error_text((enum memmap_error)f));
	assert_non_null(memmap_error_text((enum memmap_error)99));
}

static void add_sorts_and_merges(void **state)
{
	(void)state;
	assert_int_equal(memmap_add(&m, 0x9000, 0x1000, MEMMAP_RAM), 0);
	assert_int_equal(memmap_add(&m, 0x1000, 0x1000, MEMMAP_RAM), 0);
	assert_int_equal(memmap_add(&m, 0x5000, 0x1000, MEMMAP_RESERVED), 0);
	assert_int_equal(memmap_add(&m, 0x7000, 0, MEMMAP_RAM), 0);
	assert_int_equal(m.nr, 3);
	assert_entry(0, 0x1000, 0x2000, MEMMAP_RAM);
	assert_entry(1, 0x5000, 0x6000, MEMMAP_RESERVED);
	assert_entry(2, 0x9000, 0xa000, MEMMAP_RAM);

	/* touching from above, from below, overlapping, and inside */
	assert_int_equal(memmap_add(&m, 0x2000, 0x1000, MEMMAP_RAM), 0);
	assert_int_equal(memmap_add(&m, 0x8000, 0x1000, MEMMAP_RAM), 0);
	assert_int_equal(memmap_add(&m, 0x2800, 0x1000, MEMMAP_RAM), 0);
	assert_int_equal(memmap_add(&m, 0x1800, 0x100, MEMMAP_RAM), 0);
	assert_int_equal(m.nr, 3);
	assert_entry(0, 0x1000, 0x3800, MEMMAP_RAM);
	assert_entry(2, 0x8000, 0xa000, MEMMAP_RAM);
	/* other types touch but do not merge */
	assert_int_equal(memmap_add(&m, 0x6000, 0x2000, MEMMAP_ACPI), 0);
	assert_int_equal(m.nr, 4);
	assert_int_equal(memmap_ram_bytes(&m), 0x4800);
}

static void add_swallows_several(void **state)
{
	(void)state;
	for (uint64_t pa = 0x10000; pa < 0x20000; pa += 0x2000)
		assert_int_equal(memmap_add(&m, pa, 0x1000, MEMMAP_RAM), 0);
	assert_int_equal(m.nr, 8);
	assert_int_equal(memmap_add(&m, 0x12800, 0x6000, MEMMAP_RAM), 0);
	assert_int_equal(m.nr, 5);
	assert_entry(1, 0x12000, 0x19000, MEMMAP_RAM);
}

static void add_refuses(void **state)
{
	static const struct {
		uint64_t start, size;
		enum memmap_error want;
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
		{PA_MAX - 1, 1, MEMMAP_OK},
		{0x3000, PA_MAX - 0x3001, MEMMAP_OK},
	};

	(void)state;
	memmap_add(&m, 0x2000, 0x1000, MEMMAP_RESERVED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(memmap_add(&m, cases[i].start, cases[i].size,
					    MEMMAP_RAM),
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
			memmap_add(&m, (2 * i + 1) * PAGE, PAGE, MEMMAP_RAM),
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
	assert_int_equal(memmap_add(&m, end, PAGE, MEMMAP_RAM), MEMMAP_FULL);
	assert_int_equal(memmap_set(&m, end, end + PAGE, MEMMAP_ACPI),
			 MEMMAP_FULL);
	assert_int_equal(memmap_set(&m, 0x1400, 0x1800, MEMMAP_ACPI),
			 MEMMAP_FULL);
	assert_int_equal(memmap_set(&m, 0x1800, 0x2000, MEMMAP_ACPI),
			 MEMMAP_FULL);
	assert_memory_equal(&m, &before, sizeof(m));

	/* what needs no new entry still goes */
	assert_int_equal(memmap_set(&m, 0x1000, 0x2000, MEMMAP_ACPI), 0);
	assert_int_equal(memmap_add(&m, end - PAGE, PAGE, MEMMAP_RAM), 0);
	assert_int_equal(m.nr, MEMMAP_MAX);
	assert_int_equal(memmap_add(&m, 0x4000, PAGE, MEMMAP_RAM), 0);
	assert_int_equal(m.nr, MEMMAP_MAX - 1);

	/* room for one cut, not for two */
	before = m;
	assert_int_equal(memmap_set(&m, 0x3400, 0x3800, MEMMAP_ACPI),
			 MEMMAP_FULL);
	assert_memory_equal(&m, &before, sizeof(m));
	assert_int_equal(memmap_set(&m, 0x3400, 0x6000, MEMMAP_ACPI), 0);
	assert_int_equal(m.nr, MEMMAP_MAX);
	assert_entry(1, 0x3000, 0x3400, MEMMAP_RAM);
	assert_entry(2, 0x3400, 0x6000, MEMMAP_ACPI);
}

static void set_splits_and_joins(void **state)
{
	(void)state;
	memmap_add(&m, 0, 0x10000, MEMMAP_RAM);
	assert_int_equal(memmap_set(&m, 0x4000, 0x6000, MEMMAP_RESERVED), 0);
	assert_int_equal(m.nr, 3);
	assert_entry(0, 0, 0x4000, MEMMAP_RAM);
	assert_entry(1, 0x4000, 0x6000, MEMMAP_RESERVED);
	assert_entry(2, 0x6000, 0x10000, MEMMAP_RAM);
	/* across a border, over several, into a hole, and back to one */
	assert_int_equal(memmap_set(&m, 0x5000, 0x7000, MEMMAP_ACPI), 0);
	assert_int_equal(m.nr, 4);
	assert_int_equal(memmap_set(&m, 0x3000, 0x12000, MEMMAP_ACPI), 0);
	assert_int_equal(m.nr, 2);
	assert_entry(1, 0x3000, 0x12000, MEMMAP_ACPI);
	assert_int_equal(memmap_set(&m, 0x2000, 0x12000, MEMMAP_RAM), 0);
	assert_int_equal(m.nr, 1);
	assert_entry(0, 0, 0x12000, MEMMAP_RAM);

	assert_int_equal(memmap_set(&m, 0x2000, 0x2000, MEMMAP_ACPI), 0);
	assert_int_equal(memmap_set(&m, 0x2000, 0x1000, MEMMAP_ACPI),
			 MEMMAP_WRAPS);
	assert_int_equal(memmap_set(&m, 0x2000, PA_MAX + 1, MEMMAP_ACPI),
			 MEMMAP_WRAPS);
	assert_int_equal(memmap_set(&m, UINT64_MAX, UINT64_MAX, MEMMAP_ACPI),
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

	assert_true(ranges_hits(&used, 0x2fff, 0x3000));
	assert_true(ranges_hits(&used, 0, PA_MAX));
	assert_false(ranges_hits(&used, 0x3000, PA_MAX - PAGE));
	assert_false(ranges_hits(&used, 0, 0x1000));
	assert_false(ranges_hits(&used, 0x1800, 0x1000));

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

#define UNIT   1024u
#define UNITS  96u /* 24 pages: well below MEMMAP_MAX entries */
#define ROUNDS 50000
#define SERIES 500 /* rounds from one seed */

static uint8_t model[UNITS];
static bool model_used[UNITS];
static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

static void compare_maps(void)
{
	uint32_t u = 0;

	for (uint32_t i = 0; i < m.nr; i++) {
		const struct memmap_entry *e = &m.e[i];

		assert_true(e->start < e->end && e->end <= UNITS * UNIT);
		if (i)
			assert_true(e->start > e[-1].end ||
				    (e->start == e[-1].end &&
				     e->type != e[-1].type));
		for (; u < e->start / UNIT; u++)
			assert_int_equal(model[u], 0);
		for (; u < e->end / UNIT; u++)
			assert_int_equal(model[u], e->type);
	}
	for (; u < UNITS; u++)
		assert_int_equal(model[u], 0);
}

static void random_change(void)
{
	uint32_t a = below(UNITS), n = below(UNITS - a + 1) % 20, i;
	uint8_t type = (uint8_t)(1 + below(3));
	enum memmap_error want = MEMMAP_OK;
	bool set = below(2);

	for (i = a; i < a + n; i++)
		if (!set && model[i] && model[i] != type)
			want = MEMMAP_OVERLAP;
	if (set)
		assert_int_equal(memmap_set(&m, a * UNIT, (a + n) * UNIT, type),
				 want);
	else
		assert_int_equal(memmap_add(&m, a * UNIT, n * UNIT, type),
				 want);
	for (i = a; !want && i < a + n; i++)
		model[i] = type;
}

static bool free_page(uint32_t page, struct range w)
{
	uint64_t pa = page * PAGE;

	if (pa < w.start || pa + PAGE > w.end)
		return false;
	for (uint32_t u = 4 * page; u < 4 * page + 4; u++)
		if (model[u] != MEMMAP_RAM || model_used[u])
			return false;
	return true;
}

static bool fits(uint64_t at, uint64_t size, struct range w)
{
	for (uint64_t pa = at & ~(PAGE - 1); pa < at + size; pa += PAGE)
		if (pa >= UNITS * UNIT || !free_page((uint32_t)(pa / PAGE), w))
			return false;
	return true;
}

static void check_largest(struct range w)
{
	struct range r = memmap_largest_free(&m, &used, w);
	uint64_t start = 0, best = 0;

	for (uint32_t p = 0; p < UNITS / 4; p++) {
		uint64_t n = 0;

		while (p + n < UNITS / 4 && free_page((uint32_t)(p + n), w))
			n++;
		if (n > best) {
			best = n;
			start = p * PAGE;
		}
	}
	assert_range(r, start, start + best * PAGE);
}

static void check_find(struct range w)
{
	uint64_t size = 1 + below(8 * PAGE), align = PAGE << below(3);
	uint64_t low = 0, high = 0, at;
	bool have = false;

	for (at = 0; at < UNITS * UNIT; at += align) {
		if (!fits(at, size, w))
			continue;
		low = have ? low : at;
		high = at;
		have = true;
	}
	assert_int_equal(memmap_find_low(&m, &used, w, size, align, &at), have);
	if (have)
		assert_int_equal(at, low);
	assert_int_equal(memmap_find_high(&m, &used, w, size, align, &at),
			 have);
	if (have)
		assert_int_equal(at, high);
}

static void random_used(void)
{
	used.nr = 0;
	memset(model_used, 0, sizeof(model_used));
	for (uint32_t i = below(5); i > 0; i--) {
		uint32_t a = below(UNITS), n = below(9);

		n = n < UNITS - a ? n : UNITS - a;
		assert_true(ranges_add(&used, a * UNIT, n * UNIT));
		for (uint32_t u = a & ~3u; n && u < ((a + n + 3) & ~3u); u++)
			model_used[u] = true;
	}
}

static void random_maps(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct range w = {0, PA_MAX};

		if (i % SERIES == 0) {
			m.nr = 0;
			memset(model, 0, sizeof(model));
			seed = i;
		}
		random_change();
		compare_maps();
		random_used();
		if (!below(3))
			w.start = below(UNITS * UNIT);
		if (!below(3))
			w.end = below(UNITS * UNIT);
		check_largest(w);
		check_find(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(texts, empty),
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
		cmocka_unit_test_setup(random_maps, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
