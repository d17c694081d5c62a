/* SPDX-License-Identifier: MIT */
/*
 * The guest that topologies are made for in tests: its memory map, its vCPUs,
 * and what a topology of it must be.
 */
#ifndef TOPOLOGY_GUEST_H
#define TOPOLOGY_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pvh/read/topology.h"

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
static inline void vcpus(uint32_t nr, uint32_t enabled)
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

static inline void assert_range(uint32_t i, uint64_t start, uint64_t end,
				uint32_t vnode)
{
	assert_true(i < t.nr_ranges);
	assert_true(t.range[i].start == start);
	assert_true(t.range[i].end == end);
	assert_int_equal(t.range[i].vnode, vnode);
}

static inline void assert_vnodes(const uint32_t *want)
{
	uint32_t i;

	for (i = 0; i < t.nr_vcpus; i++)
		assert_int_equal(t.vcpu[i].vnode, want[i]);
}

static inline void assert_flat(void)
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

/* RAM and reserved pages in turn. */
static inline void striped(struct memmap *m)
{
	memset(m, 0, sizeof(*m));
	for (m->nr = 0; m->nr < MEMMAP_MAX; m->nr++)
		m->e[m->nr] = (struct memmap_entry){
			m->nr * UINT64_C(4096), (m->nr + 1) * UINT64_C(4096),
			m->nr % 2 ? MEMMAP_RESERVED : MEMMAP_RAM};
}

#endif
