/* SPDX-License-Identifier: MIT */
/*
 * vnuma= of a config, read and checked as xl, libxl and Xen do. Nonsense that
 * xl accepts (size=32x) is refused here.
 */
#include "config_reader.h"

#define SIZE	     "size"
#define MAX_DISTANCE UINT32_MAX

static void vnode_vcpus(struct reader *r, uint32_t id, struct text list)
{
	uint64_t first, last;

	while (list.len) {
		struct text item = text_until(&list, ',');

		if (!text_is_span(item, TOPOLOGY_MAX_VCPUS - 1, &first,
				  &last)) {
			BAD(r,
			    "vnuma: vnode %u: vcpus: \"%.*s\" (want vCPU ids and ranges, 0 to %d)",
			    id, (int)item.len, item.p, TOPOLOGY_MAX_VCPUS - 1);
			return;
		}
		for (; first <= last; first++) {
			for (uint32_t k = 0; k <= id; k++)
				if (r->c->vnode[k].vcpu[first])
					REFUSED(r,
						"vnuma: vCPU %lu is in vnode %u and again in vnode %u",
						first, k, id);
			r->c->vnode[id].vcpu[first] = true;
		}
	}
}

static void vnode_distances(struct reader *r, uint32_t id, struct text list)
{
	uint64_t v;

	for (uint32_t i = 0; list.len; i++) {
		struct text item = text_until(&list, ',');

		if (!text_is_number(item, MAX_DISTANCE, &v))
			BAD(r,
			    "vnuma: vnode %u: vdistances: \"%.*s\" is no number",
			    id, (int)item.len, item.p);
		else if (i >= r->c->nr_vnodes)
			BAD(r,
			    "vnuma: vnode %u: vdistances: more than %u of them",
			    id, r->c->nr_vnodes);
		else
			r->c->vnode[id].distance[i] = (uint32_t)v;
		if (r->error)
			return;
	}
}

static struct text trim(struct text t)
{
	while (t.len && (*t.p == ' ' || *t.p == '\t')) {
		t.p++;
		t.len--;
	}
	while (t.len && (t.p[t.len - 1] == ' ' || t.p[t.len - 1] == '\t'))
		t.len--;
	return t;
}

static void bad_key(struct reader *r, uint32_t id, struct text key,
		    const char *item)
{
	static const char *const keys[] = {"pnode", "size", "vcpus",
					   "vdistances"};
	const char *meant = source_meant(key, keys, 4);

	if (meant)
		BAD(r, "vnuma: vnode %u: \"%s\": did you mean %s=?", id, item,
		    meant);
	else
		BAD(r,
		    "vnuma: vnode %u: \"%s\" (want pnode=, size=, vcpus= or vdistances=)",
		    id, item);
}

static void bad_size(struct reader *r, uint32_t id, const char *item,
		     struct text value)
{
	char hint[SIZE_HINT_BYTES];

	if (source_mib(value))
		BAD(r, "vnuma: vnode %u: \"%s\"%s", id, item,
		    config_size_hint(hint, SIZE, value));
	else
		BAD(r, "vnuma: vnode %u: \"%s\" (want size=MIB)", id, item);
}

static void vnode_item(struct reader *r, uint32_t id, const char *item)
{
	struct text value = text_from(item, SIZE_MAX);
	struct text key = trim(text_until(&value, '='));
	struct config_vnode *v = &r->c->vnode[id];
	uint64_t n = 0;

	value = trim(value);
	if (text_eq(key, TEXT("vcpus"))) {
		vnode_vcpus(r, id, value);
	} else if (text_eq(key, TEXT("vdistances"))) {
		vnode_distances(r, id, value);
	} else if (text_eq(key, TEXT("pnode"))) {
		if (!text_is_number(value, UINT32_MAX, &v->pnode))
			BAD(r, "vnuma: vnode %u: \"%s\" (want pnode=NUMBER)",
			    id, item);
	} else if (text_eq(key, TEXT("size"))) {
		if (!text_is_number(value, MAX_MIB, &n))
			bad_size(r, id, item, value);
		v->size_bytes = n * MIB;
	} else {
		bad_key(r, id, key, item);
	}
}

