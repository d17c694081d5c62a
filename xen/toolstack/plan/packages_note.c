/* SPDX-License-Identifier: MIT */
/*
 * Compares cpuid= with the guest's vnodes. The host's CPUID is not known here,
 * only which fields the config leaves to the host and which it sets.
 */
#include <libxlutil.h>
#include <stdlib.h>

#include "predict.h"

#define WORDS_BYTES 64

enum field {
	PROCCOUNT,
	PROCPKG,
	NC,
	APICIDSIZE,
	NR_FIELDS
};

static const struct text names[NR_FIELDS] = {
	{"proccount=", 10}, {"procpkg=", 8}, {"nc=", 3}, {"apicidsize=", 11}};

/* cpuid= in the form "host,NAME=VALUE,...". */
struct cpuid_line {
	bool list; /* it is in the other form, not read */
	uint64_t value[NR_FIELDS];
	bool set[NR_FIELDS], number[NR_FIELDS];
	struct text all;
};

static bool is_ours(struct text word, struct cpuid_line *c)
{
	for (int i = 0; i < NR_FIELDS; i++) {
		struct text value = word;

		if (!text_skip(&value, names[i]))
			continue;
		if (c) {
			c->set[i] = true;
			c->number[i] = text_is_number(value, 255, &c->value[i]);
		}
		return true;
	}
	return false;
}

static void read_line(struct cpuid_line *c, XLU_Config *xlu)
{
	const char *s = NULL;
	struct text rest;
	int e = xlu_cfg_get_string(xlu, "cpuid", &s, 1);

	*c = (struct cpuid_line){.list = e == EINVAL};
	if (e)
		return;
	rest = c->all = text_from(s, SIZE_MAX);
	while (rest.len)
		is_ours(text_until(&rest, ','), c);
}

/* The config's own words, with those about packages in place of its own. */
static char *good_line(const struct cpuid_line *c, uint32_t bits)
{
	size_t size = c->all.len + WORDS_BYTES + sizeof("host,,");
	char *line = lines_alloc(size);
	struct text rest = c->all, word;
	struct textbuf b;

	textbuf_init(&b, line, size);
	textbuf_add(&b, TEXT("host"));
	while (rest.len) {
		word = text_until(&rest, ',');
		if (!word.len || text_eq(word, TEXT("host")) ||
		    is_ours(word, NULL))
			continue;
		textbuf_printf(&b, ",%.*s", (int)word.len, word.p);
	}
	textbuf_add(&b, TEXT(","));
	packages_words(&b, packages_values(bits));
	return line;
}

/* Whether the guest's CPUID is known from the line, for one vendor. */
static bool is_whole(const struct cpuid_line *c, bool amd)
{
	return c->number[PROCCOUNT] &&
	       (amd ? c->number[NC] && c->number[APICIDSIZE]
		    : c->number[PROCPKG]);
}

static bool is_any_set(const struct cpuid_line *c)
{
	for (int i = 0; i < NR_FIELDS; i++)
		if (c->set[i])
			return true;
	return false;
}

static bool spans(const struct cpuid_line *c, const struct topology *t,
		  bool amd)
{
	const struct packages_values v = {
		.proccount = (uint32_t)c->value[PROCCOUNT],
		.procpkg = (uint32_t)c->value[PROCPKG],
		.nc = (uint32_t)c->value[NC],
		.apicidsize = (uint32_t)c->value[APICIDSIZE],
	};
	struct packages_cpuid p = packages_cpuid_of(v, amd);
	uint32_t first, second;

	return packages_find_shared(t->vcpu, t->nr_vcpus, packages_bits(&p),
				    &first, &second);
}

/* xl-vnuma sets what a config leaves out. */
static void fill_in(struct cpuid_line *c, uint32_t bits)
{
	struct packages_values v = packages_values(bits);
	const uint32_t value[NR_FIELDS] = {v.proccount, v.procpkg, v.nc,
					   v.apicidsize};

	for (int i = 0; i < NR_FIELDS; i++) {
		if (c->set[i])
			continue;
		c->value[i] = value[i];
		c->set[i] = c->number[i] = true;
	}
}

void packages_note(struct prediction *p)
{
	const struct topology *t = &p->boot.topology;
	uint32_t bits = packages_fit(t->vcpu, t->nr_vcpus);
	bool by_xl = p->config.nr_vnodes, any, whole[2];
	struct cpuid_line c;
	char *line;

	if (bits == PACKAGES_ALL_BITS)
		return;
	read_line(&c, p->config.xlu);
	if (c.list && by_xl)
		return; /* xl-vnuma reads it, and warns */
	any = is_any_set(&c);
	if (by_xl)
		fill_in(&c, bits);
	whole[0] = is_whole(&c, false);
	whole[1] = is_whole(&c, true);
	line = good_line(&c, bits);
	if (c.list)
		lines_printf(
			&p->notes,
			"cpuid=[...] is not read: without what cpuid=\"%s\" sets, vnodes may share CPU packages",
			line);
	else if ((whole[0] && spans(&c, t, false)) ||
		 (whole[1] && spans(&c, t, true)))
		lines_printf(
			&p->notes,
			"cpuid= lets vnodes share CPU packages, Linux warns (want cpuid=\"%s\")",
			line);
	else if (!whole[0] && !whole[1])
		lines_printf(
			&p->notes,
			"%s leaves CPU packages to the host: if vnodes share one, Linux warns (want cpuid=\"%s\")",
			any ? "cpuid=" : "the config", line);
	free(line);
}
