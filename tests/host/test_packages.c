/* SPDX-License-Identifier: MIT */
/*
 * Packages and caches against vnodes: which groups of APIC ids fit, what CPUID
 * says they are, and that the values for cpuid= never let two vnodes meet,
 * whatever the vnodes.
 */
#include "topology_guest.h"

#include "lib/packages.h"

#define HTT 0x10000000u

/* One digit for each vCPU: its vnode. */
static void vnodes(const char *digits)
{
	uint32_t i;

	vcpus((uint32_t)strlen(digits), 128);
	for (i = 0; i < t.nr_vcpus; i++)
		t.vcpu[i].vnode = (uint32_t)(digits[i] - '0');
}

static bool shared(uint32_t bits)
{
	uint32_t first = 0, second = 0;

	if (!packages_find_shared(t.vcpu, t.nr_vcpus, bits, &first, &second))
		return false;
	assert_true(first < second && second < t.nr_vcpus);
	assert_int_not_equal(t.vcpu[first].vnode, t.vcpu[second].vnode);
	assert_int_equal(t.vcpu[first].apic_id >> bits,
			 t.vcpu[second].apic_id >> bits);
	return true;
}

static void fit(void **state)
{
	static const struct {
		const char *vnodes;
		uint32_t bits;
	} cases[] = {
		{"00001111", 3},
		{"11110000", 3},
		{"000111", 1},
		{"01111111", 1},
		{"00112233", 2},
		{"01010101", 1},
		{"00000000111111112222222233333333", 4},
		{"000000001111", 4},
		{"000011111111", 3},
		{"0000000000000000111111111111", 5},
		{"0001", 1},
		{"01", 1},
		{"0011111111111111", 2},
		{"0000", PACKAGES_ALL_BITS},
		{"0", PACKAGES_ALL_BITS},
		{"", PACKAGES_ALL_BITS},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vnodes(cases[i].vnodes);
		assert_int_equal(packages_fit(t.vcpu, t.nr_vcpus),
				 cases[i].bits);
	}
}

/* vCPUs 0-63 and 64-127: the most that two vnodes can have. */
static void fit_largest(void **state)
{
	uint32_t i;

	(void)state;
	vcpus(128, 128);
	for (i = 0; i < 128; i++)
		t.vcpu[i].vnode = i / 64;
	assert_int_equal(packages_fit(t.vcpu, 128), 7);
	t.vcpu[63].vnode = 1;
	assert_int_equal(packages_fit(t.vcpu, 128), 1);
	/* the MADT decides, not the vCPU id */
	t.vcpu[63].apic_id = 128 + 126;
	t.vcpu[127].apic_id = 126;
	t.vcpu[127].vnode = 0;
	assert_int_equal(packages_fit(t.vcpu, 128), 7);
}

static void fit_odd_ids(void **state)
{
	(void)state;
	vnodes("0011");
	t.vcpu[1].apic_id = 3;
	t.vcpu[2].apic_id = 2;
	assert_int_equal(packages_fit(t.vcpu, 4), 0);
	/* one that is not there shares with nobody */
	t.vcpu[2].present = false;
	assert_int_equal(packages_fit(t.vcpu, 4), 2);
	/* far apart: the largest that a local APIC has */
	vnodes("01");
	t.vcpu[1].apic_id = 0xfffffffeu;
	assert_int_equal(packages_fit(t.vcpu, 2), 31);
}

/* As Xen gives them to a guest on a host of one socket, N cores. */
static void amd(void **state)
{
	struct packages_cpuid c = {.known = true, .amd = true, .leaf1_d = HTT};

	(void)state;
	/* 8 cores: 16 ids, nc 15, size 4; leaf 4 is not AMD's */
	c.leaf1_b = 16u << 16 | 0x0800;
	c.ext8_c = 4u << 12 | 15;
	c.cache_a[0] = 0xffffffffu;
	assert_int_equal(packages_bits(&c), 4);
	assert_int_equal(packages_cache_bits(&c), 4);
	/* a size of 0: as many as there are cores */
	c.ext8_c = 10;
	c.leaf1_b = 2u << 16;
	assert_int_equal(packages_bits(&c), 4);
	/* Linux before 6.9 takes leaf 1 for packages */
	c.ext8_c = 2u << 12 | 3;
	c.leaf1_b = 17u << 16;
	assert_int_equal(packages_bits(&c), 5);
	/* unless the processor does not count there */
	c.leaf1_d = ~HTT;
	assert_int_equal(packages_bits(&c), 2);
	c.ext8_c = 0;
	assert_int_equal(packages_bits(&c), 0);
	/* bits beside those fields are others' */
	c.leaf1_d = HTT;
	c.leaf1_b = 0xff01ffffu;
	c.ext8_c = 0xffff0f00u;
	assert_int_equal(packages_bits(&c), 0);
}

