/* SPDX-License-Identifier: MIT */
/*
 * The guest's topology from Xen's answer or from the command line. Neither is
 * believed: all is checked before a caller may use it as an index or a range,
 * and what fails leaves one vnode that owns everything.
 */
#include "topology.h"

#include <string.h>

#define DISTANCE_SELF 10
#define DISTANCE_MIN  11
#define DISTANCE_MAX  254
/* What SLIT readers expect of another node when nobody says otherwise. */
#define DISTANCE_OTHER 20

#define NO_VNODE UINT32_MAX

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
	case TOPOLOGY_BAD_SYNTAX:
		return "bad syntax (want SIZE:LIST in whole pages) of vnode";
	case TOPOLOGY_NO_DISTANCE:
		return "bad or missing number (want one for each pair of vnodes), item";
	case TOPOLOGY_MORE_DISTANCES:
		return "more numbers than pairs of vnodes, which are";
	case TOPOLOGY_SUM_TOO_LARGE:
		return "sizes add up to more bytes than the guest's RAM has";
	}
	return "unknown error";
}

bool topology_error_is_address(enum topology_error e)
{
	return e == TOPOLOGY_BAD_RANGE || e == TOPOLOGY_NOT_COVERED;
}

bool topology_error_is_pair(enum topology_error e)
{
	return e == TOPOLOGY_BAD_DISTANCE || e == TOPOLOGY_NO_DISTANCE;
}

bool topology_error_is_distance(enum topology_error e)
{
	return topology_error_is_pair(e) || e == TOPOLOGY_MORE_DISTANCES;
}

static enum topology_error fail(enum topology_error e, uint64_t *bad,
				uint64_t value)
{
	*bad = value;
	return e;
}

/* About the distance that is entry @at of a list of all. */
static enum topology_error fail_pair(struct topology *t, enum topology_error e,
				     uint32_t at, uint64_t *bad, uint64_t value)
{
	t->bad_from = at / t->nr_vnodes;
	t->bad_to = at % t->nr_vnodes;
	return fail(e, bad, value);
}

