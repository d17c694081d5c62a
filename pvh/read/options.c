/* SPDX-License-Identifier: MIT */
/*
 * The shim's own options. An unknown word or a bad value is listed and changes
 * nothing; of several good values the last one counts.
 */
#include "lib/memmap.h"
#include "options.h"

#include <string.h>

#define SCRATCH_MAX (UINT64_C(1) << 40)

static bool set_sidecar(struct options *o, struct text value)
{
	bool log = text_eq(value, TEXT("log"));
	bool on = log || text_eq(value, TEXT("on"));

	if (!on && !text_eq(value, TEXT("off")))
		return false;
	o->sidecar = on;
	o->log = log;
	return true;
}

static bool set_cpu_order(struct options *o, struct text value)
{
	bool keep = text_eq(value, TEXT("keep"));

	if (!keep && !text_eq(value, TEXT("base-first")))
		return false;
	o->keep_cpu_order = keep;
	return true;
}

static bool set_park(struct options *o, struct text value)
{
	if (text_eq(value, TEXT("auto")))
		o->park = OPTIONS_PARK_AUTO;
	else if (text_eq(value, TEXT("maxcpus")))
		o->park = OPTIONS_PARK_MAXCPUS;
	else if (text_eq(value, TEXT("hotplug")))
		o->park = OPTIONS_PARK_HOTPLUG;
	else
		return false;
	return true;
}

static bool set_node_max(struct options *o, struct text value)
{
	uint64_t n;

	if (!text_is_number(value, PLAN_NODE_MAX, &n) || !n)
		return false;
	o->node_max = (uint32_t)n;
	return true;
}

static bool set_scratch(struct options *o, struct text value)
{
	uint64_t bytes;

	if (!text_is_size(value, &bytes) || bytes > SCRATCH_MAX)
		return false;
	o->scratch_bytes = page_up(bytes);
	return true;
}

static bool set_shared(struct options *o, struct text value)
{
	uint64_t bytes;

	if (!text_is_size(value, &bytes) || bytes > SCRATCH_MAX)
		return false;
	bytes += PLAN_SHARED_UNIT - 1;
	o->shared_bytes = bytes & ~(uint64_t)(PLAN_SHARED_UNIT - 1);
	return true;
}

static bool is_vcpu_list(struct text list)
{
	uint64_t first, last;

	if (!list.len || list.p[list.len - 1] == ',')
		return false;
	while (list.len) {
		if (!text_is_span(text_until(&list, ','),
				  TOPOLOGY_MAX_VCPUS - 1, &first, &last))
			return false;
	}
	return true;
}

static bool set_linux_cpus(struct options *o, struct text list)
{
	uint64_t first, last;

	if (!is_vcpu_list(list))
		return false;
	memset(o->linux_vcpu, 0, sizeof(o->linux_vcpu));
	while (list.len) {
		if (text_is_span(text_until(&list, ','), TOPOLOGY_MAX_VCPUS - 1,
				 &first, &last))
			memset(o->linux_vcpu + first, true, last - first + 1);
	}
	return true;
}

static bool option_set_text(struct text *member, struct text value)
{
	if (!value.len)
		return false;
	*member = value;
	return true;
}

/*
 * Meant for Xen's own shim: libxl's default for pvshim_cmdline, and XAPI's
 * words for a PV guest in a PVH domain.
 */
static bool is_libxl_word(struct text word)
{
	return text_eq(word, TEXT("pv-shim")) ||
	       text_eq(word, TEXT("console=xen,pv")) ||
	       text_eq(word, TEXT("console=xen")) ||
	       text_skip(&word, TEXT("shim_mem="));
}

/* What GRUB's 20_linux_xen adds for Xen. */
static bool is_grub_word(struct text word)
{
	return text_eq(word, TEXT("no-real-mode")) ||
	       text_eq(word, TEXT("edd=off")) ||
	       text_eq(word, TEXT("flask=enforcing"));
}

/* Quotes around a word or its value are no part of it, as on Linux's line. */
static struct text unquoted(struct text t)
{
	if (t.len < 2 || t.p[0] != '"' || t.p[t.len - 1] != '"')
		return t;
	return (struct text){t.p + 1, t.len - 2};
}

/* True if @word starts with @name; its value is then what is left. */
static bool is_option(struct text *word, struct text name)
{
	if (!text_skip(word, name))
		return false;
	*word = unquoted(*word);
	return true;
}

/* False if @word is no option, or one with a bad value. */
static bool option_set(struct options *o, struct text word)
{
	if (is_option(&word, TEXT("sidecar=")))
		return set_sidecar(o, word);
	if (is_option(&word, TEXT("sidecar.node_max=")))
		return set_node_max(o, word);
	if (is_option(&word, TEXT("sidecar.linux_cpus=")))
		return set_linux_cpus(o, word);
	if (is_option(&word, TEXT("sidecar.cpu_order=")))
		return set_cpu_order(o, word);
	if (is_option(&word, TEXT("sidecar.park=")))
		return set_park(o, word);
	if (is_option(&word, TEXT("sidecar.scratch=")))
		return set_scratch(o, word);
	if (is_option(&word, TEXT("sidecar.shared=")))
		return set_shared(o, word);
	if (is_option(&word, TEXT("sidecar.vnuma=")))
		return option_set_text(&o->vnuma, word);
	if (is_option(&word, TEXT("sidecar.vdistances=")))
		return option_set_text(&o->vdistances, word);
	return is_libxl_word(word) || is_grub_word(word);
}

static void add_bad(struct options *o, struct text word)
{
	if (o->nr_bad < OPTIONS_MAX_BAD)
		o->bad[o->nr_bad] = word;
	if (o->nr_bad < UINT32_MAX)
		o->nr_bad++;
}

void options_parse(struct options *o, struct text line)
{
	struct text mine, word;

	memset(o, 0, sizeof(*o));
	o->sidecar = true;
	o->node_max = PLAN_NODE_MAX;
	o->scratch_bytes = OPTIONS_SCRATCH_DEFAULT;

	text_split_dashes(line, &mine, &o->tail);
	while (text_word(&mine, &word)) {
		if (!option_set(o, unquoted(word)))
			add_bad(o, word);
	}
}

bool options_wants_log(struct text line)
{
	struct text word;

	while (text_word(&line, &word)) {
		if (text_eq(word, TEXT("SIDECAR_LOGGING=1")))
			return true;
	}
	return false;
}
