/* SPDX-License-Identifier: MIT */
/*
 * Tests pvh/read/dsdt.c on AML made here, of the form that libxl's DSDT has
 * (tools/libacpi/mk_dsdt.c), on what lacks a part of it, and on damaged copies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dsdt_file.h"
#include "pvh/read/dsdt.h"

static bool has[TOPOLOGY_MAX_VCPUS];

static uint32_t find(void)
{
	uint8_t *copy = malloc(dsdt_size);
	uint32_t nr = 0;

	assert_non_null(copy);
	memcpy(copy, dsdt, dsdt_size);
	memset(has, 1, sizeof(has));
	dsdt_find_processors(copy, dsdt_size, has);
	free(copy);
	for (uint32_t i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		nr += has[i];
	return nr;
}

static void all_processors(void **state)
{
	(void)state;
	dsdt_libxl(0, TOPOLOGY_MAX_VCPUS - 1);
	assert_int_equal(find(), TOPOLOGY_MAX_VCPUS);
	dsdt_put_gpe();
	assert_int_equal(find(), TOPOLOGY_MAX_VCPUS);
	dsdt_libxl(10, 31);
	assert_int_equal(find(), 22);
	assert_true(has[10] && has[31] && !has[9] && !has[32]);
	/* more than a guest can have here */
	dsdt_libxl(0, TOPOLOGY_MAX_VCPUS);
	assert_int_equal(find(), TOPOLOGY_MAX_VCPUS);
}

static void without(const char *first, const char *second, uint32_t want)
{
	uint32_t scope;

	dsdt_begin();
	scope = dsdt_begin_scope("\\_SB_");
	dsdt_put_processor(3, first, second);
	dsdt_put_processor(4, "_STA", "_MAT");
	dsdt_close(scope);
	assert_int_equal(find(), 1 + want);
	assert_int_equal(has[3], want);
	assert_true(has[4]);
}

static void methods(void **state)
{
	(void)state;
	without("_MAT", "_STA", 1);
	without("_MAT", NULL, 0);
	without("_STA", NULL, 0);
	without(NULL, NULL, 0);
	without("_MAT", "_UID", 0);
}

/* Changes the byte at @at behind the scope's first processor. */
static uint32_t with_byte(uint32_t at, uint8_t byte)
{
	uint32_t scope, first;

	dsdt_begin();
	scope = dsdt_begin_scope("\\_SB_");
	first = dsdt_size;
	dsdt_put_processor(0x1a, "_MAT", "_STA");
	dsdt[first + at] = byte;
	dsdt_close(scope);
	return find();
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(with_byte(0, 0x5b), 1);
	assert_int_equal(with_byte(1, 0x82), 0); /* a Device */
	assert_int_equal(with_byte(4, 'Q'), 0);
	assert_int_equal(with_byte(6, '2'), 0); /* not the number beside it */
	assert_int_equal(with_byte(7, 'a'), 0);
	assert_int_equal(with_byte(7, 'G'), 0);
	assert_int_equal(with_byte(8, 0x1b), 0);
}

static void elsewhere(void **state)
{
	uint32_t scope;

	(void)state;
	dsdt_begin();
	scope = dsdt_begin_scope("\\_PR_");
	dsdt_put_processor(0, "_MAT", "_STA");
	dsdt_close(scope);
	assert_int_equal(find(), 0);
	dsdt_begin();
	dsdt_put_processor(0, "_MAT", "_STA");
	assert_int_equal(find(), 0);
	dsdt_begin();
	assert_int_equal(find(), 0);
	dsdt_size = 4;
	assert_int_equal(find(), 0);
}

/* Each end of the table and each byte of it: nothing beyond is read. */
static void damaged(void **state)
{
	uint32_t whole;

	(void)state;
	dsdt_libxl(0, 2);
	for (whole = dsdt_size; dsdt_size > 0; dsdt_size--)
		assert_true(find() <= 3);
	for (uint32_t i = 0; i < whole; i++) {
		static const uint8_t to[] = {0,	   1,	 0x3f, 0x40,
					     0x7f, 0xc0, 0xff};

		for (uint32_t k = 0; k < sizeof(to); k++) {
			dsdt_libxl(0, 2);
			dsdt[i] = to[k];
			assert_true(find() <= 3);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_processors), cmocka_unit_test(methods),
		cmocka_unit_test(names),	  cmocka_unit_test(elsewhere),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
