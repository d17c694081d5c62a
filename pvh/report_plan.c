/* SPDX-License-Identifier: MIT */
/*
 * The log lines about the plan: which vCPUs, which memory, what was refused
 * and why. Ranges of ids are written a-b.
 */
#include "report.h"

#define WORD_SHOWN 32

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

static void report_memory(const struct boot *b, uint32_t i)
{
	const struct plan_node *n = &b->decision.plan.node[i];
	const struct options *o = &b->options;

	if (n->scratch_bytes < o->scratch_bytes)
		log_line(
			"plan: warning: node %u: scratch %lu KiB instead of %lu KiB (want more memory= or a smaller sidecar.scratch=)",
			i, n->scratch_bytes >> 10, o->scratch_bytes >> 10);
	if (n->scratch_bytes && !n->view_bytes)
		log_line(
			"plan: warning: node %u: scratch %lu KiB is too little for jobs (want a larger sidecar.scratch=)",
			i, n->scratch_bytes >> 10);
	if (n->shared_bytes < o->shared_bytes)
		log_line(
			"plan: warning: node %u: shared %lu KiB instead of %lu KiB (want more memory= or a smaller sidecar.shared=)",
			i, n->shared_bytes >> 10, o->shared_bytes >> 10);
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
	report_memory(b, i);
	log_line(
		"plan: node %u: vnode %u, base vCPU %u, Linux %s, parked %s, carve %#lx-%#lx on vnode %u, scratch %lu KiB (%lu KiB of it page tables), shared %lu KiB",
		i, n->vnode, p->member[n->first], boots, parks, n->carve.start,
		n->carve.end, n->carve_vnode, n->scratch_bytes >> 10,
		n->view_bytes >> 10, n->shared_bytes >> 10);
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
	if (c->nr == 1)
		textbuf_printf(&b, "its only vCPU");
	else if (c->nr_boots == c->nr)
		textbuf_printf(&b, "all %u vCPUs", c->nr);
	else
		textbuf_printf(&b, "%u of %u vCPUs", c->nr_boots, c->nr);
	return to->s;
}

/*
 * With the MADT's own order, only a Linux that implements boot_cpus= limits
 * itself to the base vCPUs.
 */
static void report_on(const struct boot *b)
{
	const struct plan *p = &b->decision.plan;
	const struct linux_cpus *c = &b->decision.cpus;

	if (b->decision.base_first || c->nr_boots == c->nr_boots_listed)
		log_line(
			"plan: %u sidecar node%s, Linux boots %u vCPU%s, %u parked",
			p->nr_nodes, text_plural(p->nr_nodes), c->nr_boots,
			text_plural(c->nr_boots), p->nr_parked);
	else
		log_line(
			"plan: %u sidecar node%s, Linux boots %u vCPU%s (%u if it does not know boot_cpus=), %u parked",
			p->nr_nodes, text_plural(p->nr_nodes),
			c->nr_boots_listed, text_plural(c->nr_boots_listed),
			c->nr_boots, p->nr_parked);
}

/* Of Linux's boot, what keeps parked vCPUs out if not maxcpus=. */
static void report_hot_add(const struct boot *b)
{
	const struct decision *d = &b->decision;

	switch (d->hot_add) {
	case DECIDE_MAXCPUS:
		return;
	case DECIDE_HOT_ADD_OPTION:
		log_line(
			"plan: Linux hot-adds parked vCPUs: sidecar.park=hotplug");
		break;
	case DECIDE_HOT_ADD_LOADER:
		log_line(
			"plan: Linux hot-adds parked vCPUs: the kernel is not Linux, so no maxcpus= would reach Linux");
		break;
	case DECIDE_HOT_ADD_NO_ROOM:
		log_line(
			"plan: Linux hot-adds parked vCPUs: no room for maxcpus= on its command line");
		break;
	}
	if (b->options.keep_cpu_order)
		log_line(
			"plan: warning: sidecar.cpu_order=keep ignored: sidecar.park=hotplug has base vCPUs first");
}

