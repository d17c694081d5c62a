/* SPDX-License-Identifier: MIT */
/*
 * A topology from sidecar.vnuma= and sidecar.vdistances=. What is wrong is
 * named with its own text.
 */
#include "topology.h"
#include "topology_checks.h"

/* How much of the guest's RAM the vnodes have taken so far. */
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
 * Cuts [start, end) after @bytes, rounded up to a page boundary. Rounding moves
 * the boundary between two vnodes.
 */
static uint64_t cut_at_page(uint64_t start, uint64_t end, uint64_t bytes)
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
static struct error fill_ram(struct topology *t, struct fill *f, uint32_t vnode,
			     uint64_t target)
{
	uint64_t start, end;

	while (f->used < target && next_ram(f, &start, &end)) {
		if (t->nr_ranges == TOPOLOGY_MAX_RANGES)
			return error_number(TOPOLOGY_TOO_MANY_RANGES,
					    t->nr_ranges + 1);
		end = cut_at_page(start, end, target - f->used);
		t->range[t->nr_ranges++] =
			(struct topology_range){start, end, vnode};
		f->used += end - start;
		f->at = end;
	}
	return NO_ERROR;
}

static struct error text_memory(struct topology *t, struct fill *f,
				uint32_t vnode, uint64_t size, bool last)
{
	struct error e;

	if (__builtin_add_overflow(f->sizes, size, &f->sizes))
		return error_number(TOPOLOGY_SUM_TOO_LARGE, UINT64_MAX);
	e = fill_ram(t, f, vnode, last ? UINT64_MAX : f->sizes);
	if (!e.code && f->sizes > f->used)
		e = error_number(TOPOLOGY_SUM_TOO_LARGE, f->sizes);
	return e;
}

static struct error vnode_add_vcpus(struct topology *t, uint32_t vnode,
				    uint64_t first, uint64_t last)
{
	if (last >= t->nr_vcpus)
		return error_number(TOPOLOGY_BAD_VCPU, last);
	for (; first <= last; first++) {
		if (t->vcpu[first].vnode != TOPOLOGY_NOWHERE)
			return error_number(TOPOLOGY_VCPU_TWICE, first);
		t->vcpu[first].vnode = vnode;
	}
	return NO_ERROR;
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

static struct error text_vcpus(struct topology *t, uint32_t vnode,
			       struct text list)
{
	struct text whole = list, span;
	struct error e = NO_ERROR;
	uint64_t first, last;

	if (ends_with(list, '+'))
		return error_word(TOPOLOGY_BAD_LIST, whole, vnode);
	while (!e.code && list.len) {
		span = text_until(&list, '+');
		if (!text_is_span(span, UINT64_MAX, &first, &last))
			return error_word(TOPOLOGY_BAD_LIST,
					  span.len ? span : whole, vnode);
		e = vnode_add_vcpus(t, vnode, first, last);
	}
	return e;
}

/*
 * A small number without unit is an xl size in MiB, not a vnode of so few
 * bytes.
 */
static struct error text_size(uint32_t vnode, struct text size, uint64_t *bytes)
{
	uint64_t number;

	if (!text_is_size(size, bytes))
		return error_word(TOPOLOGY_BAD_SIZE, size, vnode);
	if (*bytes && *bytes < MIB && text_is_number(size, MIB, &number))
		return error_word(TOPOLOGY_NO_UNIT, size, vnode);
	if (*bytes % PAGE_SIZE)
		return error_word(TOPOLOGY_BAD_SIZE, size, vnode);
	return NO_ERROR;
}

/* @item is SIZE:LIST. */
static struct error text_vnode(struct topology *t, struct fill *f,
			       struct text item, bool last)
{
	struct text list = item;
	struct text size = text_until(&list, ':');
	uint32_t vnode = t->nr_vnodes;
	struct error e;
	uint64_t bytes = 0;

	if (vnode == TOPOLOGY_MAX_VNODES)
		return error_number(TOPOLOGY_TOO_MANY_VNODES, vnode + 1);
	t->nr_vnodes++;
	if (!item.len)
		return error_number(TOPOLOGY_NO_VNODE, vnode);
	if (size.len == item.len)
		return error_word(TOPOLOGY_BAD_SYNTAX, item, vnode);
	e = text_size(vnode, unwrapped(size), &bytes);
	if (!e.code)
		e = text_vcpus(t, vnode, unwrapped(list));
	if (!e.code)
		e = text_memory(t, f, vnode, bytes, last);
	return e;
}

static struct error text_vnodes(struct topology *t, const struct memmap *map,
				struct text line)
{
	struct fill f = {.map = map};
	struct error e = NO_ERROR;
	bool more = true;

	t->nr_vnodes = 0;
	t->nr_ranges = 0;
	topology_forget_vcpus(t);
	while (!e.code && more) {
		struct text item = next_item(&line, &more);

		e = text_vnode(t, &f, item, !more);
	}
	return e.code ? e : topology_check_vcpus(t);
}

static void text_distances(struct topology *t, struct text list)
{
	struct error e;
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
			e = error_word(TOPOLOGY_NO_DISTANCE, item, 0);
			e.kind = ERROR_WORD_OF_DISTANCE;
			topology_bad_distance(t, e, i);
			return;
		}
		if (!topology_set_distance(t, i, value))
			return;
	}
	if (more)
		topology_bad_distance(
			t, error_number(TOPOLOGY_MORE_DISTANCES, n), 0);
}

struct error topology_from_text(struct topology *t, const struct memmap *map,
				struct text vnuma, struct text vdistances)
{
	struct error e = text_vnodes(t, map, vnuma);

	t->distance_error = NO_ERROR;
	if (e.code)
		topology_flat(t, map);
	else
		text_distances(t, vdistances);
	return e;
}