static void read_vnode(struct reader *r, uint32_t id, XLU_ConfigValue *value)
{
	XLU_ConfigList *list = NULL;
	XLU_ConfigValue *item;
	char *s;

	if (xlu_cfg_value_get_list(r->xlu, value, &list, 1)) {
		BAD(r, "vnuma: vnode %u: no list (want one of \"KEY=VALUE\")",
		    id);
		return;
	}
	for (int i = 0; (item = xlu_cfg_get_listitem2(list, i)); i++) {
		if (xlu_cfg_value_get_string(r->xlu, item, &s, 1))
			BAD(r,
			    "vnuma: vnode %u: a list in a list (want \"KEY=VALUE\")",
			    id);
		else
			vnode_item(r, id, s);
		if (r->error)
			return;
	}
}

/* tools/libs/light/libxl_vnuma.c, libxl__vnuma_config_check() */
static void check_distances(struct reader *r)
{
	const struct config *c = r->c;

	for (uint32_t i = 0; i < c->nr_vnodes; i++)
		for (uint32_t k = 0; k < c->nr_vnodes; k++)
			if (c->vnode[i].distance[i] > c->vnode[i].distance[k])
				REFUSED(r,
					"vnuma: distance %u from vnode %u to %u (libxl wants %u, that to itself, or more)",
					c->vnode[i].distance[k], i, k,
					c->vnode[i].distance[i]);
}

static uint32_t listed_vcpus(const struct config *c)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < c->nr_vnodes; i++)
		for (uint32_t id = 0; id < TOPOLOGY_MAX_VCPUS; id++)
			nr += c->vnode[i].vcpu[id];
	return nr;
}

static bool is_listed(const struct config *c, uint32_t id)
{
	for (uint32_t i = 0; i < c->nr_vnodes; i++)
		if (c->vnode[i].vcpu[id])
			return true;
	return false;
}

/* All that the config speaks of, by their number or in the list itself. */
static void check_each_vcpu(struct reader *r, uint32_t nr)
{
	long want = r->maxvcpus > r->vcpus ? r->maxvcpus : r->vcpus;

	if (want < (long)nr)
		want = nr;
	for (uint32_t id = 0; id < want && id < TOPOLOGY_MAX_VCPUS; id++)
		if (!is_listed(r->c, id))
			REFUSED(r,
				"vnuma: vCPU %u is in no vnode (add it to the vcpus= of one)",
				id);
}

static void check_vcpus(struct reader *r)
{
	uint32_t nr = listed_vcpus(r->c);

	check_each_vcpu(r, nr);
	if (r->maxvcpus == UNSET) {
		r->maxvcpus = nr;
		lines_printf(
			r->notes,
			"assumes that the host has %u CPUs (else xl wants maxvcpus= beside vnuma=)",
			nr);
	}
	if (r->maxvcpus != nr)
		REFUSED(r,
			"maxvcpus: %ld, but vnuma= lists %u vCPUs (list each once)",
			r->maxvcpus, nr);
}

static void check_memory(struct reader *r)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < r->c->nr_vnodes; i++)
		sum += r->c->vnode[i].size_bytes / MIB;
	if (sum > MAX_MIB || !sum)
		BAD(r, "vnuma: %lu MiB in all (want 1 to %ld)", sum, MAX_MIB);
	else if (r->maxmem != UNSET && (uint64_t)r->maxmem != sum)
		REFUSED(r,
			"maxmem: %ld MiB, but the sizes in vnuma= add up to %lu (make them equal)",
			r->maxmem, sum);
	else
		r->maxmem = (long)sum;
	if (r->memory != UNSET && r->memory < r->maxmem)
		REFUSED(r,
			"memory: %ld MiB, but the sizes in vnuma= add up to %ld (make them equal)",
			r->memory, r->maxmem);
}

void config_read_vnuma(struct reader *r)
{
	XLU_ConfigList *list;
	int nr = 0, e = xlu_cfg_get_list(r->xlu, "vnuma", &list, &nr, 1);

	if (e && e != ESRCH)
		BAD(r, "vnuma: no list (want one of vnodes)");
	if (e || !nr)
		return;
	if (nr > CONFIG_MAX_VNODES) {
		REFUSED(r, "vnuma: %d vnodes (Xen takes %d)", nr,
			CONFIG_MAX_VNODES);
		return;
	}
	r->c->nr_vnodes = (uint32_t)nr;
	for (int i = 0; i < nr && !r->error; i++)
		read_vnode(r, (uint32_t)i, xlu_cfg_get_listitem2(list, i));
	if (!r->error)
		check_vcpus(r);
	if (!r->error)
		check_memory(r);
	if (!r->error)
		check_distances(r);
	lines_printf(r->notes,
		     "needs xl-vnuma: xl itself cannot do vnuma= for PVH");
}
