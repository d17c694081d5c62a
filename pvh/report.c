/* SPDX-License-Identifier: MIT */
/*
 * The log lines about the plan: which vCPUs, which memory, what was refused
 * and why, and how the start went. Ranges of ids are written a-b.
 */
#include "boot.h"

#define LIST_BYTES    640
#define US_PER_MS     1000u
#define CPUS_PER_LINE 16u
#define LINE_PIECE    900u
#define VALUE_BYTES   48
#define QUOTE_MAX     40u
#define WORD_SHOWN    32

/* In quotes, cut where it is long; what no terminal should get is a '?'. */
static void add_quote(struct textbuf *b, struct text t)
{
	size_t shown = t.len < QUOTE_MAX ? t.len : QUOTE_MAX;

	textbuf_add(b, TEXT("\""));
	for (size_t i = 0; i < shown; i++) {
		bool plain = t.p[i] >= ' ' && t.p[i] <= '~';

		textbuf_add(b, plain ? (struct text){t.p + i, 1} : TEXT("?"));
	}
	textbuf_add(b, shown < t.len ? TEXT("\"...") : TEXT("\""));
}

static void add_value(struct textbuf *b, struct error e)
{
	switch (e.kind) {
	case ERROR_PLAIN:
		break;
	case ERROR_NUMBER:
	case ERROR_DISTANCE:
		textbuf_printf(b, ": %lu", e.value);
		break;
	case ERROR_HEX:
		textbuf_printf(b, ": %#lx", e.value);
		break;
	case ERROR_BYTES:
		textbuf_printf(b, " (%lu bytes wanted)", e.value);
		break;
	case ERROR_RANGES:
		textbuf_printf(b, " (%lu ranges)", e.value);
		break;
	case ERROR_CHARACTERS:
		textbuf_printf(b, " (%lu characters)", e.value);
		break;
	case ERROR_WORD:
	case ERROR_WORD_OF_DISTANCE:
		textbuf_printf(b, ": ");
		add_quote(b, (struct text){e.word, e.word_len});
		break;
	}
}

const char *report_error(struct report_text *to, struct error e)
{
	struct textbuf b;

	textbuf_init(&b, to->s, sizeof(to->s));
	textbuf_printf(&b, "%s", error_text(e.code));
	add_value(&b, e);
	if (e.kind == ERROR_WORD)
		textbuf_printf(&b, " of vnode %u", e.from);
	if (e.kind == ERROR_DISTANCE || e.kind == ERROR_WORD_OF_DISTANCE)
		textbuf_printf(&b, " from vnode %u to %u", e.from, e.to);
	return to->s;
}

const char *report_xen_error(struct report_text *to, long error)
{
	static const struct {
		long error;
		const char *name;
	} known[] = {
#define XEN_ERRNO(name, value) {-(value), #name},
#include <xen/errno.h>
	};
	struct textbuf b;

	textbuf_init(&b, to->s, sizeof(to->s));
	textbuf_printf(&b, "%ld", error);
	for (uint32_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].error != error)
			continue;
		textbuf_printf(&b, " (%s)", known[i].name);
		break;
	}
	return to->s;
}

void report_options(const struct options *o)
{
	uint32_t shown =
		o->nr_bad < OPTIONS_MAX_BAD ? o->nr_bad : OPTIONS_MAX_BAD;

	for (uint32_t i = 0; i < shown; i++)
		log_line(
			"start_info: warning: option ignored, unknown or bad: %.*s (man xen-pvh-shim)",
			(int)o->bad[i].len, o->bad[i].p);
	if (o->nr_bad > shown)
		log_line("start_info: warning: %u more options ignored",
			 o->nr_bad - shown);
}