static void report_park(const struct boot *b)
{
	uint32_t id = b->decision.missing_processor;

	if (id != DECIDE_HAS_PROCESSORS)
		log_line(
			"plan: warning: Linux could not hot-add parked vCPUs: no processor of vCPU %u in libxl's DSDT",
			id);
	if (b->decision.plan.status == PLAN_ON)
		report_hot_add(b);
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

/* ---- Effects of the user's CPU options ---------------------------------- */

static int word_len(struct text word)
{
	return word.len < WORD_SHOWN ? (int)word.len : WORD_SHOWN;
}

struct text report_list_cpus(char *to, const struct boot *b, uint32_t from,
			     uint32_t nr, bool parked)
{
	struct textbuf l;

	textbuf_init(&l, to, LIST_BYTES);
	list_ids(&l, &b->decision.plan, b->decision.cpus.vcpu + from, nr - from,
		 parked);
	return (struct text){l.p, l.len};
}

/* The user's maxcpus= or nosmp. */
static void report_choice(const struct boot *b)
{
	char list[LIST_BYTES];
	const struct linux_cpus *c = &b->decision.cpus;
	struct text word = c->words.boots.word, ids;

	if (c->words.no_smp) {
		log_line(
			"plan: %.*s: Linux boots vCPU %u alone and can never online another",
			word_len(word), word.p, c->vcpu[0]);
		return;
	}
	ids = report_list_cpus(list, b, 0, c->nr_boots, false);
	log_line("plan: %.*s: Linux boots base vCPUs %.*s", word_len(word),
		 word.p, (int)ids.len, ids.p);
	ids = report_list_cpus(list, b, 0, c->nr_boots, true);
	if (ids.len)
		log_line("plan: %.*s: at boot Linux takes parked vCPUs %.*s",
			 word_len(word), word.p, (int)ids.len, ids.p);
}

/* The user's nr_cpus= or possible_cpus=: vCPUs that have no number in Linux. */
static void report_lost(const struct boot *b)
{
	char list[LIST_BYTES];
	const struct linux_cpus *c = &b->decision.cpus;
	struct text word = c->words.possible.word;
	struct text ids =
		report_list_cpus(list, b, c->nr_possible, c->nr, false);

	if (ids.len)
		log_line(
			"plan: warning: %.*s: Linux can never boot base vCPUs %.*s (want %u or more)",
			word_len(word), word.p, (int)ids.len, ids.p,
			c->listed[c->nr_listed - 1] + 1);
	ids = report_list_cpus(list, b, c->nr_possible, c->nr, true);
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
	if (w->boots.word.len && b->decision.base_first)
		report_choice(b);
	if (!w->no_smp && c->nr_possible < c->nr)
		report_lost(b);
}

const char *report_initrd(struct report_text *to, const struct boot *b)
{
	const struct range *r = &b->request.initrd;
	struct textbuf t;

	if (r->end == r->start)
		return "no initrd";
	textbuf_init(&t, to->s, sizeof(to->s));
	textbuf_printf(&t, "initrd %lu KiB at %#lx", (r->end - r->start) >> 10,
		       b->decision.initrd_pa);
	return to->s;
}

void report_plan(const struct boot *b)
{
	struct report_text initrd;
	const struct decision *d = &b->decision;
	const struct plan *p = &d->plan;

	for (uint32_t i = 0; i < p->nr_nodes; i++)
		report_node(b, i);
	report_park(b);
	report_status(b);
	report_words(b);
	if (d->tail_dropped && b->options.tail.len)
		log_line(
			"plan: warning: command line of %lu characters is too long, what follows -- is dropped: shorten it",
			d->line_needed);
	if (b->request.user_line.len > b->image.cmdline_max)
		log_line(
			"plan: warning: Linux takes %u characters of its command line, which has %lu: shorten it",
			b->image.cmdline_max, b->request.user_line.len);
	log_detail(
		"plan: kernel at %#lx, %s, kept memory at %#lx, low block at %#lx",
		d->kernel_pa, report_initrd(&initrd, b), d->kept_pa, d->low_pa);
}
