/* SPDX-License-Identifier: MIT */
/*
 * The flat topology, and topologies from Xen's answer: good ones exactly, bad
 * ones by error, named value and the flat topology that must remain.
 */
#include "error_value.h"
#include "topology_guest.h"

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

static enum error_code from_xen(void)
{
	return error_split(topology_from_xen(&t, &five_gib, a.nr_vnodes,
					     a.nr_ranges, a.nr_vcpus,
					     a.distance, a.vnode, a.range),
			   &bad);
}

static void refused(enum error_code want, uint64_t value)
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
	assert_int_equal(from_xen(), ERROR_NONE);
	assert_int_equal(t.nr_vnodes, 2);
	assert_vnodes(vnodes);
	assert_memory_equal(t.distance, distances, 4);
	assert_int_equal(t.distance_error.code, ERROR_NONE);
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
	assert_int_equal(from_xen(), ERROR_NONE);
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
	assert_int_equal(from_xen(), ERROR_NONE);
	assert_int_equal(t.nr_vnodes, 3);
	assert_int_equal(t.nr_ranges, 3);
	assert_int_equal(t.distance[1], 254);
	/* the others may follow it */
	a.range[3] = a.range[0];
	a.range[0] = (struct topology_vmemrange){GIB, GIB, 0, 2};
	assert_int_equal(from_xen(), ERROR_NONE);
	assert_int_equal(t.nr_ranges, 3);
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

/* Entry @at of a good answer is @value: all distances are the usual ones. */
static void distance_refused(uint32_t at, uint32_t value)
{
	static const uint32_t vnodes[] = {0, 1, 0, 1};
	static const uint8_t usual[] = {10, 20, 20, 10};

	two_nodes();
	a.distance[at] = value;
	assert_int_equal(from_xen(), ERROR_NONE);
	assert_int_equal(t.distance_error.code, TOPOLOGY_BAD_DISTANCE);
	assert_int_equal(t.distance_error.value, value);
	assert_int_equal(t.distance_error.from, at / 2);
	assert_int_equal(t.distance_error.to, at % 2);
	assert_int_equal(t.nr_vnodes, 2);
	assert_vnodes(vnodes);
	assert_int_equal(t.nr_ranges, 3);
	assert_memory_equal(t.distance, usual, 4);
}

static void xen_distance(void **state)
{
	static const uint32_t other[] = {0, 10, 255, 256 + 20, UINT32_MAX};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		distance_refused(2, other[i]);
	distance_refused(3, 11);
	distance_refused(0, 256 + 10);
	/* What else is wrong is an error all the same. */
	two_nodes();
	a.distance[1] = 0;
	a.vnode[1] = 2;
	assert_int_equal(from_xen(), TOPOLOGY_BAD_VNODE);
	assert_int_equal(t.distance_error.code, ERROR_NONE);
	assert_flat();
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
	assert_int_equal(from_xen(), ERROR_NONE);
	assert_vnodes(short_by_one);
	/* Of vCPUs that the guest has not, nothing is looked at. */
	two_nodes();
	a.nr_vcpus = TOPOLOGY_MAX_VCPUS;
	a.vnode[4] = UINT32_MAX;
	assert_int_equal(from_xen(), ERROR_NONE);
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
	/* with none but the last */
	two_nodes();
	a.range[1] = a.range[2];
	a.range[2].start = 3 * GIB;
	a.range[2].end = 4 * GIB + 1;
	refused(TOPOLOGY_BAD_RANGE, 3 * GIB);
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
	assert_int_equal(from_xen(), ERROR_NONE);
	assert_int_equal(t.nr_ranges, TOPOLOGY_MAX_RANGES);
	assert_range(0, 0, 32 * MIB, n - 1);
	assert_range(255, 255 * 32 * MIB, 8 * GIB, 0);
	assert_int_equal(t.distance[n * n - 1], 10);
	assert_int_equal(t.vcpu[0].vnode, n - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat),
		cmocka_unit_test(flat_of_many_pieces),
		cmocka_unit_test(xen_good),
		cmocka_unit_test(xen_any_order),
		cmocka_unit_test(xen_vnode_without_all),
		cmocka_unit_test(xen_counts),
		cmocka_unit_test(xen_distance),
		cmocka_unit_test(xen_vcpus),
		cmocka_unit_test(xen_ranges),
		cmocka_unit_test(xen_cover),
		cmocka_unit_test(xen_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
