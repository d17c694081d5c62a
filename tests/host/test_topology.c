/* SPDX-License-Identifier: MIT */
/*
 * Topologies from Xen's answer and from the command line: good ones exactly,
 * bad ones by error, named value and the flat topology that must remain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "topology.h"

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

/* A guest of 5 GiB: the hole below 4 GiB has ACPI tables in it. */
static const struct memmap five_gib = {
	.nr = 4,
	.e = {{0, 3 * GIB, MEMMAP_RAM},
	      {0xfc000000, 0xfc010000, MEMMAP_ACPI},
	      {0xfeff8000, 0xff000000, MEMMAP_RESERVED},
	      {4 * GIB, 6 * GIB, MEMMAP_RAM}},
};

static struct topology t;
static uint64_t bad;

/* @nr vCPUs, of which the first @enabled are enabled. */
static void vcpus(uint32_t nr, uint32_t enabled)
{
	uint32_t i;

	memset(&t, 0xa5, sizeof(t));
	t.nr_vcpus = nr;
	for (i = 0; i < nr; i++) {
		t.vcpu[i].apic_id = 2 * i;
		t.vcpu[i].present = true;
		t.vcpu[i].enabled = i < enabled;
	}
	bad = 0x5a5a;
}

static void assert_range(uint32_t i, uint64_t start, uint64_t end,
			 uint32_t vnode)
{
	assert_true(i < t.nr_ranges);
	assert_true(t.range[i].start == start);
	assert_true(t.range[i].end == end);
	assert_int_equal(t.range[i].vnode, vnode);
}

static void assert_vnodes(const uint32_t *want)
{
	uint32_t i;

	for (i = 0; i < t.nr_vcpus; i++)
		assert_int_equal(t.vcpu[i].vnode, want[i]);
}

static void assert_flat(void)
{
	uint32_t i;

	assert_int_equal(t.nr_vnodes, 1);
	assert_int_equal(t.distance[0], 10);
	assert_int_equal(t.nr_ranges, 2);
	assert_range(0, 0, 3 * GIB, 0);
	assert_range(1, 4 * GIB, 6 * GIB, 0);
	for (i = 0; i < t.nr_vcpus; i++) {
		assert_int_equal(t.vcpu[i].vnode, 0);
		assert_int_equal(t.vcpu[i].apic_id, 2 * i);
		assert_true(t.vcpu[i].present);
	}
}

static void flat(void **state)
{
	(void)state;
	vcpus(5, 3);
	topology_flat(&t, &five_gib);
	assert_flat();
	assert_int_equal(t.nr_vcpus, 5);
	assert_true(t.vcpu[2].enabled);
	assert_false(t.vcpu[3].enabled);
}

/* RAM and reserved pages in turn. */
static void striped(struct memmap *m)
{
	memset(m, 0, sizeof(*m));
	for (m->nr = 0; m->nr < MEMMAP_MAX; m->nr++)
		m->e[m->nr] = (struct memmap_entry){
			m->nr * UINT64_C(4096), (m->nr + 1) * UINT64_C(4096),
			m->nr % 2 ? MEMMAP_RESERVED : MEMMAP_RAM};
}

static void flat_of_many_pieces(void **state)
{
	static struct memmap m;
	uint32_t i;

	(void)state;
	striped(&m);
	for (i = 0; i < m.nr; i += 2)
		m.e[i + 1].type = MEMMAP_RAM;
	vcpus(1, 1);
	topology_flat(&t, &m);
	assert_int_equal(t.nr_ranges, TOPOLOGY_MAX_RANGES);
	assert_range(TOPOLOGY_MAX_RANGES - 2, 254 * 4096, 255 * 4096, 0);
	assert_range(TOPOLOGY_MAX_RANGES - 1, 255 * 4096, 512 * 4096, 0);
}

static void errors_have_text(void **state)
{
	int e;

	(void)state;
	for (e = TOPOLOGY_OK; e <= TOPOLOGY_SUM_TOO_LARGE; e++)
		assert_string_not_equal(
			topology_error_text((enum topology_error)e),
			"unknown error");
	assert_string_equal(topology_error_text((enum topology_error)99),
			    "unknown error");
	assert_true(topology_error_is_address(TOPOLOGY_NOT_COVERED));
	assert_false(topology_error_is_address(TOPOLOGY_VCPU_TWICE));
	assert_false(topology_error_is_address(TOPOLOGY_BAD_DISTANCE));
}

/* Xen's answer, changed by each case from one that is good. */
static struct answer {
	uint32_t nr_vnodes, nr_ranges, nr_vcpus;
	uint32_t distance[TOPOLOGY_MAX_VNODES * TOPOLOGY_MAX_VNODES];
	uint32_t vnode[TOPOLOGY_MAX_VCPUS];
	struct topology_vmemrange range[TOPOLOGY_MAX_RANGES];
} a;

