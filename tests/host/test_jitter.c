/* SPDX-License-Identifier: MIT */
/*
 * Bins of jitter's histogram, and what is read off them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "abi/jitter.h"

static void each_gap_has_its_bin(void **state)
{
	(void)state;
	for (uint64_t gap = 0; gap < 100000; gap++) {
		uint32_t bin = jitter_bin(gap);

		assert_true(jitter_edge(bin) <= gap);
		assert_true(gap < jitter_edge(bin + 1));
	}
	for (uint32_t bin = 0; bin < JITTER_BINS; bin++)
		assert_int_equal(jitter_bin(jitter_edge(bin)), bin);
	assert_int_equal(jitter_bin(UINT64_MAX), JITTER_BINS - 1);
	assert_int_equal(jitter_edge(8), 8);
	assert_int_equal(jitter_edge(9), 10);
}

static void percentiles(void **state)
{
	struct jitter j = {0};

	(void)state;
	assert_int_equal(jitter_all_but(&j, 2), 0);
	for (uint32_t i = 0; i < 989; i++)
		jitter_add(&j, 20);
	for (uint32_t i = 0; i < 10; i++)
		jitter_add(&j, 1000);
	jitter_add(&j, 50000);
	assert_int_equal(j.nr, 1000);
	assert_int_equal(j.longest, 50000);
	/* the upper edges of their bins: 20 to 24, 896 to 1024 */
	assert_int_equal(jitter_all_but(&j, 2), 24);
	assert_int_equal(jitter_all_but(&j, 100), 1024);
	assert_int_equal(jitter_all_but(&j, 1000), 1024);
	assert_int_equal(jitter_all_but(&j, 10000), 50000);
	/* never more than there was */
	j = (struct jitter){0};
	jitter_add(&j, 21);
	assert_int_equal(jitter_all_but(&j, 2), 21);
	jitter_add(&j, UINT64_MAX);
	assert_true(jitter_all_but(&j, 1000) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gap_has_its_bin),
		cmocka_unit_test(percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
