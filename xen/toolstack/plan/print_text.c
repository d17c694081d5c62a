/* SPDX-License-Identifier: MIT */
/*
 * The plan for a person: each vnode with a bar of its memory, each sidecar node
 * with a letter for each of its vCPUs, then what Linux gets.
 */
#include <string.h>

#include "predict.h"

#define BAR 64

static const char legend[] =
	"  vCPUs  B base, L Linux's as well, p parked, - not enabled by xl\n"
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

/* ---- Colours ----------------------------------------------------------- */

struct printer {
	FILE *f;
	bool colour;
};

static const char *plain(const struct printer *to)
{
	return to->colour ? "\033[0m" : "";
}

/* Of a letter in a bar or behind a vCPU's number. */
static const char *colour_of(const struct printer *to, char letter)
{
	if (!to->colour)
		return "";
	switch (letter) {
	case 'B':
	case 'L':
		return "\033[34;1m";
	case 'C':
	case 'p':
		return "\033[33m";
	case 'F':
	case 'K':
		return "\033[35m";
	case 'I':
		return "\033[32m";
	case 'S':
	case 'l':
	case 'k':
		return "\033[36m";
	default:
		return "\033[2m";
	}
}

static const char *colour_of_outcome(const struct printer *to, enum outcome o)
{
	if (!to->colour)
		return "";
	if (o == OUTCOME_ON)
		return "\033[32;1m";
	return o == OUTCOME_OFF || o == OUTCOME_NO_SHIM ? "\033[33;1m"
							: "\033[31;1m";
}

static void print_bar(struct printer *to, const char *bar)
{
	char last = 0;

	fputs("  [", to->f);
	for (; *bar; bar++) {
		if (*bar != last)
			fprintf(to->f, "%s%s", plain(to), colour_of(to, *bar));
		fputc(*bar, to->f);
		last = *bar;
	}
	fprintf(to->f, "%s]", plain(to));
}

void print_ids(FILE *to, const uint32_t *ids, uint32_t nr)
{
	for (uint32_t i = 0, last; i < nr; i = last + 1) {
		last = i;
		while (last + 1 < nr && ids[last + 1] == ids[last] + 1)
			last++;
		fprintf(to, "%s%u", i ? "," : "", ids[i]);
		if (last > i)
			fprintf(to, "-%u", ids[last]);
	}
}

/* ---- Lists of CPUs ------------------------------------------------------ */

/* "0B 1-31p": neighbours with the same letter are one range. */
struct span {
	uint32_t first, last;
	char letter;
	bool any;
};

static void end_span(struct printer *to, struct span *s)
{
	if (!s->any)
		return;
	fprintf(to->f, " %s%u", colour_of(to, s->letter), s->first);
	if (s->last > s->first)
		fprintf(to->f, "-%u", s->last);
	if (s->letter)
		fputc(s->letter, to->f);
	fputs(plain(to), to->f);
	s->any = false;
}

static void add_to_span(struct printer *to, struct span *s, uint32_t id,
			char letter)
{
	if (s->any && id == s->last + 1 && letter == s->letter) {
		s->last = id;
		return;
	}
	end_span(to, s);
	*s = (struct span){id, id, letter, true};
}

/* Linux's numbers of @nr vCPUs; those that it cannot have are left out. */
static void print_cpus(struct printer *to, const struct prediction *p,
		       const uint32_t *id, uint32_t nr)
{
	struct span s = {0};
	uint32_t cpu;
	bool sure;

	fputs("; Linux CPUs", to->f);
	for (uint32_t i = 0; i < nr; i++)
		if (predict_cpu(p, id[i], &cpu, &sure))
			add_to_span(to, &s, cpu, sure ? 0 : '?');
	end_span(to, &s);
	fputc('\n', to->f);
}

static void print_node(struct printer *to, const struct prediction *p,
		       uint32_t i)
{
	const struct plan *plan = &p->boot.decision.plan;
	const struct plan_node *n = &plan->node[i];
	const uint32_t *id = &plan->member[n->first];
	struct span s = {0};

	fprintf(to->f, "  node %u: vCPUs", i);
	for (uint32_t k = 0; k < n->nr; k++)
		add_to_span(to, &s, id[k],
			    !k			  ? 'B'
			    : plan->parked[id[k]] ? 'p'
						  : 'L');
	end_span(to, &s);
	print_cpus(to, p, id, n->nr);
	fputs("    ", to->f);
	print_carve(to->f, n);
	fputc('\n', to->f);
}

