/* SPDX-License-Identifier: MIT */
/*
 * The checks that a topology from Xen (topology_xen.c) and one from the command
 * line (topology_text.c) share, and the one vnode that owns everything. Pure.
 */
#include "topology.h"
#include "topology_checks.h"

#define DISTANCE_SELF 10
#define DISTANCE_MIN  11
#define DISTANCE_MAX  254
/* The distance of another node that SLIT readers assume by default. */
#define DISTANCE_OTHER 20

_Static_assert(TOPOLOGY_MAX_VNODES == 128 && TOPOLOGY_MAX_RANGES == 256,
	       "the texts name these");

static bool is_self(const struct topology *t, uint32_t at)
{
	return at / t->nr_vnodes == at % t->nr_vnodes;
}

void topology_usual_distances(struct topology *t)
{
	uint32_t i;

	for (i = 0; i < t->nr_vnodes * t->nr_vnodes; i++)
		t->distance[i] = is_self(t, i) ? DISTANCE_SELF : DISTANCE_OTHER;
}

/* Only the distances fall back to the defaults. */
void topology_bad_distance(struct topology *t, struct error e, uint32_t at)
{
	e.from = (uint16_t)(at / t->nr_vnodes);
	e.to = (uint16_t)(at % t->nr_vnodes);
	t->distance_error = e;
	topology_usual_distances(t);
}

/*
 * If there are too many pieces of RAM, the last range covers the rest, holes
 * included.
 */
void topology_flat(struct topology *t, const struct memmap *map)
{
	uint32_t i;

	t->nr_vnodes = 1;
	t->distance[0] = DISTANCE_SELF;
	t->distance_error = NO_ERROR;
	for (i = 0; i < t->nr_vcpus; i++)
		t->vcpu[i].vnode = 0;

	t->nr_ranges = 0;
	for (i = 0; i < map->nr; i++) {
		if (map->e[i].type != MEMMAP_RAM)
			continue;
		if (t->nr_ranges == TOPOLOGY_MAX_RANGES)
			t->range[t->nr_ranges - 1].end = map->e[i].end;
		else
			t->range[t->nr_ranges++] = (struct topology_range){
				map->e[i].start, map->e[i].end, 0};
	}
}

bool topology_set_distance(struct topology *t, uint32_t at, uint64_t value)
{
	struct error e;

	if (is_self(t, at) ? value != DISTANCE_SELF
			   : value < DISTANCE_MIN || value > DISTANCE_MAX) {
		e = error_of(TOPOLOGY_BAD_DISTANCE, ERROR_DISTANCE, value);
		topology_bad_distance(t, e, at);
		return false;
	}
	t->distance[at] = (uint8_t)value;
	return true;
}

/* An enabled vCPU must have been given a vnode; others get vnode 0. */
struct error topology_check_vcpus(struct topology *t)
{
	uint32_t i;

	for (i = 0; i < t->nr_vcpus; i++) {
		struct topology_vcpu *v = &t->vcpu[i];

		if (v->vnode != TOPOLOGY_NOWHERE)
			continue;
		if (v->enabled)
			return error_number(TOPOLOGY_VCPU_MISSING, i);
		v->vnode = 0;
	}
	return NO_ERROR;
}

void topology_forget_vcpus(struct topology *t)
{
	uint32_t i;

	for (i = 0; i < t->nr_vcpus; i++)
		t->vcpu[i].vnode = TOPOLOGY_NOWHERE;
}
