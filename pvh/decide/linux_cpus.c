/* SPDX-License-Identifier: MIT */
/*
 * Linux numbers its CPUs in the order of the enabled MADT entries; it boots
 * the first ones, as many as the command line lets it. Pure.
 */
#include "linux_cpus.h"

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* @p->order has the vCPUs that the host has not enabled at its end. */
void linux_cpus_number(struct linux_cpus *c, const struct plan *p, bool reorder,
		       const uint32_t *madt, uint32_t nr_madt)
{
	bool as_it_was = !reorder && nr_madt;
	const uint32_t *order = as_it_was ? madt : p->order;

	c->nr = as_it_was ? nr_madt : p->nr_boot + p->nr_parked;
	c->nr_at_boot = c->nr;
	c->nr_listed = 0;
	for (uint32_t i = 0; i < c->nr; i++) {
		c->vcpu[i] = order[i];
		if (!p->parked[order[i]])
			c->listed[c->nr_listed++] = i;
	}
}

void linux_cpus_limit(struct linux_cpus *c, struct text line, bool ours)
{
	c->words = cmdline_cpus(line);
	if (ours)
		c->words.boots.word = (struct text){NULL, 0};
	c->nr_possible = min_u32(c->nr, c->words.possible.nr);
	c->nr_boots = min_u32(c->nr_possible, c->words.boots.nr);
	c->nr_boots_listed = 0;
	for (uint32_t i = 0; i < c->nr_listed; i++)
		c->nr_boots_listed += c->listed[i] < c->nr_possible;
	c->nr_boots_listed = min_u32(c->nr_boots_listed, c->words.boots.nr);
}

void linux_cpus_hot_add(struct linux_cpus *c)
{
	uint32_t wanted =
		c->words.boots.word.len ? min_u32(c->words.boots.nr, c->nr) : 0;

	c->nr_at_boot = wanted > c->nr_listed ? wanted : c->nr_listed;
	c->nr_boots = min_u32(c->nr_boots, c->nr_at_boot);
}
