/* SPDX-License-Identifier: MIT */
/*
 * A vnode's list of vCPUs in sidecar.vnuma=: any of up to BYTES characters,
 * each of which is a '+' or is not, as spans.h says what is between them; three
 * spans are enough for one after another and one that ends the list. Any of the
 * vCPUs may belong to a vnode before. The source is included, to reach its
 * static functions.
 */
#include <string.h>

#include "spans.h"
#include SOURCE

static struct topology t, old;

static void any_topology(void)
{
	t.nr_vcpus = any_up_to(TOPOLOGY_MAX_VCPUS);
	for (uint32_t i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		t.vcpu[i].vnode =
			nondet_bool() ? TOPOLOGY_NOWHERE : any_up_to(1);
	old = t;
}

/* How many of its spans have @vcpu; false if one is none, or goes too far. */
static bool list_counts(struct text list, uint32_t vcpu, uint32_t *nr)
{
	struct text item;
	uint64_t first, last;

	*nr = 0;
	if (!list.len)
		return true;
	for (size_t at = 0; at <= list.len; at += item.len + 1) {
		item = item_at(list, at, '+');
		if (!text_is_span(item, UINT64_MAX, &first, &last) ||
		    last >= t.nr_vcpus)
			return false;
		*nr += vcpu >= first && vcpu <= last;
	}
	return true;
}

void proof_topology_list(void)
{
	struct text list = any_list();
	uint32_t v = any_up_to(TOPOLOGY_MAX_VCPUS - 1), nr;
	struct error e;

	any_topology();
	e = text_vcpus(&t, 1, list);
	prove(t.vcpu[v].vnode == old.vcpu[v].vnode ||
	      (t.vcpu[v].vnode == 1 && old.vcpu[v].vnode == TOPOLOGY_NOWHERE));
	if (e.code)
		return;
	prove(list_counts(list, v, &nr) && nr <= 1);
	prove(nr ? t.vcpu[v].vnode == 1 && old.vcpu[v].vnode == TOPOLOGY_NOWHERE
		 : t.vcpu[v].vnode == old.vcpu[v].vnode);
}
