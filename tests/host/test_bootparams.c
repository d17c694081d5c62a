/* SPDX-License-Identifier: MIT */
/*
 * Tests pvh/write/boot_params.c: the page that Linux gets, byte by byte where
 * it matters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error_value.h"
#include "pvh/write/boot_params.h"

static uint8_t file[0x1000];
static struct image image;
static struct memmap map;
static struct bootparams_request rq;
static struct boot_params page;
static uint64_t bad;

/* Odd types, so that a mix-up shows; entries are apart. */
static void fill_map(uint32_t nr)
{
	uint32_t i;

	map.nr = nr;
	for (i = 0; i < nr; i++) {
		map.e[i].start = (uint64_t)i << 20;
		map.e[i].end = map.e[i].start + 0x1000 + i;
		map.e[i].type = i % 7 + 1;
	}
}

static int setup(void **state)
{
	(void)state;
	memset(file, 0x5a, sizeof(file));
	file[0x211] = 0xa1; /* LOADED_HIGH, QUIET_FLAG, CAN_USE_HEAP */
	memset(&page, 0xff, sizeof(page));
	fill_map(3);
	image = (struct image){
		.kind = IMAGE_BZIMAGE,
		.load_size = 0x2000000,
		.cmdline_max = 2047,
		.initrd_max = UINT64_MAX,
		.above_4g = true,
		.setup_offset = 0x1f1,
		.setup_size = 0x202 + 0x6a - 0x1f1,
	};
	rq = (struct bootparams_request){
		.image = &image,
		.file = file,
		.map = &map,
		.kernel_pa = 0x1000000,
		.cmdline_pa = 0x20000,
		.initrd_pa = 0x8000000,
		.initrd_size = 0x12345,
		.rsdp_pa = 0xfc001000,
		.page_pa = 0x10000,
	};
	return 0;
}

static uint64_t at(size_t offset, size_t size)
{
	uint64_t v = 0;

	memcpy(&v, (const uint8_t *)&page + offset, size);
	return v;
}

static void test_offsets(void **state)
{
	(void)state;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 ERROR_NONE);
	assert_int_equal(at(0x070, 8), 0xfc001000);
	assert_int_equal(at(0x0c0, 4), 0);
	assert_int_equal(at(0x0c4, 4), 0);
	assert_int_equal(at(0x0c8, 4), 0);
	assert_int_equal(at(0x1e8, 1), 3);
	assert_int_equal(at(0x1ef, 1), 0);
	assert_int_equal(at(0x1f0, 1), 0);
	assert_int_equal(at(0x1f1, 1), 0x5a);
	assert_int_equal(at(0x1fa, 2), 0x5a5a); /* vid_mode is the file's */
	assert_int_equal(at(0x210, 1), 0xff);
	assert_int_equal(at(0x211, 1), 0x21);
	assert_int_equal(at(0x214, 4), 0x1000000);
	assert_int_equal(at(0x218, 4), 0x8000000);
	assert_int_equal(at(0x21c, 4), 0x12345);
	assert_int_equal(at(0x226, 2), 0);
	assert_int_equal(at(0x228, 4), 0x20000);
	assert_int_equal(at(0x250, 8), 0);
	assert_int_equal(at(0x26b, 1), 0x5a); /* the header's last byte */
	assert_int_equal(at(0x26c, 8), 0);
	assert_int_equal(at(0x2d0, 8), 0);
	assert_int_equal(at(0x2d0 + 20, 8), 1u << 20);
	assert_int_equal(at(0x2d0 + 28, 8), 0x1001);
	assert_int_equal(at(0x2d0 + 36, 4), 2);
	assert_int_equal(at(0x2d0 + 3 * 20, 8), 0);
	assert_int_equal(at(0xff8, 8), 0);
}

static void test_header_size(void **state)
{
	(void)state;
	image.setup_size = 0x1000; /* never beyond what a jump can reach */
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 ERROR_NONE);
	assert_int_equal(at(0x280, 1), 0x5a);
	assert_int_equal(at(0x281, 8), 0);
}

static void test_no_initrd(void **state)
{
	(void)state;
	rq.initrd_size = 0;
	rq.initrd_pa = UINT64_MAX;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 ERROR_NONE);
	assert_int_equal(at(0x218, 8), 0);
	assert_int_equal(at(0x0c0, 8), 0);
}

static void test_above_4g(void **state)
{
	(void)state;
	rq.kernel_pa = 3 * FOUR_GIB;
	rq.cmdline_pa = 5 * FOUR_GIB + 0x1000;
	rq.initrd_pa = 6 * FOUR_GIB + 0x2000;
	rq.initrd_size = FOUR_GIB + 0x3000;
	rq.page_pa = 4 * FOUR_GIB;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 ERROR_NONE);
	assert_int_equal(at(0x0c0, 4), 6);
	assert_int_equal(at(0x0c4, 4), 1);
	assert_int_equal(at(0x0c8, 4), 5);
	assert_int_equal(at(0x214, 4), 0x5a5a5a5a);
	assert_int_equal(at(0x218, 4), 0x2000);
	assert_int_equal(at(0x21c, 4), 0x3000);
	assert_int_equal(at(0x228, 4), 0x1000);
}