static void two_nodes(void)
{
	vcpus(4, 4);
	memset(&a, 0, sizeof(a));
	a.nr_vnodes = 2;
	a.nr_vcpus = 4;
	a.nr_ranges = 3;
	memcpy(a.distance, (uint32_t[]){10, 21, 31, 10}, 16);
	memcpy(a.vnode, (uint32_t[]){0, 1, 0, 1}, 16);
	a.range[0] = (struct topology_vmemrange){0, 2 * GIB, 0, 0};
	a.range[1] = (struct topology_vmemrange){2 * GIB, 3 * GIB, 0, 1};
	a.range[2] = (struct topology_vmemrange){4 * GIB, 6 * GIB, 0, 1};
}

static enum topology_error from_xen(void)
{
	return topology_from_xen(&t, &five_gib, a.nr_vnodes, a.nr_ranges,
				 a.nr_vcpus, a.distance, a.vnode, a.range,
				 &bad);
}

static void refused(enum topology_error want, uint64_t value)
{
	assert_int_equal(from_xen(), want);
	assert_true(bad == value);
	assert_flat();
	two_nodes();
}

static void xen_good(void **state)
{
	static const uint32_t vnodes[] = {0, 1, 0, 1};
	static const uint8_t distances[] = {10, 21, 31, 10};

	(void)state;
	two_nodes();
	assert_int_equal(from_xen(), TOPOLOGY_OK);
	assert_int_equal(t.nr_vnodes, 2);
	assert_vnodes(vnodes);
	assert_memory_equal(t.distance, distances, 4);
	assert_int_equal(t.nr_ranges, 3);
	assert_range(0, 0, 2 * GIB, 0);
	assert_range(1, 2 * GIB, 3 * GIB, 1);
	assert_range(2, 4 * GIB, 6 * GIB, 1);
	assert_true(bad == 0x5a5a);
}

static void xen_any_order(void **state)
{
	struct topology_vmemrange r;

	(void)state;
	two_nodes();
	r = a.range[2];
	a.range[2] = a.range[0];
	a.range[0] = r;
	/* One range may cover a hole of the map, and more. */
	a.range[0].start = 3 * GIB;
	a.range[0].end = UINT64_MAX;
	assert_int_equal(from_xen(), TOPOLOGY_OK);
	assert_range(0, 0, 2 * GIB, 0);
	assert_range(1, 2 * GIB, 3 * GIB, 1);
	assert_range(2, 3 * GIB, UINT64_MAX, 1);
}

static void xen_vnode_without_all(void **state)
{
	(void)state;
	two_nodes();
	a.nr_vnodes = 3;
	memcpy(a.distance, (uint32_t[]){10, 254, 11, 20, 10, 20, 20, 20, 10},
	       36);
	a.range[3] = (struct topology_vmemrange){GIB, GIB, 0, 2};
	a.nr_ranges = 4;
	assert_int_equal(from_xen(), TOPOLOGY_OK);
	assert_int_equal(t.nr_vnodes, 3);
	assert_int_equal(t.nr_ranges, 3);
	assert_int_equal(t.distance[1], 254);
}

static void xen_counts(void **state)
{
	(void)state;
	two_nodes();
	a.nr_vnodes = 0;
	refused(TOPOLOGY_TOO_MANY_VNODES, 0);
	a.nr_vnodes = TOPOLOGY_MAX_VNODES + 1;
	refused(TOPOLOGY_TOO_MANY_VNODES, TOPOLOGY_MAX_VNODES + 1);
	a.nr_vnodes = UINT32_MAX;
	refused(TOPOLOGY_TOO_MANY_VNODES, UINT32_MAX);
	a.nr_ranges = TOPOLOGY_MAX_RANGES + 1;
	refused(TOPOLOGY_TOO_MANY_RANGES, TOPOLOGY_MAX_RANGES + 1);
	a.nr_vcpus = TOPOLOGY_MAX_VCPUS + 1;
	refused(TOPOLOGY_TOO_MANY_VCPUS, TOPOLOGY_MAX_VCPUS + 1);
	a.nr_ranges = 0;
	refused(TOPOLOGY_NOT_COVERED, 0);
}

static void xen_distance(void **state)
{
	static const uint32_t other[] = {0, 10, 255, 256 + 20, UINT32_MAX};
	size_t i;

	(void)state;
	two_nodes();
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		a.distance[2] = other[i];
		refused(TOPOLOGY_BAD_DISTANCE, other[i]);
	}
	a.distance[3] = 11;
	refused(TOPOLOGY_BAD_DISTANCE, 11);
	a.distance[0] = 256 + 10;
	refused(TOPOLOGY_BAD_DISTANCE, 256 + 10);
}

