/* SPDX-License-Identifier: MIT */
/*
 * Guests for the tests of plan.c. Sizes of random ones are small and often
 * equal, so that exact fits, fallbacks and missing memory do happen.
 */
#include <stdlib.h>
#include <string.h>

#include "plan_guest.h"

struct plan_guest g;

void guest_empty(void)
{
	memset(&g, 0, sizeof(g));
	g.rq = (struct plan_request){
		.topology = &g.t,
		.linux_vcpu = g.linux_vcpu,
		.enabled = true,
		.x2apic = true,
		.nx = true,
		.node_max = PLAN_NODE_MAX,
		.node_pages = 10,
		.vcpu_pages = 3,
		.free = g.free,
		.owed_bytes = g.owed_bytes,
		.reserved_bytes = g.reserved_bytes,
	};
	g.memory = (struct openhcl_memory){10, 3, 0};
	g.in = (struct openhcl_input){
		.image = true,
		.x2apic = true,
		.node_size = OPENHCL_NODE_SIZE,
		.cpu_vnode = g.cpu_vnode,
		.ram = g.ram,
		.used = g.in_use,
	};
}

void guest_add_vcpu(uint32_t vnode)
{
	g.cpu_vnode[g.in.nr_cpus++] = vnode;
	g.t.vcpu[g.t.nr_vcpus++] = (struct topology_vcpu){
		.vnode = vnode, .present = true, .enabled = true};
	if (vnode >= g.t.nr_vnodes)
		g.t.nr_vnodes = vnode + 1;
}

void guest_set_distance(uint32_t from, uint32_t to, uint8_t distance)
{
	g.t.distance[from * g.t.nr_vnodes + to] = distance;
}

uint64_t guest_vnode_base(uint32_t vnode)
{
	return (vnode + 1) * UINT64_C(0x40000000);
}

void guest_add_pages(uint32_t vnode, uint64_t pages)
{
	uint64_t start = guest_vnode_base(vnode), end = start + pages * PAGE;

	g.ram[g.in.nr_ram++] = (struct openhcl_range){start, end, vnode};
	g.free[vnode] = (struct range){start, end};
	if (vnode >= g.t.nr_vnodes)
		g.t.nr_vnodes = vnode + 1;
}

static uint64_t prng;