/* CPUID is the host's unless cpuid= says otherwise: it knows no vnodes. */
static void report_packages(const struct boot *b)
{
	const struct packages_cpuid *c = &b->xen.packages;
	const struct topology_vcpu *v = b->topology.vcpu;
	uint32_t nr = b->topology.nr_vcpus, i = 0, k = 0;
	const char *what = "package";
	static char text[VALUE_BYTES * 2];
	struct textbuf words;

	if (!c->known)
		return;
	if (!packages_find_shared(v, nr, packages_bits(c), &i, &k)) {
		what = "cache";
		if (!packages_find_shared(v, nr, packages_cache_bits(c), &i,
					  &k))
			return;
	}
	textbuf_init(&words, text, sizeof(text));
	packages_words(&words, packages_values(packages_fit(v, nr)));
	log_line(
		"topology: warning: CPUID: vCPUs %u and %u of vnodes %u and %u share a %s (want cpuid=\"host,%s\" in the config)",
		i, k, v[i].vnode, v[k].vnode, what, text);
}

void report_topology(const struct boot *b)
{
	const struct topology *t = &b->topology;
	uint32_t present = 0, enabled = 0;

	for (uint32_t i = 0; i < t->nr_vcpus; i++) {
		present += t->vcpu[i].present;
		enabled += t->vcpu[i].present && t->vcpu[i].enabled;
	}
	log_line("topology: %u vnodes, %u memory ranges, %u vCPUs%s",
		 t->nr_vnodes, t->nr_ranges, present,
		 b->numa ? "" : ", no vNUMA");
	for (uint32_t id = 0; id < TOPOLOGY_MAX_VCPUS; id++)
		if (b->options.linux_vcpu[id] &&
		    (id >= t->nr_vcpus || !t->vcpu[id].enabled))
			log_line(
				"topology: warning: sidecar.linux_cpus=: vCPU %u is not there or not enabled, ignored",
				id);
	if (enabled != present)
		log_line("topology: %u of %u vCPUs enabled", enabled, present);
	report_packages(b);
}

/* Adds those of @nr ids that park (or not) as "1-3,5". */
static void list_ids(struct textbuf *l, const struct plan *p, const uint32_t *m,
		     uint32_t nr, bool parked)
{
	const char *comma = "";

	for (uint32_t i = 0; i < nr; i++) {
		uint32_t first = m[i];

		if (p->parked[first] != parked)
			continue;
		while (i + 1 < nr && m[i + 1] == m[i] + 1 &&
		       p->parked[m[i + 1]] == parked)
			i++;
		textbuf_printf(l, "%s%u", comma, first);
		if (m[i] != first)
			textbuf_printf(l, "-%u", m[i]);
		comma = ",";
	}
}

static void list_members(struct textbuf *l, const struct plan *p,
			 const struct plan_node *n, bool parked)
{
	list_ids(l, p, p->member + n->first, n->nr, parked);
}

static void report_node(const struct boot *b, uint32_t i)
{
	static char boots[LIST_BYTES], parks[LIST_BYTES];
	const struct plan *p = &b->decision.plan;
	const struct plan_node *n = &p->node[i];
	struct textbuf l, k;

	textbuf_init(&l, boots, sizeof(boots));
	textbuf_init(&k, parks, sizeof(parks));
	list_members(&l, p, n, false);
	list_members(&k, p, n, true);
	if (n->nr_parked && n->carve_vnode != n->vnode)
		log_line(
			"plan: warning: node %u: not enough memory for sidecar on vnode %u, falling back to vnode %u",
			i, n->vnode, n->carve_vnode);
	if (!n->nr_parked) {
		log_line(
			"plan: node %u: vnode %u, base vCPU %u, Linux %s, parked none",
			i, n->vnode, p->member[n->first], boots);
		return;
	}
	if (n->scratch_bytes < b->options.scratch_bytes)
		log_line(
			"plan: warning: node %u: scratch %lu KiB instead of %lu KiB (want more memory= or a smaller sidecar.scratch=)",
			i, n->scratch_bytes >> 10,
			b->options.scratch_bytes >> 10);
	log_line(
		"plan: node %u: vnode %u, base vCPU %u, Linux %s, parked %s, carve %#lx-%#lx on vnode %u, scratch %lu KiB",
		i, n->vnode, p->member[n->first], boots, parks, n->carve.start,
		n->carve.end, n->carve_vnode, n->scratch_bytes >> 10);
}

