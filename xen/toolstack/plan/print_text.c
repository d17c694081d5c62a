/* SPDX-License-Identifier: MIT */
/*
 * The plan for a person: each vnode with a bar of its memory, each sidecar node
 * with a letter for each of its vCPUs, then what Linux gets.
 */
#include <string.h>

#include "predict.h"

#define BAR 64

static const char legend[] =
	"  vCPUs  B base, L Linux's as well, p parked, - not enabled\n"
	"  memory S shim, F kernel file, K kernel, I initrd, k kept (ACPI, log),"
	" l low block, C carve\n";

static uint64_t kib(uint64_t bytes)
{
	return bytes >> 10;
}

/* Letters later in the list win where several share a column. */
static void mark(char *bar, struct range whole, struct range r, char c)
{
	uint64_t size = whole.end - whole.start;
	uint64_t first, last;

	r = range_clip(r, whole);
	if (r.start == r.end)
		return;
	first = (r.start - whole.start) / (size / BAR + 1);
	last = (r.end - 1 - whole.start) / (size / BAR + 1);
	memset(bar + first, c, last - first + 1);
}

static struct range sized(uint64_t start, uint64_t size)
{
	return (struct range){start, start + size};
}

static void bar_of(char *bar, const struct prediction *p, struct range whole)
{
	const struct boot *b = &p->boot;
	const struct decision *d = &b->decision;

	memset(bar, '.', BAR);
	bar[BAR] = 0;
	mark(bar, whole, b->request.kernel_file, 'F');
	mark(bar, whole, sized(d->kernel_pa, b->image.load_size), 'K');
	mark(bar, whole,
	     sized(d->initrd_pa,
		   b->request.initrd.end - b->request.initrd.start),
	     'I');
	mark(bar, whole, b->shim, 'S');
	if (d->plan.nr_nodes)
		mark(bar, whole, sized(d->low_pa, LAYOUT_LOW_PAGES * PAGE_SIZE),
		     'l');
	if (d->kept_pa)
		mark(bar, whole, sized(d->kept_pa, DECIDE_KEPT_BYTES), 'k');
	for (uint32_t i = 0; i < d->plan.nr_nodes; i++)
		mark(bar, whole, d->plan.node[i].carve, 'C');
}

void print_carve(FILE *to, const struct plan_node *n)
{
	if (!n->nr_parked) {
		fputs("nothing to park, no carve", to);
		return;
	}
	fprintf(to,
		"carve %#lx-%#lx, %lu KiB (scratch %lu KiB, %lu of them page tables; shared %lu KiB)",
		n->carve.start, n->carve.end,
		kib(n->carve.end - n->carve.start), kib(n->scratch_bytes),
		kib(n->view_bytes), kib(n->shared_bytes));
	if (n->carve_vnode != n->vnode)
		fprintf(to, ", on vnode %u for want of memory", n->carve_vnode);
}

void print_ids(FILE *to, const uint32_t *ids, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		fprintf(to, "%s%u", i ? "," : "", ids[i]);
}

static void print_node(FILE *to, const struct prediction *p, uint32_t i)
{
	const struct plan *plan = &p->boot.decision.plan;
	const struct plan_node *n = &plan->node[i];

	fprintf(to, "  node %u: vCPUs", i);
	for (uint32_t k = 0; k < n->nr; k++) {
		uint32_t id = plan->member[n->first + k];

		fprintf(to, " %u%c", id,
			!k		   ? 'B'
			: plan->parked[id] ? 'p'
					   : 'L');
	}
	fputs("\n    ", to);
	print_carve(to, n);
	fputc('\n', to);
}

/* Those that are in no sidecar node: the sidecar is off, or not enabled. */
static void print_others(FILE *to, const struct prediction *p, uint32_t vnode)
{
	const struct topology *t = &p->boot.topology;
	bool on = p->boot.decision.plan.status == PLAN_ON, any = false;

	for (uint32_t id = 0; id < t->nr_vcpus; id++) {
		const struct topology_vcpu *v = &t->vcpu[id];

		if (!v->present || v->vnode != vnode || (on && v->enabled))
			continue;
		fprintf(to, "%s %u%c", any ? "" : "  vCPUs", id,
			v->enabled ? 'L' : '-');
		any = true;
	}
	if (any)
		fputc('\n', to);
}

static void print_vnode(FILE *to, const struct prediction *p, uint32_t vnode)
{
	const struct topology *t = &p->boot.topology;
	const struct plan *plan = &p->boot.decision.plan;
	char bar[BAR + 1];

	fprintf(to, "vnode %u\n", vnode);
	for (uint32_t i = 0; i < t->nr_ranges; i++) {
		struct range r = {t->range[i].start, t->range[i].end};

		if (t->range[i].vnode != vnode)
			continue;
		bar_of(bar, p, r);
		fprintf(to, "  [%s] %#lx-%#lx, %lu MiB\n", bar, r.start, r.end,
			(r.end - r.start) >> 20);
	}
	for (uint32_t i = 0; i < plan->nr_nodes; i++)
		if (plan->node[i].vnode == vnode)
			print_node(to, p, i);
	print_others(to, p, vnode);
}

static void print_linux(FILE *to, const struct prediction *p)
{
	const struct boot *b = &p->boot;
	const struct decision *d = &b->decision;
	const struct range *initrd = &b->request.initrd;
	uint32_t ids[TOPOLOGY_MAX_VCPUS], nr = predict_boots(p, ids);

	fprintf(to, "Linux\n  kernel at %#lx, %lu KiB", d->kernel_pa,
		kib(b->image.load_size));
	if (initrd->end > initrd->start)
		fprintf(to, "; initrd at %#lx, %lu KiB", d->initrd_pa,
			kib(initrd->end - initrd->start));
	fprintf(to, "\n  boots %u of %u vCPUs: ", nr, d->plan.nr_order);
	print_ids(to, ids, nr);
	fprintf(to, "\n  command line: %.*s\n", (int)d->line.len, d->line.p);
}

/* Lines of the log that a normal boot does not have. */
static void print_warnings(FILE *to, const struct prediction *p)
{
	for (uint32_t i = 0; i < p->log.nr; i++)
		if (strstr(p->log.line[i], "warning: "))
			fprintf(to, "  %s\n", p->log.line[i]);
}

static void print_list(FILE *to, const char *what, const struct lines *l)
{
	for (uint32_t i = 0; i < l->nr; i++)
		fprintf(to, "%s%s", i ? ", " : what, l->line[i]);
}

void print_text(FILE *to, const struct prediction *p)
{
	const char *sidecar = p->outcome <= OUTCOME_OFF ? "sidecar " : "";

	fprintf(to, "%s: %s%s%s%s", p->path, sidecar, outcome_text(p->outcome),
		p->why.nr ? ": " : "", p->why.nr ? p->why.line[0] : "");
	print_list(to, "; dropped: ", &p->dropped);
	print_list(to, "; missing: ", &p->guest.missing);
	fputc('\n', to);
	if (p->planned) {
		for (uint32_t v = 0; v < p->boot.topology.nr_vnodes; v++)
			print_vnode(to, p, v);
		print_linux(to, p);
		fputs(legend, to);
		print_warnings(to, p);
	}
	for (uint32_t i = 0; i < p->notes.nr; i++)
		fprintf(to, "  note: %s\n", p->notes.line[i]);
}
