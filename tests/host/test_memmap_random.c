/* SPDX-License-Identifier: MIT */
/*
 * Random memory maps against a model that keeps one type per 1 KiB, so that
 * ranges are often no whole pages.
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

#define UNIT   1024u
#define UNITS  96u /* 24 pages: well below MEMMAP_MAX entries */
#define ROUNDS 50000
#define SERIES 500 /* rounds from one seed */

static struct memmap m;
static struct ranges used;
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
	enum error_code want = ERROR_NONE;
	bool set = below(2);

	for (i = a; i < a + n; i++)
		if (!set && model[i] && model[i] != type)
			want = MEMMAP_OVERLAP;
	if (set)
		assert_int_equal(
			memmap_set(&m, a * UNIT, (a + n) * UNIT, type).code,
			want);
	else
		assert_int_equal(memmap_add(&m, a * UNIT, n * UNIT, type).code,
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
	assert_int_equal(r.start, start);
	assert_int_equal(r.end, start + best * PAGE);
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
		cmocka_unit_test(random_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
