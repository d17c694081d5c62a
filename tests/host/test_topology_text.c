/* SPDX-License-Identifier: MIT */
/*
 * Topologies from the command line: good ones exactly, bad ones by error, named
 * value or text and the flat topology that must remain.
 */
#include "error_value.h"
#include "topology_guest.h"

static char bad_text[64];

/* A copy that is not terminated where it ends, and just as long. */
static struct text exact(const char *s)
{
	size_t len = strlen(s);
	char *p = malloc(len + !len);

	assert_non_null(p);
	memcpy(p, s, len);
	return (struct text){p, len};
}

static enum error_code from_text(const struct memmap *map, const char *s,
				 const char *distances)
{
	struct text vnuma = exact(s), row = exact(distances);
	struct error e = topology_from_text(&t, map, vnuma, row);
	struct text said = error_said(e.code ? e : t.distance_error);

	snprintf(bad_text, sizeof(bad_text), "%.*s", (int)said.len, said.p);
	free((void *)(uintptr_t)vnuma.p);
	free((void *)(uintptr_t)row.p);
	return error_split(e, &bad);
}

static void text_good(void **state)
{
	static const uint32_t vnodes[] = {0, 0, 1, 1, 0, 1, 1, 0};
	static const uint8_t usual[] = {10, 20, 20, 10};
	static const uint8_t given[] = {10, 11, 254, 10};

	(void)state;
	vcpus(8, 8);
	assert_int_equal(from_text(&five_gib, "2G:0-1+4+7,3G:2-3+5-6", ""),
			 ERROR_NONE);
	assert_int_equal(t.nr_vnodes, 2);
	assert_vnodes(vnodes);
	assert_memory_equal(t.distance, usual, 4);
	assert_int_equal(t.nr_ranges, 3);
	assert_range(0, 0, 2 * GIB, 0);
	assert_range(1, 2 * GIB, 3 * GIB, 1);
	assert_range(2, 4 * GIB, 6 * GIB, 1);
	assert_int_equal(from_text(&five_gib, "2G:0-3,3G:4-7", "10,11,254,10"),
			 ERROR_NONE);
	assert_memory_equal(t.distance, given, 4);
	assert_int_equal(t.distance_error.code, ERROR_NONE);
	assert_true(bad == 0x5a5a);
}

/* As people write it who know xl's vnuma=. */
static void text_taken(void **state)
{
	static const uint32_t vnodes[] = {0, 0, 1, 1};
	static const uint8_t given[] = {10, 21, 22, 10};
	static const char *const good[] = {
		"2g:0-1,3g:2-3",	  "2048m:0-1,3145728k:2-3",
		"2G:0-1;3G:2-3",	  "\"2G:0-1,3G:2-3\"",
		"'2G:0-1','3G:2-3'",	  "\"2G\":\"0-1\",\"3G\":\"2-3\"",
		"[2G:0-1,3G:2-3]",	  "[ [ \"2G:0-1\" ], [ \"3G:2-3\" ] ]",
		" 2G : 0+1 ,\t3G : 2+3 ",
	};
	static const char *const distances[] = {
		"10,21,22,10",	     "10,21;22,10",	 "\"10,21,22,10\"",
		"[[10,21],[22,10]]", " 10, 21, 22, 10 ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		vcpus(4, 4);
		assert_int_equal(from_text(&five_gib, good[i], ""), ERROR_NONE);
		assert_int_equal(t.nr_vnodes, 2);
		assert_vnodes(vnodes);
		assert_range(0, 0, 2 * GIB, 0);
	}
	for (i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
		vcpus(4, 4);
		assert_int_equal(from_text(&five_gib, good[0], distances[i]),
				 ERROR_NONE);
		assert_int_equal(t.distance_error.code, ERROR_NONE);
		assert_memory_equal(t.distance, given, 4);
	}
}

