/* SPDX-License-Identifier: MIT */
/*
 * Chunks and carves. On contiguous topologies the chunks and base vCPUs are
 * those of OpenHCL's sidecar; vCPUs are grouped by vnode, not by adjacent
 * runs, as xl allows any vcpu-to-vnode map. Pure.
 */
#include "plan.h"

#include "view_pages.h"

_Static_assert(PLAN_SHARED_UNIT == SIDECAR_SHARED_ALIGN, "shared memory");

const char *plan_status_text(enum plan_status s)
{
	switch (s) {
	case PLAN_ON:
		return "on";
	case PLAN_OFF_OPTION:
		return "disabled by option";
	case PLAN_OFF_VNODE:
		return "NUMA node number too large";
	case PLAN_OFF_X2APIC:
		return "x2apic not available; not using sidecar";
	case PLAN_OFF_NX:
		return "no-execute (NX) not available; not using sidecar";
	case PLAN_OFF_SINGLE:
		return "all NUMA nodes have one CPU";
	case PLAN_OFF_NOTHING:
		return "nothing left to park";
	case PLAN_OFF_MEMORY:
		return "not enough memory for sidecar";
	case PLAN_WITHDRAWN:
		return "withdrawn";
	}
	return "unknown status";
}

bool plan_status_is_wanted(enum plan_status s)
{
	switch (s) {
	case PLAN_ON:
	case PLAN_OFF_OPTION:
	case PLAN_OFF_SINGLE:
	case PLAN_OFF_NOTHING:
		return true;
	case PLAN_OFF_VNODE:
	case PLAN_OFF_X2APIC:
	case PLAN_OFF_NX:
	case PLAN_OFF_MEMORY:
	case PLAN_WITHDRAWN:
		break;
	}
	return false;
}

const char *plan_status_unit(enum plan_status s)
{
	switch (s) {
	case PLAN_OFF_VNODE:
		return "";
	case PLAN_OFF_MEMORY:
		return " bytes wanted";
	case PLAN_ON:
	case PLAN_OFF_OPTION:
	case PLAN_OFF_X2APIC:
	case PLAN_OFF_NX:
	case PLAN_OFF_SINGLE:
	case PLAN_OFF_NOTHING:
	case PLAN_WITHDRAWN:
		break;
	}
	return NULL;
}

static bool can_boot(const struct topology_vcpu *v)
{
	return v->present && v->enabled;
}

enum order_class {
	ORDER_BOOT,
	ORDER_PARKED,
	ORDER_DISABLED,
};

/* Appends the present vCPUs of @class; ascending, so vCPU 0 stays first. */
static void order_add(struct plan *p, const struct topology *t,
		      enum order_class class)
{
	for (uint32_t id = 0; id < t->nr_vcpus; id++) {
		const struct topology_vcpu *v = &t->vcpu[id];
		enum order_class c = ORDER_BOOT;

		if (!v->present)
			continue;
		if (!v->enabled)
			c = ORDER_DISABLED;
		else if (p->parked[id])
			c = ORDER_PARKED;
		if (c == class)
			p->order[p->nr_order++] = id;
	}
}

static void make_order(struct plan *p, const struct topology *t)
{
	p->nr_order = 0;
	order_add(p, t, ORDER_BOOT);
	p->nr_boot = p->nr_order;
	order_add(p, t, ORDER_PARKED);
	order_add(p, t, ORDER_DISABLED);
}

static void plan_turn_off(struct plan *p, const struct topology *t,
			  enum plan_status why, uint64_t value)
{
	p->status = why;
	p->status_value = value;
	p->nr_nodes = 0;
	p->nr_parked = 0;
	for (uint32_t id = 0; id < TOPOLOGY_MAX_VCPUS; id++)
		p->parked[id] = false;
	make_order(p, t);
}

void plan_withdraw(struct plan *p, const struct topology *t, struct error why)
{
	plan_turn_off(p, t, PLAN_WITHDRAWN, 0);
	p->withdrawn = why;
}