uint32_t guest_below(uint32_t n)
{
	prng ^= prng >> 12;
	prng ^= prng << 25;
	prng ^= prng >> 27;
	return (uint32_t)((prng * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % n;
}

void guest_seed(uint64_t seed)
{
	prng = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	prng = (prng ^ (prng >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
	prng ^= prng >> 32;
	prng += !prng;
}

static uint32_t random_nr_vnodes(void)
{
	if (guest_below(512) == 0)
		return 65 + guest_below(3);
	return guest_below(16) ? 1 + guest_below(6) : 1 + guest_below(64);
}

static uint32_t random_run(void)
{
	switch (guest_below(8)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return 30 + guest_below(5);
	case 3:
		return 32 * (1 + guest_below(4)) + guest_below(3) - 1;
	case 4:
		return guest_below(64) ? guest_below(100)
				       : guest_below(TOPOLOGY_MAX_VCPUS);
	default:
		return 1 + guest_below(10);
	}
}

static void random_request(void)
{
	guest_empty();
	g.rq.enabled = g.in.image = guest_below(256) != 0;
	g.rq.x2apic = g.in.x2apic = guest_below(256) != 0;
	g.rq.node_max = g.in.node_size =
		guest_below(4) ? OPENHCL_NODE_SIZE : 1 + guest_below(32);
	g.rq.node_pages = 1 + guest_below(10);
	g.rq.vcpu_pages = 1 + guest_below(3);
	g.memory.node_pages = g.rq.node_pages;
	g.memory.vcpu_pages = g.rq.vcpu_pages;
	g.memory.scratch_pages = guest_below(2) ? 0 : guest_below(20);
	g.rq.scratch_bytes = g.memory.scratch_pages * PAGE;
	g.next_page = 256;
}

/* Puts something that is in use into [start, start + pages). */
static void random_used(uint64_t start, uint32_t pages)
{
	uint32_t at = guest_below(pages), n = 1 + guest_below(pages - at);

	if (g.used.nr == RANGES_MAX || guest_below(4))
		return;
	start += at * PAGE;
	g.in_use[g.in.nr_used++] =
		(struct openhcl_range){start, start + n * PAGE, 0};
	if (!ranges_add(&g.used, start + guest_below(4096), n * PAGE - 4095))
		abort();
}

static void random_range(uint32_t vnode, uint32_t pages)
{
	uint64_t start;

	if (!pages || g.t.nr_ranges == TOPOLOGY_MAX_RANGES)
		return;
	g.next_page += guest_below(2) * guest_below(100);
	start = g.next_page * PAGE;
	g.next_page += pages;
	g.t.range[g.t.nr_ranges++] =
		(struct topology_range){start, g.next_page * PAGE, vnode};
	g.ram[g.in.nr_ram++] =
		(struct openhcl_range){start, g.next_page * PAGE, vnode};
	if (memmap_add(&g.map, start, pages * PAGE, MEMMAP_RAM).code)
		abort();
	random_used(start, pages);
}

/* Pages that @nr vCPUs need: about everything between nothing and plenty. */
static uint32_t random_pages(uint32_t nr)
{
	uint32_t nodes = (nr + g.rq.node_max - 1) / g.rq.node_max;
	uint32_t scratch_pages = (uint32_t)g.memory.scratch_pages;
	uint32_t first, all;

	first = nodes ? (nr + nodes - 1) / nodes - 1 : 0;
	first = g.rq.node_pages + first * g.rq.vcpu_pages;
	all = nodes * g.rq.node_pages + (nr - nodes) * g.rq.vcpu_pages;
	switch (guest_below(8)) {
	case 0:
		return 0;
	case 1:
		return guest_below(all + 2);
	case 2:
		return first + guest_below(3) - 1;
	case 3:
		return first + 2 * scratch_pages + guest_below(3);
	case 4:
		return all + guest_below(3);
	default:
		return all + 2 * nodes * scratch_pages + 30 + guest_below(600);
	}
}

static void random_memory(const uint32_t *nr_on_vnode)
{
	for (uint32_t v = 0; v < g.t.nr_vnodes; v++) {
		random_range(v, random_pages(nr_on_vnode[v]));
		if (!guest_below(4))
			random_range(guest_below(g.t.nr_vnodes),
				     1 + guest_below(200));
	}
	/* the last vnode has something, or it would not be the last */
	random_range(g.t.nr_vnodes - 1, 1 + guest_below(3));
}

/* As the shim does it (pvh/decide/decide.c). */
static void find_free(void)
{
	for (uint32_t i = 0; i < g.t.nr_ranges; i++) {
		struct range *best = &g.free[g.t.range[i].vnode];
		struct range r = memmap_largest_free(
			&g.map, &g.used,
			(struct range){g.t.range[i].start, g.t.range[i].end});

		if (r.end - r.start > best->end - best->start)
			*best = r;
	}
}

void guest_contiguous(bool shuffle)
{
	uint32_t nr[TOPOLOGY_MAX_VNODES] = {0};
	uint32_t vnode[TOPOLOGY_MAX_VNODES];
	uint32_t nr_vnodes = random_nr_vnodes();

	random_request();
	for (uint32_t v = 0; v < nr_vnodes; v++) {
		uint32_t k = shuffle ? guest_below(v + 1) : v;

		vnode[v] = vnode[k];
		vnode[k] = v;
	}
	for (uint32_t i = 0; i < nr_vnodes; i++) {
		uint32_t run = random_run();

		for (uint32_t k = 0; k < run; k++)
			if (g.t.nr_vcpus < TOPOLOGY_MAX_VCPUS) {
				guest_add_vcpu(vnode[i]);
				nr[vnode[i]]++;
			}
	}
	if (!g.t.nr_vcpus) {
		guest_add_vcpu(0);
		nr[0] = 1;
	}
	g.t.nr_vnodes = nr_vnodes;
	random_memory(nr);
	if (shuffle)
		for (uint32_t v = 0; v < nr_vnodes; v++)
			random_range(v, 100000);
	find_free();
}

/* Few values, so that some are equal. */
static void random_distances(void)
{
	if (guest_below(4))
		return;
	for (uint32_t i = 0; i < g.t.nr_vnodes; i++)
		for (uint32_t k = 0; k < g.t.nr_vnodes; k++)
			guest_set_distance(
				i, k,
				i == k ? 10 : (uint8_t)(11 + guest_below(4)));
}

static void random_owed(void)
{
	if (guest_below(4))
		return;
	for (uint32_t v = 0; v < g.t.nr_vnodes; v++) {
		g.owed_bytes[v] = guest_below(600) * PAGE;
		g.reserved_bytes[v] = guest_below(200) * PAGE;
	}
}

static uint32_t random_vnode(uint32_t kind, uint32_t id, uint32_t nr_vcpus)
{
	switch (kind) {
	case 0: /* interleaved */
		return id % g.t.nr_vnodes;
	case 1: /* reversed */
		return (nr_vcpus - 1 - id) * g.t.nr_vnodes / nr_vcpus;
	case 2: /* pairs */
		return id / 2 % g.t.nr_vnodes;
	case 3: /* a few vnodes have all */
		return guest_below(1 + g.t.nr_vnodes / 4);
	default:
		return guest_below(g.t.nr_vnodes);
	}
}

void guest_any(void)
{
	uint32_t nr[TOPOLOGY_MAX_VNODES] = {0};
	uint32_t nr_vcpus = 1 + guest_below(64 + 8 * random_run());
	uint32_t kind = guest_below(5);
	uint32_t some = 1 + guest_below(8), linux_some = 1 + guest_below(8);

	if (nr_vcpus > TOPOLOGY_MAX_VCPUS)
		nr_vcpus = TOPOLOGY_MAX_VCPUS;
	random_request();
	g.rq.nx = guest_below(256) != 0;
	g.t.nr_vnodes = random_nr_vnodes();
	g.t.nr_vcpus = nr_vcpus;
	for (uint32_t id = 0; id < nr_vcpus; id++) {
		struct topology_vcpu *v = &g.t.vcpu[id];

		v->vnode = random_vnode(kind, id, nr_vcpus);
		v->present = !id || some == 1 || guest_below(2 * some);
		v->enabled = !id || some <= 2 || guest_below(some);
		g.linux_vcpu[id] = linux_some < 4 && !guest_below(linux_some);
		nr[v->vnode] += v->present && v->enabled;
	}
	random_memory(nr);
	random_distances();
	random_owed();
	find_free();
}
