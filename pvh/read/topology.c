/* SPDX-License-Identifier: MIT */
/*
 * The checks that a topology from Xen (topology_xen.c) and one from the command
 * line (topology_text.c) share, and the one vnode that owns everything. Pure.
 */
#include "topology.h"

#define DISTANCE_SELF 10
#define DISTANCE_MIN  11
#define DISTANCE_MAX  254
/* What SLIT readers expect of another node when nobody says otherwise. */
#define DISTANCE_OTHER 20

_Static_assert(TOPOLOGY_MAX_VNODES == 128 && TOPOLOGY_MAX_RANGES == 256,
	       "the texts name these");

const char *topology_error_text(enum topology_error e)
{
	switch (e) {
	case TOPOLOGY_OK:
		return "no error";
	case TOPOLOGY_TOO_MANY_VNODES:
		return "bad number of vnodes (want 1 to 128)";
	case TOPOLOGY_TOO_MANY_RANGES:
		return "too many memory ranges (want at most 256)";
	case TOPOLOGY_TOO_MANY_VCPUS:
		return "too many vCPUs (want at most 128)";
	case TOPOLOGY_BAD_VNODE:
		return "vCPU or memory of a vnode that is not there";
	case TOPOLOGY_BAD_DISTANCE:
		return "bad distance (want 10 to itself, else 11 to 254)";
	case TOPOLOGY_BAD_RANGE:
		return "memory range ends before its start, or overlaps another";
	case TOPOLOGY_NOT_COVERED:
		return "RAM that belongs to no vnode";
	case TOPOLOGY_VCPU_MISSING:
		return "enabled vCPU that belongs to no vnode";
	case TOPOLOGY_VCPU_TWICE:
		return "vCPU given twice";
	case TOPOLOGY_BAD_VCPU:
		return "vCPU that the guest does not have";
	case TOPOLOGY_NO_VNODE:
		return "vnode missing behind a comma or before a blank (want SIZE:LIST)";
	case TOPOLOGY_BAD_SYNTAX:
		return "bad vnode (want SIZE:LIST, like 2G:0-3+8)";
	case TOPOLOGY_BAD_SIZE:
		return "bad size (want a number with K, M or G, in whole pages)";
	case TOPOLOGY_NO_UNIT:
		return "size without unit (want K, M or G behind it)";
	case TOPOLOGY_BAD_LIST:
		return "bad vCPU list (want ids and ranges joined by +, like 0-3+8)";
	case TOPOLOGY_NO_DISTANCE:
		return "bad or missing number (want one for each pair of vnodes)";
	case TOPOLOGY_MORE_DISTANCES:
		return "more numbers than pairs of vnodes, which are";
	case TOPOLOGY_SUM_TOO_LARGE:
		return "sizes add up to more bytes than the guest's RAM has";
	}
	return "unknown error";
}

enum topology_value topology_error_value(enum topology_error e)
{
	switch (e) {
	case TOPOLOGY_BAD_RANGE:
	case TOPOLOGY_NOT_COVERED:
		return TOPOLOGY_ADDRESS;
	case TOPOLOGY_BAD_DISTANCE:
		return TOPOLOGY_DISTANCE;
	case TOPOLOGY_BAD_SYNTAX:
	case TOPOLOGY_BAD_SIZE:
	case TOPOLOGY_NO_UNIT:
	case TOPOLOGY_BAD_LIST:
		return TOPOLOGY_TEXT;
	case TOPOLOGY_NO_DISTANCE:
		return TOPOLOGY_TEXT_OF_DISTANCE;
	case TOPOLOGY_OK:
	case TOPOLOGY_TOO_MANY_VNODES:
	case TOPOLOGY_TOO_MANY_RANGES:
	case TOPOLOGY_TOO_MANY_VCPUS:
	case TOPOLOGY_BAD_VNODE:
	case TOPOLOGY_VCPU_MISSING:
	case TOPOLOGY_VCPU_TWICE:
	case TOPOLOGY_BAD_VCPU:
	case TOPOLOGY_NO_VNODE:
	case TOPOLOGY_MORE_DISTANCES:
	case TOPOLOGY_SUM_TOO_LARGE:
		break;
	}
	return TOPOLOGY_NUMBER;
}

enum topology_error topology_fail(enum topology_error e, uint64_t *bad,
				  uint64_t value)
{
	*bad = value;
	return e;
}

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

/* Costs the distances alone. @value is entry @at of the list of all. */
void topology_bad_distance(struct topology *t, enum topology_error e,
			   uint32_t at, uint64_t value)
{
	t->distance_error = e;
	t->bad_distance = value;
	t->bad_from = at / t->nr_vnodes;
	t->bad_to = at % t->nr_vnodes;
	topology_usual_distances(t);
}

/* RAM in more pieces than there is room for ends in one that has holes. */
void topology_flat(struct topology *t, const struct memmap *map)
{
	uint32_t i;

	t->nr_vnodes = 1;
	t->distance[0] = DISTANCE_SELF;
	t->distance_error = TOPOLOGY_OK;
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
	if (is_self(t, at) ? value != DISTANCE_SELF
			   : value < DISTANCE_MIN || value > DISTANCE_MAX) {
		topology_bad_distance(t, TOPOLOGY_BAD_DISTANCE, at, value);
		return false;
	}
	t->distance[at] = (uint8_t)value;
	return true;
}

/* Every vCPU gets a vnode that exists; an enabled one must have its own. */
enum topology_error topology_check_vcpus(struct topology *t, uint64_t *bad)
{
	uint32_t i;

	for (i = 0; i < t->nr_vcpus; i++) {
		struct topology_vcpu *v = &t->vcpu[i];

		if (v->vnode != TOPOLOGY_NOWHERE)
			continue;
		if (v->enabled)
			return topology_fail(TOPOLOGY_VCPU_MISSING, bad, i);
		v->vnode = 0;
	}
	return TOPOLOGY_OK;
}

void topology_forget_vcpus(struct topology *t)
{
	uint32_t i;

	for (i = 0; i < t->nr_vcpus; i++)
		t->vcpu[i].vnode = TOPOLOGY_NOWHERE;
}
