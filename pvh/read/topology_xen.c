/* SPDX-License-Identifier: MIT */
/*
 * The guest's topology from Xen's answer. Everything is checked before a caller
 * may use it as an index or a range; a bad answer leaves one vnode that owns
 * everything. Pure.
 */
#include "topology.h"
#include "topology_checks.h"

static void xen_distances(struct topology *t, const uint32_t *vdistance)
{
	uint32_t i;

	for (i = 0; i < t->nr_vnodes * t->nr_vnodes; i++)
		if (!topology_set_distance(t, i, vdistance[i]))
			return;
}

static struct error xen_vcpus(struct topology *t, uint32_t nr_vcpus,
			      const uint32_t *vcpu_to_vnode)
{
	uint32_t i;

	topology_forget_vcpus(t);
	for (i = 0; i < t->nr_vcpus && i < nr_vcpus; i++) {
		if (vcpu_to_vnode[i] >= t->nr_vnodes)
			return error_number(TOPOLOGY_BAD_VNODE,
					    vcpu_to_vnode[i]);
		t->vcpu[i].vnode = vcpu_to_vnode[i];
	}
	return topology_check_vcpus(t);
}

/* There is room: the caller's array has no more entries than range[]. */
static struct error range_insert(struct topology *t,
				 const struct topology_vmemrange *r)
{
	struct topology_range *p = t->range + t->nr_ranges;

	if (r->start > r->end)
		return error_hex(TOPOLOGY_BAD_RANGE, r->start);
	if (r->nid >= t->nr_vnodes)
		return error_number(TOPOLOGY_BAD_VNODE, r->nid);
	for (; p > t->range && p[-1].start >= r->start; p--)
		p[0] = p[-1];
	*p = (struct topology_range){r->start, r->end, r->nid};
	t->nr_ranges++;
	if (p > t->range && p[-1].end > r->start)
		return error_hex(TOPOLOGY_BAD_RANGE, r->start);
	if (p + 1 < t->range + t->nr_ranges && p[1].start < r->end)
		return error_hex(TOPOLOGY_BAD_RANGE, r->start);
	return NO_ERROR;
}

/* libxl gives a vnode without memory an empty range: not an error. */
static struct error xen_ranges(struct topology *t, uint32_t nr,
			       const struct topology_vmemrange *r)
{
	struct error e;
	uint32_t i;

	t->nr_ranges = 0;
	for (i = 0; i < nr; i++) {
		if (r[i].start == r[i].end)
			continue;
		e = range_insert(t, &r[i]);
		if (e.code)
			return e;
	}
	return NO_ERROR;
}

/* Both are sorted and disjoint, so one walk through each is enough. */
static struct error check_ram_covered(const struct topology *t,
				      const struct memmap *map)
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
				return error_hex(TOPOLOGY_NOT_COVERED, at);
			at = t->range[k].end;
		}
	}
	return NO_ERROR;
}

struct error topology_from_xen(struct topology *t, const struct memmap *map,
			       uint32_t nr_vnodes, uint32_t nr_ranges,
			       uint32_t nr_vcpus, const uint32_t *vdistance,
			       const uint32_t *vcpu_to_vnode,
			       const struct topology_vmemrange *vmemrange)
{
	struct error e = NO_ERROR;

	t->nr_vnodes = nr_vnodes;
	t->distance_error = NO_ERROR;
	if (!nr_vnodes || nr_vnodes > TOPOLOGY_MAX_VNODES)
		e = error_number(TOPOLOGY_TOO_MANY_VNODES, nr_vnodes);
	else if (nr_ranges > TOPOLOGY_MAX_RANGES)
		e = error_number(TOPOLOGY_TOO_MANY_RANGES, nr_ranges);
	else if (nr_vcpus > TOPOLOGY_MAX_VCPUS)
		e = error_number(TOPOLOGY_TOO_MANY_VCPUS, nr_vcpus);
	else
		xen_distances(t, vdistance);
	if (!e.code)
		e = xen_vcpus(t, nr_vcpus, vcpu_to_vnode);
	if (!e.code)
		e = xen_ranges(t, nr_ranges, vmemrange);
	if (!e.code)
		e = check_ram_covered(t, map);
	if (e.code)
		topology_flat(t, map);
	return e;
}