/* Those that are in no sidecar node: the sidecar is off, or not enabled. */
static void print_others(struct printer *to, const struct prediction *p,
			 uint32_t vnode)
{
	const struct topology *t = &p->boot.topology;
	bool on = p->boot.decision.plan.status == PLAN_ON;
	uint32_t other[TOPOLOGY_MAX_VCPUS], nr = 0;
	struct span s = {0};

	for (uint32_t id = 0; id < t->nr_vcpus; id++) {
		const struct topology_vcpu *v = &t->vcpu[id];

		if (!v->present || v->vnode != vnode || (on && v->enabled))
			continue;
		if (!nr)
			fputs("  vCPUs", to->f);
		add_to_span(to, &s, id, v->enabled ? 'L' : '-');
		other[nr++] = id;
	}
	end_span(to, &s);
	if (nr && !on)
		print_cpus(to, p, other, nr);
	else if (nr)
		fputc('\n', to->f);
}

static void print_vnode(struct printer *to, const struct prediction *p,
			uint32_t vnode)
{
	const struct topology *t = &p->boot.topology;
	const struct plan *plan = &p->boot.decision.plan;
	char bar[BAR + 1];

	fprintf(to->f, "vnode %u\n", vnode);
	for (uint32_t i = 0; i < t->nr_ranges; i++) {
		struct range r = {t->range[i].start, t->range[i].end};

		if (t->range[i].vnode != vnode)
			continue;
		bar_of(bar, p, r);
		print_bar(to, bar);
		fprintf(to->f, " %#lx-%#lx, %lu MiB\n", r.start, r.end,
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

	fprintf(to, "Linux\n  boots %u of %u vCPUs: ", nr, d->plan.nr_order);
	print_ids(to, ids, nr);
	fprintf(to, "\n  command line: %.*s\n", (int)d->line.len, d->line.p);
	fprintf(to, "  kernel at %#lx, %lu KiB", d->kernel_pa,
		kib(b->image.load_size));
	if (initrd->end > initrd->start)
		fprintf(to, "; initrd at %#lx, %lu KiB", d->initrd_pa,
			kib(initrd->end - initrd->start));
	fputc('\n', to);
}

/* Lines of the log that a normal boot does not have. */
static void print_warnings(struct printer *to, const struct prediction *p)
{
	for (uint32_t i = 0; i < p->log.nr; i++)
		if (strstr(p->log.line[i], "warning: "))
			fprintf(to->f, "  %s%s%s\n",
				colour_of_outcome(to, OUTCOME_OFF),
				p->log.line[i], plain(to));
}

static void print_list(FILE *to, const char *what, const struct lines *l)
{
	for (uint32_t i = 0; i < l->nr; i++)
		fprintf(to, "%s%s", i ? ", " : what, l->line[i]);
}

/* The notes below name the files. */
static void print_missing(FILE *to, const struct lines *l)
{
	for (uint32_t i = 0; i < l->nr; i++)
		fprintf(to, "%s%.*s",
			i ? ", " : "; missing: ", (int)strcspn(l->line[i], "="),
			l->line[i]);
}

static void print_headline(struct printer *to, const struct prediction *p)
{
	fprintf(to->f, "%s: %s%s%s%s%s%s", p->path,
		colour_of_outcome(to, p->outcome),
		p->outcome <= OUTCOME_OFF ? "sidecar " : "",
		outcome_text(p->outcome), plain(to), p->why.nr ? ": " : "",
		p->why.nr ? p->why.line[0] : "");
	print_list(to->f, "; dropped: ", &p->dropped);
	print_missing(to->f, &p->guest.missing);
	fputc('\n', to->f);
}

void print_text(FILE *f, const struct prediction *p, bool colour)
{
	struct printer to = {f, colour};

	print_headline(&to, p);
	print_warnings(&to, p);
	for (uint32_t i = 0; i < p->notes.nr; i++)
		fprintf(f, "  note: %s\n", p->notes.line[i]);
	if (!p->planned)
		return;
	for (uint32_t v = 0; v < p->boot.topology.nr_vnodes; v++)
		print_vnode(&to, p, v);
	print_linux(f, p);
	fputs(legend, f);
}
