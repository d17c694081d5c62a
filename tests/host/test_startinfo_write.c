/* SPDX-License-Identifier: MIT */
/*
 * start_info as it is built for a PVH kernel: read again, and what does not fit
 * into it.
 */
#include "error_value.h"
#include "pvh/write/start_info.h"
#include "startinfo_guest.h"

static struct startinfo_build good_build(void)
{
	return (struct startinfo_build){
		.map = &map,
		.cmdline_pa = LINE1_PA,
		.initrd_pa = MODULE1_PA,
		.initrd_size = 0x3000,
		.rsdp_pa = 0xfc008000,
		.out = ram + 0x1000,
		.out_pa = RAM_PA + 0x1000,
		.out_size = 0x1000,
	};
}

static void assert_same_map(const struct memmap *got)
{
	uint32_t i;

	assert_int_equal(got->nr, map.nr);
	for (i = 0; i < map.nr; i++) {
		assert_int_equal(got->e[i].start, map.e[i].start);
		assert_int_equal(got->e[i].end, map.e[i].end);
		assert_int_equal(got->e[i].type, map.e[i].type);
	}
}

/* What was built is what the reader understands. */
static void test_write(void **state)
{
	struct guest_memory mem = {.at = mem_at};
	struct startinfo_build b = good_build();
	static struct memmap again;

	(void)state;
	assert_int_equal(read_it(), ERROR_NONE);
	assert_int_equal(error_split(startinfo_write(&b), &bad), ERROR_NONE);
	assert_int_equal(
		error_split(startinfo_read(&si, &again, mem, b.out_pa), &bad),
		ERROR_NONE);
	assert_int_equal(si.version, 1);
	assert_int_equal(si.nr_modules, 1);
	assert_int_equal(si.module[0].pa, MODULE1_PA);
	assert_int_equal(si.module[0].size, 0x3000);
	assert_text(si.module[0].cmdline, "");
	assert_text(si.cmdline, LINUX_LINE);
	assert_int_equal(si.rsdp_pa, 0xfc008000);
	assert_true(si.has_memmap);
	assert_same_map(&again);

	b.initrd_size = 0;
	b.cmdline_pa = 0;
	assert_int_equal(error_split(startinfo_write(&b), &bad), ERROR_NONE);
	assert_int_equal(
		error_split(startinfo_read(&si, &again, mem, b.out_pa), &bad),
		ERROR_NONE);
	assert_int_equal(si.nr_modules, 0);
	assert_text(si.cmdline, "");
	assert_same_map(&again);
}

static void test_write_room(void **state)
{
	struct startinfo_build b = good_build();
	uint32_t i;

	(void)state;
	map.nr = 0;
	for (i = 0; i < 128; i++)
		assert_int_equal(
			memmap_add(&map, i * UINT64_C(0x2000), 0x1000, 1).code,
			ERROR_NONE);
	assert_int_equal(error_split(startinfo_write(&b), &bad), ERROR_NONE);
	b.out_size = 56 + 32 + 128 * 24;
	b.out = malloc(b.out_size);
	assert_non_null(b.out);
	assert_int_equal(error_split(startinfo_write(&b), &bad), ERROR_NONE);
	b.out_size--;
	assert_int_equal(error_split(startinfo_write(&b), &bad),
			 STARTINFO_NO_ROOM);
	assert_int_equal(bad, 56 + 32 + 128 * 24);
	free(b.out);
	assert_int_equal(memmap_add(&map, 0x10000000, 0x1000, 1).code,
			 ERROR_NONE);
	assert_int_equal(error_split(startinfo_write(&b), &bad),
			 STARTINFO_TOO_MANY_RANGES);
	assert_int_equal(bad, 129);
}

static void write_fails(struct startinfo_build b, uint64_t named)
{
	assert_int_equal(error_split(startinfo_write(&b), &bad),
			 STARTINFO_ABOVE_4G);
	assert_true(bad == named);
}

static void test_write_above_4g(void **state)
{
	const uint64_t top = UINT64_C(1) << 32;
	struct startinfo_build b;

	(void)state;
	assert_int_equal(read_it(), ERROR_NONE);
	b = good_build();
	b.cmdline_pa = top;
	write_fails(b, top);
	b = good_build();
	b.initrd_pa = top - 0x2fff;
	write_fails(b, top - 0x2fff);
	b.initrd_pa = UINT64_MAX;
	write_fails(b, UINT64_MAX);
	b.initrd_size = 0; /* then it does not matter */
	assert_int_equal(error_split(startinfo_write(&b), &bad), ERROR_NONE);
	b = good_build();
	b.out_pa = top - 0x10;
	write_fails(b, top - 0x10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_write),
		TEST(test_write_room),
		TEST(test_write_above_4g),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
