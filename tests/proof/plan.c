/* SPDX-License-Identifier: MIT */
/*
 * plan_make() for any topology of up to 3 vCPUs on 2 vnodes, where memory is
 * enough for all: two nodes on one vnode (NODE_MAX), vCPUs that are missing or
 * disabled, any that Linux must have, and vCPU 0 on the last vnode are among
 * them. Where the carves are is proven for one topology, of a node on each of
 * two vnodes, and any memory. Larger plans are what
 * tests/host/test_plan_random.c has: a million of them.
 */
#include "lib/error.h"
#include "proof.h"
#include "sidecar/plan.h"

#define VCPUS  TOPOLOGY_MAX_VCPUS
#define VNODES 2u

static struct topology t;
static struct plan p;

static void any_topology(void)
{
	t.nr_vcpus = 1 + any_up_to(VCPUS - 1);
	t.nr_vnodes = VNODES;
	for (uint32_t i = 0; i < VCPUS; i++) {
		t.vcpu[i].present = i < t.nr_vcpus && nondet_bool();
		t.vcpu[i].enabled = nondet_bool();
		t.vcpu[i].vnode = any_up_to(VNODES - 1);
	}
	/* acpi_read_madt() refuses all others */
	assume(t.vcpu[0].present && t.vcpu[0].enabled);
	t.distance[0] = t.distance[3] = 10;
	t.distance[1] = nondet_u8();
	t.distance[2] = nondet_u8();
	assume(t.distance[1] > 10 && t.distance[1] < 255);
	assume(t.distance[2] > 10 && t.distance[2] < 255);
}

/* Each vCPU that can boot is once in a node, in one of its own vnode. */
static void check_nodes(uint32_t node_max)
{
	uint32_t owners[VCPUS] = {0}, nr = 0;

	for (uint32_t i = 0; i < p.nr_nodes; i++) {
		const struct plan_node *n = &p.node[i];

		prove(n->nr >= 1 && n->nr <= node_max);
		prove(n->first + n->nr <= VCPUS);
		prove(n->nr_parked < n->nr);
		/* the base vCPU */
		prove(!p.parked[p.member[n->first]]);
		for (uint32_t k = 0; k < n->nr; k++) {
			uint32_t id = p.member[n->first + k];

			prove(id < t.nr_vcpus && t.vcpu[id].vnode == n->vnode);
			owners[id]++;
		}
	}
	for (uint32_t id = 0; id < VCPUS; id++) {
		bool boots = t.vcpu[id].present && t.vcpu[id].enabled;

		prove(owners[id] == boots);
		nr += p.parked[id];
	}
	prove(nr == p.nr_parked && nr >= 1);
	prove(!p.parked[0]);
}

/* Linux sees each present vCPU once, first those that it boots, of these vCPU
 * 0. */
static void check_order(void)
{
	uint32_t seen[VCPUS] = {0};

	prove(p.nr_boot >= 1 && p.nr_boot <= p.nr_order && p.nr_order <= VCPUS);
	prove(p.order[0] == 0);
	for (uint32_t i = 0; i < p.nr_order; i++) {
		uint32_t id = p.order[i];

		prove(id < t.nr_vcpus);
		seen[id]++;
		prove((i < p.nr_boot) == (t.vcpu[id].enabled && !p.parked[id]));
	}
	for (uint32_t id = 0; id < VCPUS; id++)
		prove(seen[id] == t.vcpu[id].present);
}

static struct range free_ranges[VNODES] = {
	{MIB, 512 * MIB},
	{512 * MIB, 1024 * MIB},
};
static uint64_t owed[VNODES], reserved[VNODES];
static bool linux_vcpu[VCPUS];

static struct plan_request request(void)
{
	return (struct plan_request){
		.topology = &t,
		.linux_vcpu = linux_vcpu,
		.enabled = true,
		.x2apic = true,
		.nx = true,
		.node_max = NODE_MAX,
		.node_pages = 9,
		.vcpu_pages = 3,
		.free = free_ranges,
		.owed_bytes = owed,
		.reserved_bytes = reserved,
	};
}

