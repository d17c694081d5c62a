/* SPDX-License-Identifier: MIT */
/*
 * Topologies from the command line: good ones exactly, bad ones by error, named
 * value and the flat topology that must remain.
 */
#include "topology_guest.h"

static enum topology_error from_text(const struct memmap *map, const char *s,
				     const char *distances)
{
	size_t len = strlen(s);
	char *p = malloc(len + 1);
	enum topology_error e;

	assert_non_null(p);
	/* Not terminated where the text ends, and just as long. */
	memcpy(p, s, len);
	e = topology_from_text(&t, map, (struct text){p, len},
			       text_from(distances, SIZE_MAX), &bad);
	free(p);
	return e;
}

static void text_good(void **state)
{
	static const uint32_t vnodes[] = {0, 0, 1, 1, 0, 1, 1, 0};
	static const uint8_t usual[] = {10, 20, 20, 10};
	static const uint8_t given[] = {10, 11, 254, 10};

	(void)state;
	vcpus(8, 8);
	assert_int_equal(from_text(&five_gib, "2G:0-1+4+7,3G:2-3+5-6", ""),
			 TOPOLOGY_OK);
	assert_int_equal(t.nr_vnodes, 2);
	assert_vnodes(vnodes);
	assert_memory_equal(t.distance, usual, 4);
	assert_int_equal(t.nr_ranges, 3);
	assert_range(0, 0, 2 * GIB, 0);
	assert_range(1, 2 * GIB, 3 * GIB, 1);
	assert_range(2, 4 * GIB, 6 * GIB, 1);
	assert_int_equal(from_text(&five_gib, "2G:0-3,3G:4-7", "10,11,254,10"),
			 TOPOLOGY_OK);
	assert_memory_equal(t.distance, given, 4);
	assert_true(bad == 0x5a5a);
}

/* A vnode in several ranges, and sizes that skip the hole below 4 GiB. */
static void text_over_the_hole(void **state)
{
	(void)state;
	vcpus(2, 2);
	assert_int_equal(from_text(&five_gib, "2560M:0,1G:1,1G:", ""),
			 TOPOLOGY_OK);
	assert_int_equal(t.nr_ranges, 4);
	assert_range(0, 0, 2560 * MIB, 0);
	assert_range(1, 2560 * MIB, 3 * GIB, 1);
	assert_range(2, 4 * GIB, 4608 * MIB, 1);
	assert_range(3, 4608 * MIB, 6 * GIB, 2);
}

static void text_empty_parts(void **state)
{
	static const uint32_t vnodes[] = {1, 3, 1, 0};

	(void)state;
	vcpus(4, 3);
	assert_int_equal(from_text(&five_gib, "0:,0:0+2,4096K:,0:1", ""),
			 TOPOLOGY_OK);
	assert_int_equal(t.nr_vnodes, 4);
	assert_vnodes(vnodes);
	assert_int_equal(t.nr_ranges, 3);
	assert_range(0, 0, 4 * MIB, 2);
	assert_range(1, 4 * MIB, 3 * GIB, 3);
	/* Nothing is left for the last. */
	assert_int_equal(from_text(&five_gib, "5G:0-1,0:2", ""), TOPOLOGY_OK);
	assert_int_equal(t.nr_ranges, 2);
	assert_range(1, 4 * GIB, 6 * GIB, 0);
	assert_int_equal(from_text(&five_gib, "0:0-2", ""), TOPOLOGY_OK);
	assert_int_equal(t.nr_vnodes, 1);
	assert_range(1, 4 * GIB, 6 * GIB, 0);
}

/* Entries that are no whole pages: the cuts are, and no byte is lost. */
static void text_odd_map(void **state)
{
	static const struct memmap odd = {
		.nr = 4,
		.e = {{0, 0x9fc00, MEMMAP_RAM},
		      {0x9fc00, 0x100000, MEMMAP_RESERVED},
		      {0x100000, 0x1ff810, MEMMAP_RAM},
		      {0x300000, 0x500000, MEMMAP_RAM}},
	};

	(void)state;
	vcpus(1, 1);
	assert_int_equal(from_text(&odd, "1M:0,640K:,1M:,0:", ""), TOPOLOGY_OK);
	assert_int_equal(t.nr_ranges, 6);
	assert_range(0, 0, 0x9fc00, 0);
	assert_range(1, 0x100000, 0x161000, 0);
	assert_range(2, 0x161000, 0x1ff810, 1);
	assert_range(3, 0x300000, 0x301000, 1);
	assert_range(4, 0x301000, 0x401000, 2);
	assert_range(5, 0x401000, 0x500000, 3);
	/* Where no boundary is left in the entry, all of it is taken. */
	assert_int_equal(from_text(&odd, "1660K:0,4K:,4K:,0:", ""),
			 TOPOLOGY_OK);
	assert_range(1, 0x100000, 0x1ff810, 0);
	assert_range(2, 0x300000, 0x301000, 1);
}

static char line[4096];

/* @nr vnodes of 1 MiB with one vCPU each. */
static const char *many(uint32_t nr)
{
	size_t len = 0;
	uint32_t i;

	for (i = 0; i < nr; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len,
					"%s1M:%u", i ? "," : "", i);
	return line;
}