/* RAM in more pieces than there is room for ends in one that has holes. */
void topology_flat(struct topology *t, const struct memmap *map)
{
	uint32_t i;

	t->nr_vnodes = 1;
	t->distance[0] = DISTANCE_SELF;
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

static enum topology_error set_distance(struct topology *t, uint32_t at,
					uint64_t value, uint64_t *bad)
{
	bool self = at / t->nr_vnodes == at % t->nr_vnodes;

	if (self ? value != DISTANCE_SELF
		 : value < DISTANCE_MIN || value > DISTANCE_MAX)
		return fail_pair(t, TOPOLOGY_BAD_DISTANCE, at, bad, value);
	t->distance[at] = (uint8_t)value;
	return TOPOLOGY_OK;
}

/* Every vCPU gets a vnode that exists; an enabled one must have its own. */
static enum topology_error check_vcpus(struct topology *t, uint64_t *bad)
{
	uint32_t i;

	for (i = 0; i < t->nr_vcpus; i++) {
		struct topology_vcpu *v = &t->vcpu[i];

		if (v->vnode != NO_VNODE)
			continue;
		if (v->enabled)
			return fail(TOPOLOGY_VCPU_MISSING, bad, i);
		v->vnode = 0;
	}
	return TOPOLOGY_OK;
}

static void forget_vcpus(struct topology *t)
{
	uint32_t i;

	for (i = 0; i < t->nr_vcpus; i++)
		t->vcpu[i].vnode = NO_VNODE;
}

static enum topology_error xen_distances(struct topology *t,
					 const uint32_t *vdistance,
					 uint64_t *bad)
{
	enum topology_error e;
	uint32_t i;

	for (i = 0; i < t->nr_vnodes * t->nr_vnodes; i++) {
		e = set_distance(t, i, vdistance[i], bad);
		if (e)
			return e;
	}
	return TOPOLOGY_OK;
}

static enum topology_error xen_vcpus(struct topology *t, uint32_t nr_vcpus,
				     const uint32_t *vcpu_to_vnode,
				     uint64_t *bad)
{
	uint32_t i;

	forget_vcpus(t);
	for (i = 0; i < t->nr_vcpus && i < nr_vcpus; i++) {
		if (vcpu_to_vnode[i] >= t->nr_vnodes)
			return fail(TOPOLOGY_BAD_VNODE, bad, vcpu_to_vnode[i]);
		t->vcpu[i].vnode = vcpu_to_vnode[i];
	}
	return check_vcpus(t, bad);
}

/* There is room: the caller's array has no more entries than range[]. */
static enum topology_error insert(struct topology *t,
				  const struct topology_vmemrange *r,
				  uint64_t *bad)
{
	struct topology_range *p = t->range + t->nr_ranges;

	if (r->start > r->end)
		return fail(TOPOLOGY_BAD_RANGE, bad, r->start);
	if (r->nid >= t->nr_vnodes)
		return fail(TOPOLOGY_BAD_VNODE, bad, r->nid);
	for (; p > t->range && p[-1].start >= r->start; p--)
		p[0] = p[-1];
	*p = (struct topology_range){r->start, r->end, r->nid};
	t->nr_ranges++;
	if (p > t->range && p[-1].end > r->start)
		return fail(TOPOLOGY_BAD_RANGE, bad, r->start);
	if (p + 1 < t->range + t->nr_ranges && p[1].start < r->end)
		return fail(TOPOLOGY_BAD_RANGE, bad, r->start);
	return TOPOLOGY_OK;
}

/* libxl gives a vnode without memory an empty range: not an error. */
static enum topology_error xen_ranges(struct topology *t, uint32_t nr,
				      const struct topology_vmemrange *r,
				      uint64_t *bad)
{
	enum topology_error e;
	uint32_t i;

	t->nr_ranges = 0;
	for (i = 0; i < nr; i++) {
		if (r[i].start == r[i].end)
			continue;
		e = insert(t, &r[i], bad);
		if (e)
			return e;
	}
	return TOPOLOGY_OK;
}

/* Both are sorted and disjoint, so one walk through each is enough. */
static enum topology_error check_cover(const struct topology *t,
				       const struct memmap *map, uint64_t *bad)
{
	uint32_t i, k = 0;

	for (i = 0; i < map->nr; i++) {
		uint64_t at = map->e[i].start, end = map->e[i].end;

		if (map->e[i].type != MEMMAP_RAM)
			continue;
		while (at < end) {
			while (k < t->nr_ranges && t->range[k].end <= at)
				k++;
			if (k == t->nr_ranges || t->range[k].start > at)
				return fail(TOPOLOGY_NOT_COVERED, bad, at);
			at = t->range[k].end;
		}
	}
	return TOPOLOGY_OK;
}

enum topology_error topology_from_xen(
	struct topology *t, const struct memmap *map, uint32_t nr_vnodes,
	uint32_t nr_ranges, uint32_t nr_vcpus, const uint32_t *vdistance,
	const uint32_t *vcpu_to_vnode,
	const struct topology_vmemrange *vmemrange, uint64_t *bad)
{
	enum topology_error e;

	t->nr_vnodes = nr_vnodes;
	if (!nr_vnodes || nr_vnodes > TOPOLOGY_MAX_VNODES)
		e = fail(TOPOLOGY_TOO_MANY_VNODES, bad, nr_vnodes);
	else if (nr_ranges > TOPOLOGY_MAX_RANGES)
		e = fail(TOPOLOGY_TOO_MANY_RANGES, bad, nr_ranges);
	else if (nr_vcpus > TOPOLOGY_MAX_VCPUS)
		e = fail(TOPOLOGY_TOO_MANY_VCPUS, bad, nr_vcpus);
	else
		e = xen_distances(t, vdistance, bad);
	if (!e)
		e = xen_vcpus(t, nr_vcpus, vcpu_to_vnode, bad);
	if (!e)
		e = xen_ranges(t, nr_ranges, vmemrange, bad);
	if (!e)
		e = check_cover(t, map, bad);
	if (e)
		topology_flat(t, map);
	return e;
}

/* How far the vnodes of the command line have filled the guest's RAM. */
struct fill {
	const struct memmap *map;
	uint32_t i;	/* the entry being filled, */
	uint64_t at;	/* and from where on; 0 is its start */
	uint64_t used;	/* bytes of RAM before that */
	uint64_t sizes; /* of the vnodes so far, added up */
};

/* The RAM that comes next; false if none is left. */
static bool next_ram(struct fill *f, uint64_t *start, uint64_t *end)
{
	for (; f->i < f->map->nr; f->i++) {
		const struct memmap_entry *e = &f->map->e[f->i];

		if (e->type != MEMMAP_RAM || f->at >= e->end)
			continue;
		*start = f->at > e->start ? f->at : e->start;
		*end = e->end;
		return true;
	}
	return false;
}

/*
 * Where [start, end) is cut after @bytes: at a page boundary even if the map's
 * entries have none. What one vnode gets too much the next one lacks.
 */
static uint64_t cut(uint64_t start, uint64_t end, uint64_t bytes)
{
	uint64_t at, over;

	if (bytes >= end - start)
		return end;
	at = start + bytes;
	over = at % PAGE_SIZE;
	if (over && end - at > PAGE_SIZE - over)
		return at + PAGE_SIZE - over;
	return over ? end : at;
}

/* Gives @vnode RAM until @target bytes of all RAM are given. */
static enum topology_error fill_ram(struct topology *t, struct fill *f,
				    uint32_t vnode, uint64_t target,
				    uint64_t *bad)
{
	uint64_t start, end;

	while (f->used < target && next_ram(f, &start, &end)) {
		if (t->nr_ranges == TOPOLOGY_MAX_RANGES)
			return fail(TOPOLOGY_TOO_MANY_RANGES, bad,
				    t->nr_ranges + 1);
		end = cut(start, end, target - f->used);
		t->range[t->nr_ranges++] =
			(struct topology_range){start, end, vnode};
		f->used += end - start;
		f->at = end;
	}
	return TOPOLOGY_OK;
}

static enum topology_error text_memory(struct topology *t, struct fill *f,
				       uint32_t vnode, uint64_t size, bool last,
				       uint64_t *bad)
{
	enum topology_error e;

	if (__builtin_add_overflow(f->sizes, size, &f->sizes))
		return fail(TOPOLOGY_SUM_TOO_LARGE, bad, UINT64_MAX);
	e = fill_ram(t, f, vnode, last ? UINT64_MAX : f->sizes, bad);
	if (!e && f->sizes > f->used)
		e = fail(TOPOLOGY_SUM_TOO_LARGE, bad, f->sizes);
	return e;
}

static enum topology_error add_vcpus(struct topology *t, uint32_t vnode,
				     uint64_t first, uint64_t last,
				     uint64_t *bad)
{
	if (last >= t->nr_vcpus)
		return fail(TOPOLOGY_BAD_VCPU, bad, last);
	for (; first <= last; first++) {
		if (t->vcpu[first].vnode != NO_VNODE)
			return fail(TOPOLOGY_VCPU_TWICE, bad, first);
		t->vcpu[first].vnode = vnode;
	}
	return TOPOLOGY_OK;
}

static bool ends_with(struct text t, char c)
{
	return t.len && t.p[t.len - 1] == c;
}

static enum topology_error text_vcpus(struct topology *t, uint32_t vnode,
				      struct text list, uint64_t *bad)
{
	enum topology_error e = TOPOLOGY_OK;
	uint64_t first, last;

	if (ends_with(list, '+'))
		return fail(TOPOLOGY_BAD_SYNTAX, bad, vnode);
	while (!e && list.len) {
		if (!text_is_span(text_until(&list, '+'), UINT64_MAX, &first,
				  &last))
			return fail(TOPOLOGY_BAD_SYNTAX, bad, vnode);
		e = add_vcpus(t, vnode, first, last, bad);
	}
	return e;
}

/* @item is SIZE:LIST. */
static enum topology_error text_vnode(struct topology *t, struct fill *f,
				      struct text item, bool last,
				      uint64_t *bad)
{
	size_t whole = item.len;
	struct text size = text_until(&item, ':');
	uint32_t vnode = t->nr_vnodes;
	enum topology_error e;
	uint64_t bytes;

	if (vnode == TOPOLOGY_MAX_VNODES)
		return fail(TOPOLOGY_TOO_MANY_VNODES, bad, vnode + 1);
	t->nr_vnodes++;
	if (size.len == whole || !text_is_size(size, &bytes) ||
	    bytes % PAGE_SIZE)
		return fail(TOPOLOGY_BAD_SYNTAX, bad, vnode);
	e = text_vcpus(t, vnode, item, bad);
	if (!e)
		e = text_memory(t, f, vnode, bytes, last, bad);
	return e;
}

static enum topology_error text_vnodes(struct topology *t,
				       const struct memmap *map,
				       struct text line, uint64_t *bad)
{
	struct fill f = {.map = map};
	enum topology_error e = TOPOLOGY_OK;

	t->nr_vnodes = 0;
	t->nr_ranges = 0;
	forget_vcpus(t);
	if (!line.len || ends_with(line, ','))
		return fail(TOPOLOGY_BAD_SYNTAX, bad, 0);
	while (!e && line.len) {
		struct text item = text_until(&line, ',');

		e = text_vnode(t, &f, item, !line.len, bad);
	}
	return e ? e : check_vcpus(t, bad);
}

static enum topology_error default_distances(struct topology *t, uint64_t *bad)
{
	enum topology_error e = TOPOLOGY_OK;
	uint32_t i, n = t->nr_vnodes;

	for (i = 0; !e && i < n * n; i++)
		e = set_distance(
			t, i, i / n == i % n ? DISTANCE_SELF : DISTANCE_OTHER,
			bad);
	return e;
}

static enum topology_error text_distances(struct topology *t, struct text list,
					  uint64_t *bad)
{
	uint32_t i, n = t->nr_vnodes * t->nr_vnodes;
	bool more = ends_with(list, ',');
	enum topology_error e = TOPOLOGY_OK;
	uint64_t value;

	if (!list.len)
		return default_distances(t, bad);
	for (i = 0; !e && i < n; i++) {
		if (!text_is_number(text_until(&list, ','), UINT64_MAX, &value))
			return fail_pair(t, TOPOLOGY_NO_DISTANCE, i, bad, i);
		e = set_distance(t, i, value, bad);
	}
	if (!e && (list.len || more))
		e = fail(TOPOLOGY_MORE_DISTANCES, bad, n);
	return e;
}

enum topology_error topology_from_text(struct topology *t,
				       const struct memmap *map,
				       struct text vnuma,
				       struct text vdistances, uint64_t *bad)
{
	enum topology_error e = text_vnodes(t, map, vnuma, bad);

	if (!e)
		e = text_distances(t, vdistances, bad);
	if (e)
		topology_flat(t, map);
	return e;
}