/* A vnode in several ranges, and sizes that skip the hole below 4 GiB. */
static void text_over_the_hole(void **state)
{
	(void)state;
	vcpus(2, 2);
	assert_int_equal(from_text(&five_gib, "2560M:0,1G:1,1G:", ""),
			 ERROR_NONE);
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
			 ERROR_NONE);
	assert_int_equal(t.nr_vnodes, 4);
	assert_vnodes(vnodes);
	assert_int_equal(t.nr_ranges, 3);
	assert_range(0, 0, 4 * MIB, 2);
	assert_range(1, 4 * MIB, 3 * GIB, 3);
	/* Nothing is left for the last. */
	assert_int_equal(from_text(&five_gib, "5G:0-1,0:2", ""), ERROR_NONE);
	assert_int_equal(t.nr_ranges, 2);
	assert_range(1, 4 * GIB, 6 * GIB, 0);
	assert_int_equal(from_text(&five_gib, "0:0-2", ""), ERROR_NONE);
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
	assert_int_equal(from_text(&odd, "1M:0,640K:,1M:,0:", ""), ERROR_NONE);
	assert_int_equal(t.nr_ranges, 6);
	assert_range(0, 0, 0x9fc00, 0);
	assert_range(1, 0x100000, 0x161000, 0);
	assert_range(2, 0x161000, 0x1ff810, 1);
	assert_range(3, 0x300000, 0x301000, 1);
	assert_range(4, 0x301000, 0x401000, 2);
	assert_range(5, 0x401000, 0x500000, 3);
	/* Where no boundary is left in the entry, all of it is taken. */
	assert_int_equal(from_text(&odd, "1660K:0,4K:,4K:,0:", ""), ERROR_NONE);
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
	assert_int_equal(from_text(&five_gib, many(65), ""), ERROR_NONE);
	assert_int_equal(t.nr_vnodes, 65);
	assert_int_equal(t.vcpu[64].vnode, 64);
	assert_range(63, 63 * MIB, 64 * MIB, 63);
	assert_range(64, 64 * MIB, 3 * GIB, 64);
	assert_int_equal(t.distance[65 * 65 - 1], 10);
	assert_int_equal(t.distance[65 * 64 - 1], 20);
	vcpus(128, 128);
	assert_int_equal(from_text(&five_gib, many(128), ""), ERROR_NONE);
	assert_int_equal(t.nr_vnodes, 128);
	assert_int_equal(from_text(&five_gib, "1M:0,1M:1,,", ""),
			 TOPOLOGY_NO_VNODE);
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
	assert_int_equal(from_text(&m, "4K:0,0:", ""), ERROR_NONE);
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
		const char *vnuma;
		enum error_code e;
		uint64_t bad;
		const char *text;
	} cases[] = {
		{"", TOPOLOGY_NO_VNODE, 0, "none"},
		{",", TOPOLOGY_NO_VNODE, 0, "none"},
		{"\"\"", TOPOLOGY_NO_VNODE, 0, "none"},
		{"1G:0-3,", TOPOLOGY_NO_VNODE, 1, "none"},
		{"1G:0-1,,1G:2-3", TOPOLOGY_NO_VNODE, 1, "none"},
		{"1G", TOPOLOGY_BAD_SYNTAX, 0, "1G"},
		{"pnode=0,size=1024,vcpus=0-3", TOPOLOGY_BAD_SYNTAX, 0,
		 "pnode=0"},
		{"1G:0,1,2,3", TOPOLOGY_BAD_SYNTAX, 1, "1"},
		{":0-3", TOPOLOGY_BAD_SIZE, 0, ""},
		{"0-3:2G", TOPOLOGY_BAD_SIZE, 0, "0-3"},
		{"size=2G:vcpus=0-3", TOPOLOGY_BAD_SIZE, 0, "size=2G"},
		{"1G:0-1,x:2-3", TOPOLOGY_BAD_SIZE, 1, "x"},
		{"1GB:0-3", TOPOLOGY_BAD_SIZE, 0, "1GB"},
		{"1GiB:0-3", TOPOLOGY_BAD_SIZE, 0, "1GiB"},
		{"1.5G:0-3", TOPOLOGY_BAD_SIZE, 0, "1.5G"},
		{"-1G:0-3", TOPOLOGY_BAD_SIZE, 0, "-1G"},
		{"1T:0-3", TOPOLOGY_BAD_SIZE, 0, "1T"},
		{"5K:0-3", TOPOLOGY_BAD_SIZE, 0, "5K"},
		{"1048577:0-3", TOPOLOGY_BAD_SIZE, 0, "1048577"},
		/* xl's sizes are MiB */
		{"2048:0-3", TOPOLOGY_NO_UNIT, 0, "2048"},
		{"4096:0-1,4096:2-3", TOPOLOGY_NO_UNIT, 0, "4096"},
		{"1G:0-1,1048575:2-3", TOPOLOGY_NO_UNIT, 1, "1048575"},
		{"1G:0-", TOPOLOGY_BAD_LIST, 0, "0-"},
		{"1G:1-0", TOPOLOGY_BAD_LIST, 0, "1-0"},
		{"1G:0+", TOPOLOGY_BAD_LIST, 0, "0+"},
		{"1G:0++1", TOPOLOGY_BAD_LIST, 0, "0++1"},
		{"1G:0:1", TOPOLOGY_BAD_LIST, 0, "0:1"},
		{"1G:0 1", TOPOLOGY_BAD_LIST, 0, "0 1"},
		{"1G:0+vcpus=1-3", TOPOLOGY_BAD_LIST, 0, "vcpus=1-3"},
		{"1G:99999999999999999999", TOPOLOGY_BAD_LIST, 0,
		 "99999999999999999999"},
		{"5G:0-1,4K:2-3", TOPOLOGY_SUM_TOO_LARGE, 5 * GIB + 4096,
		 "none"},
		{"6G:0-1,0:2-3", TOPOLOGY_SUM_TOO_LARGE, 6 * GIB, "none"},
		{"1G:0,17179869183G:1-3", TOPOLOGY_SUM_TOO_LARGE, UINT64_MAX,
		 "none"},
		{"1G:0-1,1G:1-3", TOPOLOGY_VCPU_TWICE, 1, "none"},
		{"1G:0+2+2,1G:1", TOPOLOGY_VCPU_TWICE, 2, "none"},
		{"1G:0-1,1G:3", TOPOLOGY_VCPU_MISSING, 2, "none"},
		{"1G:0-1,1G:", TOPOLOGY_VCPU_MISSING, 2, "none"},
		{"1G:0-4", TOPOLOGY_BAD_VCPU, 4, "none"},
		{"1G:0-18446744073709551615", TOPOLOGY_BAD_VCPU, UINT64_MAX,
		 "none"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vcpus(4, 4);
		assert_int_equal(from_text(&five_gib, cases[i].vnuma, ""),
				 cases[i].e);
		assert_true(bad == cases[i].bad);
		assert_string_equal(bad_text, cases[i].text);
		assert_int_equal(t.distance_error.code, ERROR_NONE);
		assert_flat();
	}
}