static void fails(uint64_t *member, uint64_t value, enum error_code e,
		  uint64_t named)
{
	uint64_t old = *member;

	*member = value;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad), e);
	assert_true(bad == named);
	*member = old;
}

static void test_only_below_4g(void **state)
{
	(void)state;
	image.above_4g = false;
	image.initrd_max = 0x7fffffff;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 ERROR_NONE);
	fails(&rq.kernel_pa, FOUR_GIB - 0x1000000, BOOTPARAMS_ABOVE_4G,
	      FOUR_GIB - 0x1000000);
	fails(&rq.cmdline_pa, FOUR_GIB - 2047, BOOTPARAMS_ABOVE_4G,
	      FOUR_GIB - 2047);
	fails(&rq.page_pa, FOUR_GIB, BOOTPARAMS_ABOVE_4G, FOUR_GIB);
	fails(&rq.initrd_pa, FOUR_GIB - 1, BOOTPARAMS_ABOVE_4G, FOUR_GIB - 1);
	fails(&rq.initrd_size, 0x78000001, BOOTPARAMS_INITRD_HIGH, 0x80000000);
	rq.initrd_size = 0x78000000;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 ERROR_NONE);
}

static void test_refused(void **state)
{
	(void)state;
	fails(&rq.initrd_pa, UINT64_MAX - 5, BOOTPARAMS_WRAPS, UINT64_MAX - 5);
	fails(&rq.cmdline_pa, UINT64_MAX, BOOTPARAMS_WRAPS, UINT64_MAX);
	image.kind = IMAGE_ELF;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 BOOTPARAMS_NOT_BZIMAGE);
	assert_int_equal(bad, IMAGE_ELF);
}

static void check_ext(const uint8_t *ext, uint32_t first)
{
	struct boot_e820_entry e;
	struct setup_data head;
	uint32_t i;

	memcpy(&head, ext, sizeof(head));
	assert_int_equal(head.next, 0);
	assert_int_equal(head.type, SETUP_E820_EXT);
	assert_int_equal(head.len, (map.nr - first) * 20);
	for (i = first; i < map.nr; i++) {
		memcpy(&e, ext + 16 + (i - first) * sizeof(e), sizeof(e));
		assert_int_equal(e.addr, map.e[i].start);
		assert_int_equal(e.size, map.e[i].end - map.e[i].start);
		assert_int_equal(e.type, map.e[i].type);
	}
}

static void test_e820(void **state)
{
	uint32_t nr;

	(void)state;
	assert_int_equal(bootparams_ext_size(0), 0);
	assert_int_equal(bootparams_ext_size(128), 0);
	assert_int_equal(bootparams_ext_size(129), 36);
	assert_int_equal(bootparams_ext_size(MEMMAP_MAX), BOOTPARAMS_EXT_MAX);
	fill_map(128);
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 ERROR_NONE);
	assert_int_equal(at(0x1e8, 1), 128);
	assert_int_equal(at(0x2d0 + 127 * 20, 8), 127u << 20);
	assert_int_equal(at(0x250, 8), 0);
	for (nr = 129; nr <= MEMMAP_MAX; nr += 383) {
		fill_map(nr);
		rq.ext_size = bootparams_ext_size(nr);
		rq.ext = malloc(rq.ext_size);
		rq.ext_pa = 0x30000;
		assert_non_null(rq.ext);
		assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
				 ERROR_NONE);
		assert_int_equal(at(0x1e8, 1), 128);
		assert_int_equal(at(0x250, 8), 0x30000);
		check_ext(rq.ext, 128);
		rq.ext_size--;
		assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
				 BOOTPARAMS_NO_ROOM);
		assert_int_equal(bad, bootparams_ext_size(nr));
		free(rq.ext);
	}
}

static void test_ext_place(void **state)
{
	static uint8_t ext[36];

	(void)state;
	fill_map(129);
	rq.ext = ext;
	rq.ext_size = sizeof(ext);
	rq.ext_pa = FOUR_GIB - 35;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 ERROR_NONE);
	assert_int_equal(at(0x250, 8), FOUR_GIB - 35);
	image.above_4g = false;
	assert_int_equal(error_split(bootparams_fill(&page, &rq), &bad),
			 BOOTPARAMS_ABOVE_4G);
	assert_int_equal(bad, FOUR_GIB - 35);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_offsets, setup),
		cmocka_unit_test_setup(test_header_size, setup),
		cmocka_unit_test_setup(test_no_initrd, setup),
		cmocka_unit_test_setup(test_above_4g, setup),
		cmocka_unit_test_setup(test_only_below_4g, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_e820, setup),
		cmocka_unit_test_setup(test_ext_place, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