static const char *off_text(struct report_text *to, const struct plan *p)
{
	const char *unit = plan_status_unit(p->status);
	struct textbuf b;

	if (p->status == PLAN_WITHDRAWN)
		return report_error(to, p->withdrawn);
	textbuf_init(&b, to->s, sizeof(to->s));
	textbuf_printf(&b, "%s", plan_status_text(p->status));
	if (unit)
		textbuf_printf(&b, " (%lu%s)", p->status_value, unit);
	return to->s;
}

const char *report_boots(struct report_text *to, const struct decision *d)
{
	const struct linux_cpus *c = &d->cpus;
	struct textbuf b;

	textbuf_init(&b, to->s, sizeof(to->s));
	if (c->nr_boots == c->nr)
		textbuf_printf(&b, "all %u vCPUs", c->nr);
	else
		textbuf_printf(&b, "%u of %u vCPUs", c->nr_boots, c->nr);
	return to->s;
}

/* In the MADT's own order only a Linux that implements boot_cpus= obeys it. */
static void report_on(const struct boot *b)
{
	const struct plan *p = &b->decision.plan;
	const struct linux_cpus *c = &b->decision.cpus;

	if (!b->options.keep_cpu_order || c->nr_boots == c->nr_boots_listed)
		log_line(
			"plan: %u sidecar nodes, Linux boots %u vCPUs, %u parked",
			p->nr_nodes, c->nr_boots, p->nr_parked);
	else
		log_line(
			"plan: %u sidecar nodes, Linux boots %u vCPUs (%u if it does not know boot_cpus=), %u parked",
			p->nr_nodes, c->nr_boots_listed, c->nr_boots,
			p->nr_parked);
}

static void report_status(const struct boot *b)
{
	const struct plan *p = &b->decision.plan;
	struct report_text why, boots;

	if (p->status == PLAN_ON)
		report_on(b);
	else if (plan_status_is_wanted(p->status))
		log_line("plan: sidecar off: %s, Linux boots %s",
			 plan_status_text(p->status),
			 report_boots(&boots, &b->decision));
	else
		log_line("plan: warning: sidecar off: %s, Linux boots %s",
			 off_text(&why, p), report_boots(&boots, &b->decision));
}

/* ---- What the user's words about CPUs come to --------------------------- */

static int word_len(struct text word)
{
	return word.len < WORD_SHOWN ? (int)word.len : WORD_SHOWN;
}

/* Those of the first @nr CPUs of Linux from CPU @from on; until the next call.
 */
static struct text list_cpus(const struct boot *b, uint32_t from, uint32_t nr,
			     bool parked)
{
	static char text[LIST_BYTES];
	struct textbuf l;

	textbuf_init(&l, text, sizeof(text));
	list_ids(&l, &b->decision.plan, b->decision.cpus.vcpu + from, nr - from,
		 parked);
	return (struct text){l.p, l.len};
}

/* The user's maxcpus= or nosmp. */
static void report_choice(const struct boot *b)
{
	const struct linux_cpus *c = &b->decision.cpus;
	struct text word = c->words.boots.word, ids;

	if (c->words.no_smp) {
		log_line(
			"plan: %.*s: Linux boots vCPU %u alone and can never online another",
			word_len(word), word.p, c->vcpu[0]);
		return;
	}
	ids = list_cpus(b, 0, c->nr_boots, false);
	log_line("plan: %.*s: Linux boots base vCPUs %.*s", word_len(word),
		 word.p, (int)ids.len, ids.p);
	ids = list_cpus(b, 0, c->nr_boots, true);
	if (ids.len)
		log_line("plan: %.*s: at boot Linux takes parked vCPUs %.*s",
			 word_len(word), word.p, (int)ids.len, ids.p);
}