static void xen_vcpus(void **state)
{
	static const uint32_t short_by_one[] = {0, 1, 0, 0};

	(void)state;
	two_nodes();
	a.vnode[1] = 2;
	refused(TOPOLOGY_BAD_VNODE, 2);
	a.vnode[3] = UINT32_MAX;
	refused(TOPOLOGY_BAD_VNODE, UINT32_MAX);
	a.nr_vcpus = 3;
	refused(TOPOLOGY_VCPU_MISSING, 3);
	a.nr_vcpus = 3;
	t.vcpu[3].enabled = false;
	assert_int_equal(from_xen(), TOPOLOGY_OK);
	assert_vnodes(short_by_one);
	/* Of vCPUs that the guest has not, nothing is looked at. */
	two_nodes();
	a.nr_vcpus = TOPOLOGY_MAX_VCPUS;
	a.vnode[4] = UINT32_MAX;
	assert_int_equal(from_xen(), TOPOLOGY_OK);
	assert_int_equal(t.nr_vcpus, 4);
}

static void xen_ranges(void **state)
{
	(void)state;
	two_nodes();
	a.range[1].nid = 2;
	refused(TOPOLOGY_BAD_VNODE, 2);
	a.range[1].end = a.range[1].start - 1;
	refused(TOPOLOGY_BAD_RANGE, 2 * GIB);
	a.range[1].start--;
	refused(TOPOLOGY_BAD_RANGE, 2 * GIB - 1);
	/* The later one of the two is named. */
	a.range[2] = (struct topology_vmemrange){GIB, GIB + 1, 0, 0};
	refused(TOPOLOGY_BAD_RANGE, GIB);
	a.range[2] = a.range[0];
	refused(TOPOLOGY_BAD_RANGE, 0);
	a.range[0].start = MIB;
	a.range[2] = (struct topology_vmemrange){0, MIB + 1, 0, 0};
	refused(TOPOLOGY_BAD_RANGE, 0);
}

static void xen_cover(void **state)
{
	(void)state;
	two_nodes();
	a.range[0].start = 1;
	refused(TOPOLOGY_NOT_COVERED, 0);
	a.range[0].end -= 4096;
	refused(TOPOLOGY_NOT_COVERED, 2 * GIB - 4096);
	a.range[2].end--;
	refused(TOPOLOGY_NOT_COVERED, 6 * GIB - 1);
	a.range[2].start++;
	refused(TOPOLOGY_NOT_COVERED, 4 * GIB);
	a.range[1].end--;
	refused(TOPOLOGY_NOT_COVERED, 3 * GIB - 1);
	a.nr_ranges = 1;
	refused(TOPOLOGY_NOT_COVERED, 2 * GIB);
}

/* Pages in turn to two vnodes, from the top: the most there can be. */
static void xen_largest(void **state)
{
	uint32_t i, n = TOPOLOGY_MAX_VNODES, left = TOPOLOGY_MAX_RANGES;

	(void)state;
	vcpus(TOPOLOGY_MAX_VCPUS, TOPOLOGY_MAX_VCPUS);
	a.nr_vnodes = n;
	for (i = 0; i < n * n; i++)
		a.distance[i] = i / n == i % n ? 10 : 254;
	a.nr_vcpus = TOPOLOGY_MAX_VCPUS;
	for (i = 0; i < a.nr_vcpus; i++)
		a.vnode[i] = n - 1 - i;
	a.nr_ranges = left;
	for (i = 0; i < a.nr_ranges; i++, left--)
		a.range[i] = (struct topology_vmemrange){
			(left - 1) * 32 * MIB, left * 32 * MIB, 0, i % n};
	assert_int_equal(from_xen(), TOPOLOGY_OK);
	assert_int_equal(t.nr_ranges, TOPOLOGY_MAX_RANGES);
	assert_range(0, 0, 32 * MIB, n - 1);
	assert_range(255, 255 * 32 * MIB, 8 * GIB, 0);
	assert_int_equal(t.distance[n * n - 1], 10);
	assert_int_equal(t.vcpu[0].vnode, n - 1);
}

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
		{"1G:0-4", "", TOPOLOGY_TOO_MANY_VCPUS, 4},
		{"1G:0-18446744073709551615", "", TOPOLOGY_TOO_MANY_VCPUS,
		 UINT64_MAX},
		{"1G:0-1,1G:2-3", "10,20,20", TOPOLOGY_BAD_SYNTAX, 3},
		{"1G:0-1,1G:2-3", "10,20,20,10,", TOPOLOGY_BAD_SYNTAX, 4},
		{"1G:0-1,1G:2-3", "10,20,20,10,10", TOPOLOGY_BAD_SYNTAX, 4},
		{"1G:0-1,1G:2-3", "10,20,x,10", TOPOLOGY_BAD_SYNTAX, 2},
		{"1G:0-1,1G:2-3", ",", TOPOLOGY_BAD_SYNTAX, 4},
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
		assert_flat();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat),
		cmocka_unit_test(flat_of_many_pieces),
		cmocka_unit_test(errors_have_text),
		cmocka_unit_test(xen_good),
		cmocka_unit_test(xen_any_order),
		cmocka_unit_test(xen_vnode_without_all),
		cmocka_unit_test(xen_counts),
		cmocka_unit_test(xen_distance),
		cmocka_unit_test(xen_vcpus),
		cmocka_unit_test(xen_ranges),
		cmocka_unit_test(xen_cover),
		cmocka_unit_test(xen_largest),
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