static bool is_off(void)
{
	if (p.status == PLAN_ON)
		return false;
	prove(!p.nr_nodes && !p.nr_parked);
	return true;
}

/* Who is with whom, where memory is enough for all. */
void proof_plan_nodes(void)
{
	struct plan_request rq = request();

	rq.enabled = nondet_bool();
	rq.x2apic = nondet_bool();
	rq.nx = nondet_bool();
	for (uint32_t i = 0; i < VCPUS; i++)
		linux_vcpu[i] = nondet_bool();
	any_topology();
	plan_make(&p, &rq);
	check_order();
	if (!is_off())
		check_nodes(NODE_MAX);
}

/* ---- Where the carves are ------------------------------------------------ */

/* Of sizes from a page to many PLAN_SHARED_UNITs, with room for all, or none.
 */
#define MOST	   (64 * MIB)
#define NODE_PAGES 9u
#define VCPU_PAGES 3u

static void any_memory_of_vnodes(void)
{
	for (uint32_t i = 0; i < VNODES; i++) {
		free_ranges[i].start = nondet_u64();
		free_ranges[i].end = nondet_u64();
		assume(free_ranges[i].start <= free_ranges[i].end);
		assume(free_ranges[i].start >= MIB &&
		       free_ranges[i].end <= MOST);
		assume(free_ranges[i].start % 4096 == 0 &&
		       free_ranges[i].end % 4096 == 0);
		owed[i] = nondet_u64();
		reserved[i] = nondet_u64();
		assume(owed[i] <= MOST && reserved[i] <= MOST);
	}
	assume(free_ranges[0].end <= free_ranges[1].start);
}

static void check_carve(const struct plan_node *n,
			const struct plan_request *rq)
{
	const struct range *of = &free_ranges[n->carve_vnode];
	uint64_t need =
		(uint64_t)(NODE_PAGES + n->nr_parked * VCPU_PAGES) * 4096;

	prove(n->carve_vnode < VNODES);
	prove(of->start <= n->carve.start && n->carve.start < n->carve.end &&
	      n->carve.end <= of->end);
	prove(n->carve.end - n->carve.start ==
	      need + n->scratch_bytes + n->shared_bytes);
	prove(n->carve.start % 4096 == 0 && n->scratch_bytes % 4096 == 0);
	prove(n->scratch_bytes <= rq->scratch_bytes);
	prove(n->shared_bytes <= rq->shared_bytes);
	prove(n->shared_bytes % PLAN_SHARED_UNIT == 0);
	prove(!n->shared_bytes || n->carve.end % PLAN_SHARED_UNIT == 0);
	prove(plan_slice_bytes(n) <= n->scratch_bytes);
}

/* In free memory of its vnode, apart from the other, and all of it is used. */
void proof_plan_carves(void)
{
	struct plan_request rq = request();

	t.nr_vcpus = 4;
	t.nr_vnodes = VNODES;
	for (uint32_t i = 0; i < 4; i++)
		t.vcpu[i] = (struct topology_vcpu){
			.present = true, .enabled = true, .vnode = i / 2};
	t.distance[0] = t.distance[3] = 10;
	t.distance[1] = t.distance[2] = 20;
	any_memory_of_vnodes();
	rq.scratch_bytes = nondet_u64();
	rq.shared_bytes = nondet_u64();
	assume(rq.scratch_bytes % 4096 == 0 && rq.scratch_bytes <= MOST);
	assume(rq.shared_bytes % PLAN_SHARED_UNIT == 0 &&
	       rq.shared_bytes <= MOST);
	plan_make(&p, &rq);
	if (p.status != PLAN_ON) {
		prove(p.status == PLAN_OFF_MEMORY && !p.nr_nodes);
		return;
	}
	prove(p.nr_nodes == 2);
	check_carve(&p.node[0], &rq);
	check_carve(&p.node[1], &rq);
	prove(p.node[0].carve.end <= p.node[1].carve.start ||
	      p.node[1].carve.end <= p.node[0].carve.start);
}