/* The user's nr_cpus= or possible_cpus=: vCPUs that have no number in Linux. */
static void report_lost(const struct boot *b)
{
	const struct linux_cpus *c = &b->decision.cpus;
	struct text word = c->words.possible.word;
	struct text ids = list_cpus(b, c->nr_possible, c->nr, false);

	if (ids.len)
		log_line(
			"plan: warning: %.*s: Linux can never boot base vCPUs %.*s (want %u or more)",
			word_len(word), word.p, (int)ids.len, ids.p,
			c->listed[c->nr_listed - 1] + 1);
	ids = list_cpus(b, c->nr_possible, c->nr, true);
	if (ids.len)
		log_line(
			"plan: warning: %.*s: Linux can never online parked vCPUs %.*s (want %u or more)",
			word_len(word), word.p, (int)ids.len, ids.p, c->nr);
}

static void report_words(const struct boot *b)
{
	const struct linux_cpus *c = &b->decision.cpus;
	const struct cmdline_cpus *w = &c->words;

	if (b->decision.plan.status != PLAN_ON)
		return;
	if (w->boots.word.len && !b->options.keep_cpu_order)
		report_choice(b);
	if (!w->no_smp && c->nr_possible < c->nr)
		report_lost(b);
}

/* Its size and place, or that there is none; until the next call. */
static const char *initrd_text(const struct boot *b)
{
	const struct range *r = &b->request.initrd;
	static char text[VALUE_BYTES];
	struct textbuf t;

	if (r->end == r->start)
		return "no initrd";
	textbuf_init(&t, text, sizeof(text));
	textbuf_printf(&t, "initrd %lu KiB at %#lx", (r->end - r->start) >> 10,
		       b->decision.initrd_pa);
	return text;
}

void report_plan(const struct boot *b)
{
	const struct decision *d = &b->decision;
	const struct plan *p = &d->plan;

	for (uint32_t i = 0; i < p->nr_nodes; i++)
		report_node(b, i);
	report_status(b);
	report_words(b);
	if (d->tail_dropped)
		log_line(
			"plan: warning: command line of %lu characters is too long, what follows -- is dropped: shorten it",
			d->line_needed);
	log_detail(
		"plan: kernel at %#lx, %s, kept memory at %#lx, low block at %#lx",
		d->kernel_pa, initrd_text(b), d->keep_pa, d->low_pa);
}

/* TSC ticks as microseconds; 0 if the frequency is not known. */
static uint64_t report_us(const struct boot *b, uint64_t ticks)
{
	return b->xen.tsc_khz ? ticks * US_PER_MS / b->xen.tsc_khz : 0;
}

void report_start(const struct boot *b)
{
	const struct start *s = &b->start;
	struct report_text error;

	for (uint32_t id = 0; id < b->topology.nr_vcpus; id++)
		if (s->error[id])
			log_line(
				"sidecar: warning: vCPU %u not started: %s, it is Linux's to take",
				id, report_xen_error(&error, s->error[id]));
	if (!s->nr_started)
		return;
	log_line(
		"sidecar: %u vCPUs started, %u by multicall in %lu us, %u by SIPI in %lu us",
		s->nr_started, s->nr_by_call,
		report_us(b, s->call_tsc - s->begin_tsc), s->nr_by_sipi,
		report_us(b, s->sipi_tsc - s->call_tsc));
}

static void report_not_parked(const struct start *s, uint32_t id)
{
	struct text said = start_said(s, id);

	if (said.len)
		log_line(
			"linux: warning: vCPU %u gave up: %.*s; it is Linux's to take",
			id, (int)said.len, said.p);
	else
		log_line(
			"linux: warning: vCPU %u did not park within %u ms, stopped; it is Linux's to take",
			id, s->deadline_ms);
}