const char *plan_off_text(const struct plan *p)
{
	return p->status == PLAN_WITHDRAWN ? error_text(p->withdrawn.code)
					   : plan_status_text(p->status);
}

/* Splits members [first, first + nr) of one vnode into nodes of equal size. */
static void split_vnode(struct plan *p, uint32_t vnode, uint32_t first,
			uint32_t nr, uint32_t node_max)
{
	uint32_t chunks, size;

	if (!nr)
		return;
	chunks = (nr + node_max - 1) / node_max;
	size = (nr + chunks - 1) / chunks;
	for (uint32_t at = 0; at < nr; at += size)
		p->node[p->nr_nodes++] = (struct plan_node){
			.vnode = vnode,
			.carve_vnode = vnode,
			.first = first + at,
			.nr = nr - at < size ? nr - at : size,
		};
}

static void make_nodes(struct plan *p, const struct plan_request *rq)
{
	const struct topology *t = rq->topology;
	uint32_t nr = 0;

	p->nr_nodes = 0;
	for (uint32_t v = 0; v < t->nr_vnodes; v++) {
		uint32_t first = nr;

		for (uint32_t id = 0; id < t->nr_vcpus; id++)
			if (can_boot(&t->vcpu[id]) && t->vcpu[id].vnode == v)
				p->member[nr++] = id;
		split_vnode(p, v, first, nr - first, rq->node_max);
	}
}

static bool all_single(const struct plan *p)
{
	for (uint32_t i = 0; i < p->nr_nodes; i++)
		if (p->node[i].nr > 1)
			return false;
	return true;
}

/*
 * The first of each node is its base vCPU. vCPU 0 is the lowest id of its
 * vnode and so the first of that vnode's first node: it is never parked.
 */
static void choose_parked(struct plan *p, const struct plan_request *rq)
{
	p->nr_parked = 0;
	for (uint32_t i = 0; i < p->nr_nodes; i++) {
		struct plan_node *n = &p->node[i];

		for (uint32_t k = 1; k < n->nr; k++) {
			uint32_t id = p->member[n->first + k];

			if (rq->linux_vcpu[id])
				continue;
			p->parked[id] = true;
			n->nr_parked++;
		}
		p->nr_parked += n->nr_parked;
	}
}

static uint64_t free_bytes(const struct range *free, uint32_t vnode)
{
	return free[vnode].end - free[vnode].start;
}

/*
 * The nearest vnode to @home that holds @need bytes, itself before all others;
 * of equally near ones the first in cyclic order. Scratch is not counted: being
 * near is worth more than scratch.
 */
static bool find_vnode(const struct topology *t, const struct range *free,
		       uint32_t home, uint64_t need, uint32_t *vnode)
{
	uint32_t nearest = UINT32_MAX;

	for (uint32_t i = 0; i < t->nr_vnodes; i++) {
		uint32_t v = (home + i) % t->nr_vnodes;
		uint32_t d = i ? t->distance[home * t->nr_vnodes + v] : 0;

		if (free_bytes(free, v) < need || d >= nearest)
			continue;
		*vnode = v;
		nearest = d;
		if (v == home)
			break;
	}
	return nearest != UINT32_MAX;
}

static uint64_t subtract_to_zero(uint64_t bytes, uint64_t taken)
{
	return bytes > taken ? bytes - taken : 0;
}

/* How much scratch may be taken of what is left beside a node. */
static uint64_t scratch_room(uint64_t left, uint64_t reserved)
{
	uint64_t sure = left < PLAN_SCRATCH_SURE ? left : PLAN_SCRATCH_SURE;
	uint64_t half = subtract_to_zero(left, reserved) / 2;

	return half > sure ? half : sure;
}

/*
 * Shared memory ends at a multiple of its unit: what lies behind that stays
 * Linux's. @room: what may be taken of it and of shared memory.
 */