/* They cost the distances, and nothing else. */
static void text_bad_distances(void **state)
{
	static const uint32_t vnodes[] = {0, 0, 1, 1};
	static const uint8_t usual[] = {10, 20, 20, 10};
	static const struct {
		const char *distances;
		enum error_code e;
		uint64_t bad;
		uint32_t at;
		const char *text;
	} cases[] = {
		{"10,21,21", TOPOLOGY_NO_DISTANCE, 0, 3, ""},
		{"10", TOPOLOGY_NO_DISTANCE, 0, 1, ""},
		{",", TOPOLOGY_NO_DISTANCE, 0, 0, ""},
		{"10,21,x,10", TOPOLOGY_NO_DISTANCE, 0, 2, "x"},
		{"10 21 21 10", TOPOLOGY_NO_DISTANCE, 0, 0, "10 21 21 10"},
		{"10,21,21,10,", TOPOLOGY_MORE_DISTANCES, 4, 0, "none"},
		{"10,21,21,10,10", TOPOLOGY_MORE_DISTANCES, 4, 0, "none"},
		{"10,21,21,11", TOPOLOGY_BAD_DISTANCE, 11, 3, "none"},
		{"10,10,21,10", TOPOLOGY_BAD_DISTANCE, 10, 1, "none"},
		{"10,255,21,10", TOPOLOGY_BAD_DISTANCE, 255, 1, "none"},
		{"10,4294967316,21,10", TOPOLOGY_BAD_DISTANCE, 4294967316, 1,
		 "none"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vcpus(4, 4);
		assert_int_equal(from_text(&five_gib, "2G:0-1,3G:2-3",
					   cases[i].distances),
				 ERROR_NONE);
		assert_int_equal(t.distance_error.code, cases[i].e);
		error_split(t.distance_error, &bad);
		assert_true(bad == cases[i].bad);
		assert_int_equal(t.distance_error.from * 2 +
					 t.distance_error.to,
				 cases[i].at);
		assert_string_equal(bad_text, cases[i].text);
		assert_int_equal(t.nr_vnodes, 2);
		assert_vnodes(vnodes);
		assert_memory_equal(t.distance, usual, 4);
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
		cmocka_unit_test(text_taken),
		cmocka_unit_test(text_bad),
		cmocka_unit_test(text_bad_distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
