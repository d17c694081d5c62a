/* SPDX-License-Identifier: MIT */
/*
 * What the config or its command lines ask for and the guest will not have: the
 * shim warns of each such thing. Other warnings are about its consequences.
 */
#include <string.h>

#include "predict.h"

#define WARNING "warning: "
#define OPTION	"ignoring unknown or invalid option: "

/* The first .has found in a warning wins; without .what all of it is shown. */
static const struct {
	const char *has, *what;
} kinds[] = {
	{"one vnode is used", "vNUMA"},
	{"sidecar.vnuma= is used", "vnuma="},
	{"sidecar.vnuma= ignored", "sidecar.vnuma="},
	{"sidecar.cpu_order=keep ignored", "sidecar.cpu_order=keep"},
	{"sidecar.linux_cpus=", "vCPUs of sidecar.linux_cpus="},
	{"using 10 and 20", "distances"},
	{"falling back to vnode", "carves on their own vnode"},
	{": scratch ", "scratch"},
	{"could not hot-add", "hot-added vCPUs"},
	{": shared ", "shared memory"},
	{"sidecar off: ", "the sidecar"},
	{"what follows -- is dropped", "what follows --"},
	{"can never boot base vCPUs", "base vCPUs of Linux"},
	{"can never online parked vCPUs", "parked vCPUs for Linux"},
	{"ignored", NULL},
	{"is used", NULL},
	{"are used", NULL},
	{"instead of", NULL},
};

static bool has_line(const struct lines *l, const char *text, size_t len)
{
	for (uint32_t i = 0; i < l->nr; i++)
		if (strlen(l->line[i]) == len && !memcmp(l->line[i], text, len))
			return true;
	return false;
}

static void add_once(struct lines *l, const char *text, size_t len)
{
	if (!has_line(l, text, len))
		lines_add(l, text, len);
}

/* "option WORD" */
static void add_option(struct lines *l, const char *word)
{
	const char *end = strstr(word, " (man ");

	lines_printf(l, "option %.*s",
		     (int)(end ? (size_t)(end - word) : strlen(word)), word);
}

static void add_warning(struct prediction *p, const char *said)
{
	const char *option = strstr(said, OPTION);

	if (option) {
		add_option(&p->dropped, option + sizeof(OPTION) - 1);
		lines_printf(&p->reasons, "%s", said);
		return;
	}
	for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *what = kinds[i].what ? kinds[i].what : said;

		if (!strstr(said, kinds[i].has))
			continue;
		add_once(&p->dropped, what, strlen(what));
		lines_printf(&p->reasons, "%s", said);
		return;
	}
}

/* For any reason, even one without a warning. */
static void check_numa(struct prediction *p)
{
	const struct boot *b = &p->boot;
	bool asked = p->config.nr_vnodes || b->options.vnuma.len;
	bool has = b->numa && b->rsdp_pa != b->si.rsdp_pa;

	if (!asked || has || has_line(&p->dropped, "vNUMA", 5))
		return;
	lines_printf(&p->dropped, "vNUMA");
	lines_printf(&p->reasons, "vNUMA: Linux gets no NUMA tables");
}

void dropped_find(struct prediction *p)
{
	for (uint32_t i = 0; i < p->log.nr; i++) {
		const char *said = strstr(p->log.line[i], WARNING);

		if (said)
			add_warning(p, said + sizeof(WARNING) - 1);
	}
	check_numa(p);
}
