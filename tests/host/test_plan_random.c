/* SPDX-License-Identifier: MIT */
/*
 * The plan on random guests: equal to openhcl_model.c on contiguous topologies,
 * and true to rules that every plan has to keep on those of any shape.
 * "test_plan_random SEED" repeats the round whose seed was printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan_guest.h"

#ifndef ROUNDS
#define ROUNDS 1000000u
#endif

static struct plan p;
static struct openhcl_output model;
static const struct openhcl_rules as_ours = {&g.memory, true, true};

/* How often each thing happened that equality should be proved for. */
static struct {
	uint32_t status[PLAN_WITHDRAWN + 1];
	uint32_t away, wrapped, exact, less_scratch, no_carve, passed_over;
} seen;

static bool failed(const char *what)
{
	print_error("not true: %s\n", what);
	return false;
}

#define CHECK(x)                           \
	do {                               \
		if (!(x))                  \
			return failed(#x); \
	} while (0)

static bool same_status(void)
{
	switch (model.result) {
	case OPENHCL_STARTED:
		return p.status == PLAN_ON;
	case OPENHCL_NO_IMAGE:
		return p.status == PLAN_OFF_OPTION;
	case OPENHCL_VNODE:
		return p.status == PLAN_OFF_VNODE;
	case OPENHCL_NO_X2APIC:
		return p.status == PLAN_OFF_X2APIC;
	case OPENHCL_SINGLE:
		return p.status == PLAN_OFF_SINGLE;
	case OPENHCL_NO_MEMORY:
		return p.status == PLAN_OFF_MEMORY;
	}
	return false;
}

static void count_node(const struct plan_node *n)
{
	const struct range *r = &g.free[n->carve_vnode];

	seen.no_carve += !n->nr_parked;
	seen.away += n->carve_vnode != n->vnode;
	seen.wrapped += n->carve_vnode < n->vnode;
	if (n->nr_parked) {
		seen.less_scratch += n->scratch_bytes < g.rq.scratch_bytes;
		seen.exact += n->carve.start == r->start;
	}
}

static bool same_node(const struct plan_node *n, const struct openhcl_node *s)
{
	uint64_t start = n->carve.start;

	count_node(n);
	CHECK(n->vnode == s->vnode);
	CHECK(n->nr == s->nr_cpus);
	CHECK(n->nr_parked == s->nr_cpus - 1);
	for (uint32_t k = 0; k < n->nr; k++) {
		CHECK(p.member[n->first + k] == s->base_cpu + k);
		CHECK(p.parked[s->base_cpu + k] == (k != 0));
	}
	CHECK(n->carve_vnode == s->memory_vnode);
	CHECK(start == s->memory_start);
	CHECK(n->carve.end - start == s->memory_size);
	return true;
}

/* boot_cpus= of OpenHCL: the base CPUs, ascending. */
static bool same_boot_cpus(void)
{
	CHECK(p.nr_boot == model.nr_nodes);
	CHECK(p.nr_order == g.t.nr_vcpus);
	for (uint32_t i = 0; i < model.nr_nodes; i++)
		CHECK(p.order[i] == model.node[i].base_cpu);
	return true;
}

static bool same_plan(bool shuffled)
{
	static uint32_t node_of[TOPOLOGY_MAX_VCPUS];

	CHECK(same_status());
	seen.status[p.status]++;
	if (p.status != PLAN_ON)
		return true;
	CHECK(p.nr_nodes == model.nr_nodes);
	for (uint32_t i = 0; i < p.nr_nodes; i++)
		node_of[p.member[p.node[i].first]] = i;
	for (uint32_t i = 0; i < p.nr_nodes; i++) {
		uint32_t k = shuffled ? node_of[model.node[i].base_cpu] : i;

		CHECK(k < p.nr_nodes && same_node(&p.node[k], &model.node[i]));
	}
	return same_boot_cpus();
}

static bool equal_round(uint64_t round)
{
	bool shuffle;

	guest_seed(round);
	shuffle = !guest_below(8);
	guest_contiguous(shuffle);
	plan_make(&p, &g.rq);
	openhcl_plan(&model, &g.in, &as_ours);
	return same_plan(shuffle);
}

static bool can_boot(uint32_t id)
{
	return g.t.vcpu[id].present && g.t.vcpu[id].enabled;
}

/* Members ascend on one vnode; all but the first and Linux's are parked. */
static bool members_hold(const struct plan *q, const struct plan_node *n,
			 uint8_t *owners)
{
	uint32_t parked = 0;

	for (uint32_t k = 0; k < n->nr; k++) {
		uint32_t id = q->member[n->first + k];

		CHECK(id < g.t.nr_vcpus && can_boot(id));
		CHECK(g.t.vcpu[id].vnode == n->vnode);
		CHECK(!k || id > q->member[n->first + k - 1]);
		CHECK(q->parked[id] == (k && !g.linux_vcpu[id]));
		owners[id]++;
		parked += q->parked[id];
	}
	CHECK(parked == n->nr_parked);
	return true;
}

/* Of a vnode's nodes only the last may be smaller, and none could be spared. */
static bool sizes_hold(const struct plan *q)
{
	uint32_t nr_nodes[TOPOLOGY_MAX_VNODES] = {0};
	uint32_t nr[TOPOLOGY_MAX_VNODES] = {0};

	for (uint32_t i = 0; i < q->nr_nodes; i++) {
		const struct plan_node *n = &q->node[i];

		CHECK(n->nr && n->nr <= g.rq.node_max);
		if (i && n[-1].vnode == n->vnode)
			CHECK(n->nr <= n[-1].nr);
		else
			CHECK(!i || n[-1].vnode < n->vnode);
		if (i > 1 && n[-2].vnode == n->vnode)
			CHECK(n[-2].nr == n[-1].nr);
		nr_nodes[n->vnode]++;
		nr[n->vnode] += n->nr;
	}
	for (uint32_t v = 0; v < g.t.nr_vnodes; v++)
		CHECK(nr_nodes[v] ==
		      (nr[v] + g.rq.node_max - 1) / g.rq.node_max);
	return true;
}

static bool nodes_hold(const struct plan *q)
{
	static uint8_t owners[TOPOLOGY_MAX_VCPUS];
	uint32_t first = 0, parked = 0;

	memset(owners, 0, sizeof(owners));
	for (uint32_t i = 0; i < q->nr_nodes; i++) {
		CHECK(q->node[i].first == first);
		CHECK(members_hold(q, &q->node[i], owners));
		first += q->node[i].nr;
		parked += q->node[i].nr_parked;
	}
	CHECK(parked == q->nr_parked && parked);
	CHECK(!q->parked[0]);
	for (uint32_t id = 0; id < TOPOLOGY_MAX_VCPUS; id++) {
		bool in_node = id < g.t.nr_vcpus && can_boot(id);

		CHECK(owners[id] == in_node);
		CHECK(in_node || !q->parked[id]);
	}
	return sizes_hold(q);
}

static bool fits(const struct range *left, uint32_t v, uint64_t need)
{
	return left[v].end - left[v].start >= need;
}

/*
 * Of all but @v, which becomes the one with the least distance, and of several
 * of these the one that comes first when going up from @v, and round.
 */
static bool nearest_that_fits(const struct range *left, uint64_t need,
			      uint32_t *v)
{
	uint32_t home = *v, n = g.t.nr_vnodes, least = UINT32_MAX;

	for (uint32_t to = 0; to < n; to++) {
		uint32_t steps = to > home ? to - home : to + n - home;
		uint32_t far = g.t.distance[home * n + to] * 256u + steps;

		if (to == home || !fits(left, to, need) || far >= least)
			continue;
		least = far;
		*v = to;
	}
	return least != UINT32_MAX;
}

/*
 * The sequence of takings: @left is what is free of each vnode. False if none
 * has room for the node; else where the carve has to be.
 */
static bool next_carve(const struct plan_node *n, struct range *left,
		       struct plan_node *want, uint64_t *need)
{
	uint32_t v = n->vnode;
	uint64_t room, half;

	*need = (g.rq.node_pages + (uint64_t)n->nr_parked * g.rq.vcpu_pages) *
		PAGE;
	if (!fits(left, v, *need) && !nearest_that_fits(left, *need, &v))
		return false;
	room = left[v].end - left[v].start - *need;
	room = (room > g.owed_bytes[v] ? room - g.owed_bytes[v] : 0) / PAGE;
	half = g.reserved_bytes[v] / PAGE;
	half = room > half ? (room - half) / 2 : 0;
	if (room > 512)
		room = half > 512 ? half : 512;
	room *= PAGE;
	want->carve_vnode = v;
	want->scratch_bytes =
		room < g.rq.scratch_bytes ? room : g.rq.scratch_bytes;
	want->carve.end = left[v].end;
	left[v].end -= *need + want->scratch_bytes;
	want->carve.start = left[v].end;
	return true;
}

static bool carve_holds(const struct plan_node *n)
{
	const struct range *r = &g.free[n->carve_vnode], *c = &n->carve;
	bool inside = false;

	CHECK(n->carve_vnode < g.t.nr_vnodes);
	CHECK(c->start % PAGE == 0 && c->end % PAGE == 0 && c->start < c->end);
	CHECK(r->start <= c->start && c->end <= r->end);
	CHECK(n->scratch_bytes % PAGE == 0);
	CHECK(memmap_is_ram(&g.map, c->start, c->end));
	CHECK(!ranges_overlap(&g.used, c->start, c->end));
	for (uint32_t i = 0; i < g.t.nr_ranges; i++)
		inside |= g.t.range[i].vnode == n->carve_vnode &&
			  g.t.range[i].start <= c->start &&
			  c->end <= g.t.range[i].end;
	CHECK(inside);
	return true;
}

/* The vnode that is next in order has room, but a nearer one was taken. */
static bool passed_over(const struct plan_node *n, const struct range *left)
{
	uint32_t next = (n->vnode + 1) % g.t.nr_vnodes;

	return n->carve_vnode != n->vnode && n->carve_vnode != next &&
	       fits(left, next,
		    n->carve.end - n->carve.start - n->scratch_bytes);
}

static bool carves_hold(void)
{
	struct range left[TOPOLOGY_MAX_VNODES];
	struct plan_node want;
	uint64_t need;

	memcpy(left, g.free, sizeof(left));
	for (uint32_t i = 0; i < p.nr_nodes; i++) {
		const struct plan_node *n = &p.node[i];

		if (!n->nr_parked) {
			CHECK(n->carve.start == n->carve.end);
			CHECK(!n->scratch_bytes);
			continue;
		}
		CHECK(carve_holds(n));
		seen.passed_over += passed_over(n, left);
		CHECK(next_carve(n, left, &want, &need));
		CHECK(n->carve_vnode == want.carve_vnode);
		CHECK(n->carve.start == want.carve.start);
		CHECK(n->carve.end == want.carve.end);
		CHECK(n->scratch_bytes == want.scratch_bytes);
		for (uint32_t k = 0; k < i; k++)
			CHECK(n->carve.end <= p.node[k].carve.start ||
			      p.node[k].carve.end <= n->carve.start);
	}
	return true;
}

/* 0: boots, 1: parked, 2: the host has not enabled it. */
static int rank(uint32_t id)
{
	return can_boot(id) ? p.parked[id] : 2;
}

/* All present vCPUs, by rank, then by id: sorted, so none is there twice. */
static bool order_holds(void)
{
	uint32_t present = 0, boot = 0;

	for (uint32_t id = 0; id < g.t.nr_vcpus; id++) {
		present += g.t.vcpu[id].present;
		boot += can_boot(id) && !p.parked[id];
	}
	CHECK(p.nr_order == present && p.nr_boot == boot);
	CHECK(p.order[0] == 0);
	for (uint32_t i = 0; i < present; i++) {
		uint32_t id = p.order[i], last = i ? p.order[i - 1] : 0;

		CHECK(id < g.t.nr_vcpus && g.t.vcpu[id].present);
		CHECK(!i || rank(last) < rank(id) ||
		      (rank(last) == rank(id) && last < id));
	}
	return true;
}

/* With plenty of memory there is a plan; its carves do not fit as it is. */
static bool memory_lacks(void)
{
	static struct range plenty[TOPOLOGY_MAX_VNODES];
	static struct plan q;
	struct plan_request ample = g.rq;
	struct plan_node want;
	uint64_t need = 0;
	uint32_t i = 0;

	for (uint32_t v = 0; v < g.t.nr_vnodes; v++)
		plenty[v] = (struct range){0, UINT64_C(1) << 40};
	ample.free = plenty;
	plan_make(&q, &ample);
	CHECK(q.status == PLAN_ON && nodes_hold(&q));
	while (i < q.nr_nodes && (!q.node[i].nr_parked ||
				  next_carve(&q.node[i], g.free, &want, &need)))
		i++;
	CHECK(i < q.nr_nodes && p.status_value == need);
	return true;
}

static bool off_holds(void)
{
	uint32_t nr[TOPOLOGY_MAX_VNODES] = {0};
	bool all_single = true;

	CHECK(!p.nr_nodes && !p.nr_parked);
	for (uint32_t id = 0; id < TOPOLOGY_MAX_VCPUS; id++)
		CHECK(!p.parked[id]);
	for (uint32_t id = 0; id < g.t.nr_vcpus; id++)
		if (can_boot(id))
			all_single &= ++nr[g.t.vcpu[id].vnode] == 1;
	all_single |= g.rq.node_max == 1;
	CHECK((p.status == PLAN_OFF_OPTION) == !g.rq.enabled);
	if (!g.rq.enabled)
		return true;
	CHECK((p.status == PLAN_OFF_VNODE) == (g.t.nr_vnodes > 64));
	if (g.t.nr_vnodes > 64)
		return true;
	CHECK((p.status == PLAN_OFF_X2APIC) == !g.rq.x2apic);
	if (!g.rq.x2apic)
		return true;
	CHECK((p.status == PLAN_OFF_NX) == !g.rq.nx);
	if (!g.rq.nx)
		return true;
	CHECK((p.status == PLAN_OFF_SINGLE) == all_single);
	if (p.status == PLAN_OFF_MEMORY)
		return memory_lacks();
	CHECK(all_single || p.status == PLAN_OFF_NOTHING);
	return true;
}

static bool hostile_round(uint64_t round)
{
	guest_seed(round);
	guest_any();
	plan_make(&p, &g.rq);
	seen.status[p.status]++;
	CHECK(order_holds());
	if (p.status != PLAN_ON)
		return off_holds();
	CHECK(g.rq.enabled && g.rq.x2apic && g.rq.nx &&
	      g.t.nr_vnodes <= PLAN_MAX_VNODES);
	return nodes_hold(&p) && carves_hold();
}

static uint64_t only_seed;
static bool have_seed;

static void run(bool (*round)(uint64_t seed), uint32_t nr)
{
	memset(&seen, 0, sizeof(seen));
	if (have_seed && !round(only_seed))
		fail_msg("seed %llu", (unsigned long long)only_seed);
	for (uint64_t i = 0; !have_seed && i < nr; i++)
		if (!round(i))
			fail_msg("seed %llu", (unsigned long long)i);
}

/* At least one round in a thousand, or the proof is not one. */
static void assert_seen(const char *what, uint32_t times, uint32_t rounds)
{
	print_message("%s: %u of %u\n", what, times, rounds);
	assert_true(have_seed || times >= rounds / 1000);
}

static void equal_to_openhcl(void **state)
{
	(void)state;
	run(equal_round, ROUNDS);
	for (int s = PLAN_ON; s <= PLAN_OFF_MEMORY; s++)
		/* OpenHCL does not have these two */
		if (s != PLAN_OFF_NOTHING && s != PLAN_OFF_NX)
			assert_seen(plan_status_text((enum plan_status)s),
				    seen.status[s], ROUNDS);
	assert_seen("carves on another vnode", seen.away, ROUNDS);
	assert_seen("beyond the last vnode", seen.wrapped, ROUNDS);
	assert_seen("exact fits", seen.exact, ROUNDS);
	assert_seen("less scratch", seen.less_scratch, ROUNDS);
	assert_seen("no carve", seen.no_carve, ROUNDS);
}

static void holds_for_any(void **state)
{
	(void)state;
	run(hostile_round, ROUNDS / 4);
	for (int s = PLAN_ON; s <= PLAN_OFF_MEMORY; s++)
		assert_seen(plan_status_text((enum plan_status)s),
			    seen.status[s], ROUNDS / 4);
	assert_seen("nearer than the next", seen.passed_over, ROUNDS / 4);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_to_openhcl),
		cmocka_unit_test(holds_for_any),
	};

	if (argc > 1) {
		only_seed = strtoull(argv[1], NULL, 10);
		have_seed = true;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