static void intel(void **state)
{
	struct packages_cpuid c = {.known = true, .leaf1_d = HTT};

	(void)state;
	/* 4 cores of 2 threads: 16 ids, 8 cores; 0x80000008 is not Intel's */
	c.leaf1_b = 16u << 16;
	c.ext8_c = 0xffffffffu;
	c.cache_a[0] = 7u << 26 | 0x121;
	c.cache_a[1] = 7u << 26 | 0x122;
	assert_int_equal(packages_bits(&c), 4);
	assert_int_equal(packages_cache_bits(&c), 0);
	/* shared by two threads, by 16, and by all but behind the last one */
	c.cache_a[0] |= 1u << 14;
	assert_int_equal(packages_cache_bits(&c), 1);
	c.cache_a[2] = 7u << 26 | 15u << 14 | 0x143;
	assert_int_equal(packages_cache_bits(&c), 4);
	c.cache_a[4] = 0xfffu << 14 | 0x163;
	assert_int_equal(packages_cache_bits(&c), 4);
	c.cache_a[3] = 0x163;
	assert_int_equal(packages_cache_bits(&c), 12);
	/* more cores than leaf 1 counts */
	c.cache_a[0] = 63u << 26 | 0x121;
	assert_int_equal(packages_bits(&c), 6);
	/* no leaf 4 */
	c.cache_a[0] = 63u << 26;
	assert_int_equal(packages_bits(&c), 4);
	assert_int_equal(packages_cache_bits(&c), 0);
}

static void words(void **state)
{
	static const struct {
		uint32_t bits;
		const char *words;
	} cases[] = {
		{0, "proccount=1,procpkg=0,nc=0,apicidsize=0"},
		{1, "proccount=2,procpkg=1,nc=1,apicidsize=1"},
		{3, "proccount=8,procpkg=7,nc=7,apicidsize=3"},
		{6, "proccount=64,procpkg=63,nc=63,apicidsize=6"},
		{7, "proccount=128,procpkg=63,nc=127,apicidsize=7"},
		{31, "proccount=128,procpkg=63,nc=127,apicidsize=7"},
	};
	struct textbuf b;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		textbuf_init(&b, text, sizeof(text));
		packages_words(&b, packages_values(cases[i].bits));
		assert_string_equal(text, cases[i].words);
	}
}

/* The values are what they are to be, read back as CPUID by either vendor. */
static void values_fit(void **state)
{
	uint32_t round, i;

	(void)state;
	srand(1);
	for (round = 0; round < 20000; round++) {
		uint32_t nr = 2 + (uint32_t)rand() % 127;
		uint32_t run = 1 + (uint32_t)rand() % 64, bits;
		struct packages_values v;
		struct packages_cpuid c[2];

		vcpus(nr, nr);
		for (i = 0; i < nr; i++)
			t.vcpu[i].vnode =
				rand() % 8 ? i / run : (uint32_t)rand() % 4;
		bits = packages_fit(t.vcpu, nr);
		if (bits == PACKAGES_ALL_BITS)
			continue;
		assert_in_range(bits, 1, 7);
		assert_false(shared(bits));
		assert_true(shared(bits + 1));
		v = packages_values(bits);
		for (i = 0; i < 2; i++) {
			c[i] = packages_cpuid_of(v, i);
			assert_true(c[i].known);
			assert_int_equal(packages_bits(&c[i]), bits);
			assert_false(shared(packages_cache_bits(&c[i])));
			/* of whole vCPUs, each a core of its own */
			assert_int_equal(v.proccount % 2, 0);
			assert_in_range(v.proccount / (v.procpkg + 1), 1, 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fit),	       cmocka_unit_test(fit_largest),
		cmocka_unit_test(fit_odd_ids), cmocka_unit_test(amd),
		cmocka_unit_test(intel),       cmocka_unit_test(words),
		cmocka_unit_test(values_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
