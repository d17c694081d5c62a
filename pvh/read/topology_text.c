/* SPDX-License-Identifier: MIT */
/*
 * A topology from sidecar.vnuma= and sidecar.vdistances=. What is wrong is
 * named with its own text.
 */
#include "topology.h"

/* @text is the part of the command line that is wrong. */
static enum topology_error fail_text(struct topology *t, enum topology_error e,
				     struct text text, uint64_t *bad,
				     uint32_t vnode)
{
	t->bad_text = text;
	return topology_fail(e, bad, vnode);
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
			return topology_fail(TOPOLOGY_TOO_MANY_RANGES, bad,
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
		return topology_fail(TOPOLOGY_SUM_TOO_LARGE, bad, UINT64_MAX);
	e = fill_ram(t, f, vnode, last ? UINT64_MAX : f->sizes, bad);
	if (!e && f->sizes > f->used)
		e = topology_fail(TOPOLOGY_SUM_TOO_LARGE, bad, f->sizes);
	return e;
}

static enum topology_error add_vcpus(struct topology *t, uint32_t vnode,
				     uint64_t first, uint64_t last,
				     uint64_t *bad)
{
	if (last >= t->nr_vcpus)
		return topology_fail(TOPOLOGY_BAD_VCPU, bad, last);
	for (; first <= last; first++) {
		if (t->vcpu[first].vnode != TOPOLOGY_NOWHERE)
			return topology_fail(TOPOLOGY_VCPU_TWICE, bad, first);
		t->vcpu[first].vnode = vnode;
	}
	return TOPOLOGY_OK;
}

/* As in xl's lists: blanks, quotes and brackets are around a part of it. */
static bool is_wrapping(char c)
{
	return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '[' ||
	       c == ']';
}

static struct text unwrapped(struct text t)
{
	while (t.len && is_wrapping(t.p[0])) {
		t.p++;
		t.len--;
	}
	while (t.len && is_wrapping(t.p[t.len - 1]))
		t.len--;
	return t;
}

/* Takes what stands before a ',' or ';' off @rest; @more: there was one. */
static struct text next_item(struct text *rest, bool *more)
{
	struct text item = {rest->p, 0};

	while (item.len < rest->len && rest->p[item.len] != ',' &&
	       rest->p[item.len] != ';')
		item.len++;
	*more = item.len < rest->len;
	if (rest->len) {
		rest->p += item.len + *more;
		rest->len -= item.len + *more;
	}
	return unwrapped(item);
}

static bool ends_with(struct text t, char c)
{
	return t.len && t.p[t.len - 1] == c;
}

static enum topology_error text_vcpus(struct topology *t, uint32_t vnode,
				      struct text list, uint64_t *bad)
{
	struct text whole = list, span;
	enum topology_error e = TOPOLOGY_OK;
	uint64_t first, last;

	if (ends_with(list, '+'))
		return fail_text(t, TOPOLOGY_BAD_LIST, whole, bad, vnode);
	while (!e && list.len) {
		span = text_until(&list, '+');
		if (!text_is_span(span, UINT64_MAX, &first, &last))
			return fail_text(t, TOPOLOGY_BAD_LIST,
					 span.len ? span : whole, bad, vnode);
		e = add_vcpus(t, vnode, first, last, bad);
	}
	return e;
}

/* Whoever writes xl's sizes, which are MiB, means no vnode of that many bytes.
 */
static enum topology_error text_size(struct topology *t, uint32_t vnode,
				     struct text size, uint64_t *bytes,
				     uint64_t *bad)
{
	uint64_t number;

	if (!text_is_size(size, bytes))
		return fail_text(t, TOPOLOGY_BAD_SIZE, size, bad, vnode);
	if (*bytes && *bytes < MIB && text_is_number(size, MIB, &number))
		return fail_text(t, TOPOLOGY_NO_UNIT, size, bad, vnode);
	if (*bytes % PAGE_SIZE)
		return fail_text(t, TOPOLOGY_BAD_SIZE, size, bad, vnode);
	return TOPOLOGY_OK;
}

/* @item is SIZE:LIST. */
static enum topology_error text_vnode(struct topology *t, struct fill *f,
				      struct text item, bool last,
				      uint64_t *bad)
{
	struct text list = item;
	struct text size = text_until(&list, ':');
	uint32_t vnode = t->nr_vnodes;
	enum topology_error e;
	uint64_t bytes = 0;

	if (vnode == TOPOLOGY_MAX_VNODES)
		return topology_fail(TOPOLOGY_TOO_MANY_VNODES, bad, vnode + 1);
	t->nr_vnodes++;
	if (!item.len)
		return topology_fail(TOPOLOGY_NO_VNODE, bad, vnode);
	if (size.len == item.len)
		return fail_text(t, TOPOLOGY_BAD_SYNTAX, item, bad, vnode);
	e = text_size(t, vnode, unwrapped(size), &bytes, bad);
	if (!e)
		e = text_vcpus(t, vnode, unwrapped(list), bad);
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
	bool more = true;

	t->nr_vnodes = 0;
	t->nr_ranges = 0;
	topology_forget_vcpus(t);
	while (!e && more) {
		struct text item = next_item(&line, &more);

		e = text_vnode(t, &f, item, !more, bad);
	}
	return e ? e : topology_check_vcpus(t, bad);
}

static void text_distances(struct topology *t, struct text list)
{
	uint32_t i, n = t->nr_vnodes * t->nr_vnodes;
	bool more = true;
	uint64_t value;

	if (!list.len) {
		topology_usual_distances(t);
		return;
	}
	for (i = 0; i < n; i++) {
		struct text item = next_item(&list, &more);

		if (!text_is_number(item, UINT64_MAX, &value)) {
			topology_bad_distance(t, TOPOLOGY_NO_DISTANCE, i, 0);
			t->bad_text = item;
			return;
		}
		if (!topology_set_distance(t, i, value))
			return;
	}
	if (more)
		topology_bad_distance(t, TOPOLOGY_MORE_DISTANCES, 0, n);
}

enum topology_error topology_from_text(struct topology *t,
				       const struct memmap *map,
				       struct text vnuma,
				       struct text vdistances, uint64_t *bad)
{
	enum topology_error e = text_vnodes(t, map, vnuma, bad);

	t->distance_error = TOPOLOGY_OK;
	if (e)
		topology_flat(t, map);
	else
		text_distances(t, vdistances);
	return e;
}