static void take_shared(struct plan_node *n, const struct plan_request *rq,
			uint64_t room)
{
	uint64_t over = n->carve.end % PLAN_SHARED_UNIT;
	uint64_t most = subtract_to_zero(room, over);

	n->shared_bytes = rq->shared_bytes < most ? rq->shared_bytes : most;
	n->shared_bytes &= ~(uint64_t)(PLAN_SHARED_UNIT - 1);
	if (n->shared_bytes)
		n->carve.end -= over;
}

static bool take_carve(struct plan_node *n, struct range *free,
		       const struct plan_request *rq, uint64_t *need)
{
	uint64_t left;
	struct range *r;

	*need = ((uint64_t)rq->node_pages +
		 (uint64_t)n->nr_parked * rq->vcpu_pages) *
		PAGE_SIZE;
	if (!find_vnode(rq->topology, free, n->vnode, *need, &n->carve_vnode))
		return false;
	r = &free[n->carve_vnode];
	left = subtract_to_zero(r->end - r->start - *need,
				rq->owed_bytes[n->carve_vnode]);
	left = scratch_room(left, rq->reserved_bytes[n->carve_vnode]);
	n->scratch_bytes = rq->scratch_bytes < left ? rq->scratch_bytes : left;
	n->scratch_bytes &= ~(uint64_t)(PAGE_SIZE - 1);
	n->carve.end = r->end;
	take_shared(n, rq, left - n->scratch_bytes);
	n->carve.start =
		n->carve.end - *need - n->scratch_bytes - n->shared_bytes;
	r->end = n->carve.start;
	return true;
}

uint64_t plan_slice_bytes(const struct plan_node *n)
{
	return n->view_bytes ? n->scratch_bytes - n->view_bytes : 0;
}

/*
 * The page tables of jobs come out of scratch, as many for each vCPU as a job
 * on it can need that has all of it, and shared memory of every node.
 */
static void take_views(struct plan *p)
{
	uint64_t shared = 0, pages;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < p->nr_nodes; i++) {
		shared += p->node[i].shared_bytes;
		nr += p->node[i].shared_bytes != 0;
	}
	for (uint32_t i = 0; i < p->nr_nodes; i++) {
		struct plan_node *n = &p->node[i];

		pages = n->nr_parked * (view_pages_slice(n->scratch_bytes) +
					view_pages_shared(shared, nr));
		n->view_bytes = pages * PAGE_SIZE < n->scratch_bytes
					? pages * PAGE_SIZE
					: 0;
	}
}

static void make_carves(struct plan *p, const struct plan_request *rq)
{
	struct range free[PLAN_MAX_VNODES];
	uint64_t need = 0;

	for (uint32_t v = 0; v < rq->topology->nr_vnodes; v++)
		free[v] = rq->free[v];
	for (uint32_t i = 0; i < p->nr_nodes; i++)
		if (p->node[i].nr_parked &&
		    !take_carve(&p->node[i], free, rq, &need)) {
			plan_turn_off(p, rq->topology, PLAN_OFF_MEMORY, need);
			return;
		}
	take_views(p);
}

void plan_make(struct plan *p, const struct plan_request *rq)
{
	const struct topology *t = rq->topology;

	plan_turn_off(p, t, PLAN_OFF_OPTION, 0);
	if (!rq->enabled)
		return;
	if (t->nr_vnodes > PLAN_MAX_VNODES) {
		plan_turn_off(p, t, PLAN_OFF_VNODE, t->nr_vnodes - 1);
		return;
	}
	if (!rq->x2apic) {
		plan_turn_off(p, t, PLAN_OFF_X2APIC, 0);
		return;
	}
	if (!rq->nx) {
		plan_turn_off(p, t, PLAN_OFF_NX, 0);
		return;
	}
	make_nodes(p, rq);
	if (all_single(p)) {
		plan_turn_off(p, t, PLAN_OFF_SINGLE, 0);
		return;
	}
	choose_parked(p, rq);
	if (!p->nr_parked) {
		plan_turn_off(p, t, PLAN_OFF_NOTHING, 0);
		return;
	}
	p->status = PLAN_ON;
	make_carves(p, rq);
	if (p->status == PLAN_ON)
		make_order(p, t);
}