static void text_many_vnodes(void **state)
{
	(void)state;
	vcpus(65, 65);
	assert_int_equal(from_text(&five_gib, many(65), ""), TOPOLOGY_OK);
	assert_int_equal(t.nr_vnodes, 65);
	assert_int_equal(t.vcpu[64].vnode, 64);
	assert_range(63, 63 * MIB, 64 * MIB, 63);
	assert_range(64, 64 * MIB, 3 * GIB, 64);
	assert_int_equal(t.distance[65 * 65 - 1], 10);
	assert_int_equal(t.distance[65 * 64 - 1], 20);
	vcpus(128, 128);
	assert_int_equal(from_text(&five_gib, many(128), ""), TOPOLOGY_OK);
	assert_int_equal(t.nr_vnodes, 128);
	assert_int_equal(from_text(&five_gib, "1M:0,1M:1,,", ""),
			 TOPOLOGY_BAD_SYNTAX);
	vcpus(128, 128);
	many(128);
	strcat(line, ",1M:");
	assert_int_equal(from_text(&five_gib, line, ""),
			 TOPOLOGY_TOO_MANY_VNODES);
	assert_int_equal(bad, 129);
	assert_flat();
}

static void text_many_ranges(void **state)
{
	static struct memmap m;

	(void)state;
	striped(&m);
	vcpus(1, 1);
	assert_int_equal(from_text(&m, "4K:0,0:", ""), TOPOLOGY_OK);
	assert_int_equal(t.nr_ranges, TOPOLOGY_MAX_RANGES);
	m.e[511].type = MEMMAP_RAM;
	assert_int_equal(from_text(&m, "4K:0,0:", ""),
			 TOPOLOGY_TOO_MANY_RANGES);
	assert_int_equal(bad, TOPOLOGY_MAX_RANGES + 1);
	assert_int_equal(t.nr_vnodes, 1);
}

static void text_bad(void **state)
{
	static const struct {
		const char *vnuma, *distances;
		enum topology_error e;
		uint64_t bad;
	} cases[] = {
		{"", "", TOPOLOGY_BAD_SYNTAX, 0},
		{",", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:0-3,", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G", "", TOPOLOGY_BAD_SYNTAX, 0},
		{":0-3", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:0-1,x:2-3", "", TOPOLOGY_BAD_SYNTAX, 1},
		{"1G:0-1,,1G:2-3", "", TOPOLOGY_BAD_SYNTAX, 1},
		{"1G:0-1,1000:2-3", "", TOPOLOGY_BAD_SYNTAX, 1},
		{"1T:0-3", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:0-", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:1-0", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:0+", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:0++1", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:0:1", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:0 1", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"1G:99999999999999999999", "", TOPOLOGY_BAD_SYNTAX, 0},
		{"5G:0-1,4K:2-3", "", TOPOLOGY_SUM_TOO_LARGE, 5 * GIB + 4096},
		{"6G:0-1,0:2-3", "", TOPOLOGY_SUM_TOO_LARGE, 6 * GIB},
		{"1G:0,17179869183G:1-3", "", TOPOLOGY_SUM_TOO_LARGE,
		 UINT64_MAX},
		{"1G:0-1,1G:1-3", "", TOPOLOGY_VCPU_TWICE, 1},
		{"1G:0+2+2,1G:1", "", TOPOLOGY_VCPU_TWICE, 2},
		{"1G:0-1,1G:3", "", TOPOLOGY_VCPU_MISSING, 2},
		{"1G:0-1,1G:", "", TOPOLOGY_VCPU_MISSING, 2},
		{"1G:0-4", "", TOPOLOGY_BAD_VCPU, 4},
		{"1G:0-18446744073709551615", "", TOPOLOGY_BAD_VCPU,
		 UINT64_MAX},
		{"1G:0-1,1G:2-3", "10,20,20", TOPOLOGY_NO_DISTANCE, 3},
		{"1G:0-1,1G:2-3", "10,20,20,10,", TOPOLOGY_MORE_DISTANCES, 4},
		{"1G:0-1,1G:2-3", "10,20,20,10,10", TOPOLOGY_MORE_DISTANCES, 4},
		{"1G:0-1,1G:2-3", "10,20,x,10", TOPOLOGY_NO_DISTANCE, 2},
		{"1G:0-1,1G:2-3", ",", TOPOLOGY_NO_DISTANCE, 0},
		{"1G:0-1,1G:2-3", "10,20,20,11", TOPOLOGY_BAD_DISTANCE, 11},
		{"1G:0-1,1G:2-3", "10,10,20,10", TOPOLOGY_BAD_DISTANCE, 10},
		{"1G:0-1,1G:2-3", "10,255,20,10", TOPOLOGY_BAD_DISTANCE, 255},
		{"1G:0-1,1G:2-3", "10,4294967316,20,10", TOPOLOGY_BAD_DISTANCE,
		 4294967316},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vcpus(4, 4);
		assert_int_equal(from_text(&five_gib, cases[i].vnuma,
					   cases[i].distances),
				 cases[i].e);
		assert_true(bad == cases[i].bad);
		if (cases[i].e == TOPOLOGY_NO_DISTANCE)
			assert_int_equal(t.bad_from * 2 + t.bad_to, bad);
		assert_flat();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_good),
		cmocka_unit_test(text_over_the_hole),
		cmocka_unit_test(text_empty_parts),
		cmocka_unit_test(text_odd_map),
		cmocka_unit_test(text_many_vnodes),
		cmocka_unit_test(text_many_ranges),
		cmocka_unit_test(text_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