void report_parked(const struct boot *b)
{
	const struct start *s = &b->start;
	uint64_t us = 0;

	for (uint32_t id = 0; id < b->topology.nr_vcpus; id++)
		if (s->started[id] && !s->parked[id])
			report_not_parked(s, id);
	if (s->last_tsc > s->begin_tsc)
		us = report_us(b, s->last_tsc - s->begin_tsc);
	log_line(
		"linux: %u of %u vCPUs parked, the last came after %lu us, %lu vCPUs per second",
		s->nr_parked, s->nr_started, us,
		us ? s->nr_parked * (uint64_t)1000000 / us : 0);
}

/* vCPU ids in the order of the MADT that Linux gets; how many there are. */
static uint32_t linux_order(const struct boot *b, uint32_t *order)
{
	const struct plan *p = &b->decision.plan;
	struct acpi_madt_entry e = {0};
	uint32_t nr = 0;

	if (p->status == PLAN_ON && !b->options.keep_cpu_order) {
		__builtin_memcpy(order, p->order, sizeof(p->order));
		return p->nr_order;
	}
	while (b->acpi_ok && nr < TOPOLOGY_MAX_VCPUS &&
	       acpi_madt_next(&b->acpi, &e))
		if (e.is_vcpu)
			order[nr++] = e.uid;
	return nr;
}

static void report_cpus(const struct boot *b)
{
	static uint32_t order[TOPOLOGY_MAX_VCPUS];
	uint32_t nr = linux_order(b, order);
	static char text[LIST_BYTES];
	struct textbuf l;

	for (uint32_t i = 0; i < nr; i += CPUS_PER_LINE) {
		textbuf_init(&l, text, sizeof(text));
		for (uint32_t k = i; k < nr && k < i + CPUS_PER_LINE; k++)
			textbuf_printf(&l, " %u=%u=%u", k, order[k],
				       b->topology.vcpu[order[k]].apic_id);
		log_line("linux: CPU = vCPU = APIC id:%s", text);
	}
}

void report_stages(const struct boot *b, const struct stage *stage)
{
	static char text[LIST_BYTES];
	uint64_t from = b->entry_tsc;
	struct textbuf l;

	textbuf_init(&l, text, sizeof(text));
	for (uint32_t i = 0; i < BOOT_STAGES; i++) {
		textbuf_printf(&l, "%s %s %lu", i ? "," : "", stage[i].name,
			       report_us(b, b->stage_tsc[i] - from));
		from = b->stage_tsc[i];
	}
	log_line("jump: %lu us after entry:%s",
		 report_us(b, from - b->entry_tsc), text);
}

/* In pieces: a log line is shorter than what Linux takes. */
static void log_command_line(struct text line)
{
	const char *what = "command line";

	for (size_t n; line.len; line.p += n, line.len -= n) {
		n = line.len < LINE_PIECE ? line.len : LINE_PIECE;
		log_line("linux: %s: %.*s", what, (int)n, line.p);
		what = "continued";
	}
}

/* What boot_cpus= says by Linux's numbers, by vCPU ids. */
static void report_base(const struct boot *b)
{
	struct text ids = list_cpus(b, 0, b->decision.cpus.nr, false);

	if (b->decision.plan.status == PLAN_ON)
		log_line("linux: base vCPUs %.*s", (int)ids.len, ids.p);
}

void report_linux(const struct boot *b)
{
	const struct decision *d = &b->decision;

	log_line("linux: %s at %#lx, %s, %u memory ranges",
		 b->image.kind == IMAGE_ELF ? "PVH kernel" : "bzImage",
		 d->kernel_pa, initrd_text(b), d->linux_map.nr);
	log_command_line(d->line);
	report_base(b);
	report_cpus(b);
}
