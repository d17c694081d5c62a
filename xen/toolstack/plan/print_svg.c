/* SPDX-License-Identifier: MIT */
/*
 * The plan as a picture: a box for each vnode with its memory as a bar, and the
 * vCPUs of each of its sidecar nodes as squares. SVG 1.1 without scripts, fonts
 * or links.
 */
#include "predict.h"

#define WIDTH	  760u
#define MARGIN	  12u
#define BAR_WIDTH (WIDTH - 4 * MARGIN)
#define BAR_Y	  26u
#define BAR_H	  18u
#define BAR_TEXT  14u
#define BAR_ROW	  42u
#define PER_ROW	  16u
#define STEP	  (BAR_WIDTH / PER_ROW)
#define BOX_W	  (STEP - 4u)
#define BOX_H	  32u
#define ROW_H	  38u
#define LABEL_H	  18u
#define HEAD_H	  52u
#define FOOT_H	  26u

static const char style[] =
	"<style>text{font:12px sans-serif;fill:#000}"
	".t{font-size:14px;font-weight:bold}.n{font-size:10px}"
	".b{fill:#fff;stroke:#777}.m{fill:#e8e8e8}.k{fill:#b59ad6}"
	".i{fill:#c5e0b4}.c{fill:#f4b183}.p{fill:#f4b183}.d{fill:#ddd}"
	".l{fill:#9dc3e6;stroke:#1f4e79;stroke-width:3}"
	".o{fill:#9dc3e6;stroke:#1f4e79}</style>\n";

static void put_escaped(FILE *to, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c >= 0x7f || c == '<' || c == '>' || c == '&' ||
		    c == '"')
			fprintf(to, c < 0x20 || c == 0x7f ? "?" : "&#%u;", c);
		else
			fputc(c, to);
	}
}

static void put_list(FILE *to, const char *what, const struct lines *l)
{
	for (uint32_t i = 0; i < l->nr; i++) {
		fputs(i ? ", " : what, to);
		put_escaped(to, l->line[i]);
	}
}

static void put_rect(FILE *to, const char *class, uint32_t x, uint32_t y,
		     uint32_t w, uint32_t h)
{
	fprintf(to,
		"<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"/>\n",
		class, x, y, w, h);
}

/* ---- Memory ------------------------------------------------------------ */

static void put_part(FILE *to, uint32_t y, struct range whole, struct range r,
		     const char *class)
{
	double scale = BAR_WIDTH / (double)(whole.end - whole.start);
	double x, w;

	r = range_clip(r, whole);
	if (r.start == r.end)
		return;
	x = 2 * MARGIN + (double)(r.start - whole.start) * scale;
	w = (double)(r.end - r.start) * scale;
	fprintf(to,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\"><title>%#lx-%#lx</title></rect>\n",
		class, x, y, w < 1 ? 1 : w, BAR_H, r.start, r.end);
}

static void put_memory(FILE *to, const struct prediction *p, uint32_t y,
		       struct range whole)
{
	const struct boot *b = &p->boot;
	const struct decision *d = &b->decision;
	const struct range *i = &b->request.initrd;

	fprintf(to, "<text x=\"%u\" y=\"%u\">%#lx-%#lx, %lu MiB</text>\n",
		2 * MARGIN, y + BAR_TEXT - 3, whole.start, whole.end,
		(whole.end - whole.start) >> 20);
	y += BAR_TEXT;
	put_part(to, y, whole, whole, "m");
	put_part(
		to, y, whole,
		(struct range){d->kernel_pa, d->kernel_pa + b->image.load_size},
		"k");
	put_part(to, y, whole,
		 (struct range){d->initrd_pa, d->initrd_pa + i->end - i->start},
		 "i");
	for (uint32_t n = 0; n < d->plan.nr_nodes; n++)
		put_part(to, y, whole, d->plan.node[n].carve, "c");
}

/* ---- vCPUs ------------------------------------------------------------- */

/* vCPUs in a row or more under a line of text: a sidecar node, or the rest. */
struct group {
	const struct plan_node *node; /* NULL: of the vnode, in no node */
	uint32_t vcpu[TOPOLOGY_MAX_VCPUS];
	uint32_t nr;
};

static struct group group_of_node(const struct prediction *p, uint32_t i)
{
	const struct plan *plan = &p->boot.decision.plan;
	struct group g = {&plan->node[i], {0}, plan->node[i].nr};

	for (uint32_t k = 0; k < g.nr; k++)
		g.vcpu[k] = plan->member[g.node->first + k];
	return g;
}

/* The sidecar is off, or the host has not enabled them. */
static struct group group_of_rest(const struct prediction *p, uint32_t vnode)
{
	const struct topology *t = &p->boot.topology;
	bool on = p->boot.decision.plan.status == PLAN_ON;
	struct group g = {NULL, {0}, 0};

	for (uint32_t id = 0; id < t->nr_vcpus; id++)
		if (t->vcpu[id].present && t->vcpu[id].vnode == vnode &&
		    !(on && t->vcpu[id].enabled))
			g.vcpu[g.nr++] = id;
	return g;
}

static uint32_t group_height(const struct group *g)
{
	return g->nr ? LABEL_H + (g->nr + PER_ROW - 1) / PER_ROW * ROW_H : 0;
}

static const char *class_of(const struct prediction *p, const struct group *g,
			    uint32_t k)
{
	uint32_t id = g->vcpu[k];

	if (!p->boot.topology.vcpu[id].enabled)
		return "d";
	if (p->boot.decision.plan.parked[id])
		return "p";
	return g->node && !k ? "l" : "o";
}

/* The vCPU's id, and below it Linux's number, if it can have one. */
static void put_numbers(FILE *to, const struct prediction *p, uint32_t id,
			uint32_t x, uint32_t y)
{
	uint32_t cpu;
	bool sure;

	fprintf(to, "<text x=\"%u\" y=\"%u\">%u</text>\n", x, y + 13, id);
	if (predict_cpu(p, id, &cpu, &sure))
		fprintf(to,
			"<text class=\"n\" x=\"%u\" y=\"%u\">CPU %u%s</text>\n",
			x, y + 27, cpu, sure ? "" : "?");
}

static void put_group(FILE *to, const struct prediction *p,
		      const struct group *g, uint32_t y)
{
	const struct plan *plan = &p->boot.decision.plan;

	if (!g->nr)
		return;
	fprintf(to, "<text x=\"%u\" y=\"%u\">", 2 * MARGIN, y + 12);
	if (g->node) {
		fprintf(to,
			"sidecar node %u: ", (uint32_t)(g->node - plan->node));
		print_carve(to, g->node);
	} else {
		fputs("in no sidecar node", to);
	}
	fputs("</text>\n", to);
	for (uint32_t k = 0; k < g->nr; k++) {
		uint32_t x = 2 * MARGIN + k % PER_ROW * STEP;
		uint32_t row = y + LABEL_H + k / PER_ROW * ROW_H;

		put_rect(to, class_of(p, g, k), x, row, BOX_W, BOX_H);
		put_numbers(to, p, g->vcpu[k], x + 3, row);
	}
}

/* Draws all of @vnode, or nothing if @to is NULL; returns their height. */
static uint32_t put_groups(FILE *to, const struct prediction *p, uint32_t vnode,
			   uint32_t y)
{
	const struct plan *plan = &p->boot.decision.plan;
	uint32_t begin = y;
	struct group g;

	for (uint32_t i = 0; i <= plan->nr_nodes; i++) {
		if (i < plan->nr_nodes && plan->node[i].vnode != vnode)
			continue;
		g = i < plan->nr_nodes ? group_of_node(p, i)
				       : group_of_rest(p, vnode);
		if (to)
			put_group(to, p, &g, y);
		y += group_height(&g);
	}
	return y - begin;
}

/* ---- All --------------------------------------------------------------- */

static uint32_t count_ranges(const struct topology *t, uint32_t vnode)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < t->nr_ranges; i++)
		nr += t->range[i].vnode == vnode;
	return nr;
}

static uint32_t vnode_height(const struct prediction *p, uint32_t vnode)
{
	return BAR_Y + count_ranges(&p->boot.topology, vnode) * BAR_ROW +
	       put_groups(NULL, p, vnode, 0);
}

static void put_vnode(FILE *to, const struct prediction *p, uint32_t vnode,
		      uint32_t y)
{
	const struct topology *t = &p->boot.topology;
	uint32_t at = y + BAR_Y;

	put_rect(to, "b", MARGIN, y, WIDTH - 2 * MARGIN,
		 vnode_height(p, vnode));
	fprintf(to, "<text class=\"t\" x=\"%u\" y=\"%u\">vnode %u</text>\n",
		2 * MARGIN, y + 18, vnode);
	for (uint32_t i = 0; i < t->nr_ranges; i++) {
		if (t->range[i].vnode != vnode)
			continue;
		put_memory(to, p, at,
			   (struct range){t->range[i].start, t->range[i].end});
		at += BAR_ROW;
	}
	put_groups(to, p, vnode, at);
}

static void put_legend(FILE *to, uint32_t y)
{
	static const struct {
		const char *class, *text;
		uint32_t x;
	} item[] = {
		{"l", "base vCPU", 0}, {"o", "Linux's as well", 96},
		{"p", "parked", 216},  {"d", "not enabled", 288},
		{"k", "kernel", 408},  {"i", "initrd", 476},
		{"c", "carve", 538},
	};

	for (uint32_t i = 0; i < sizeof(item) / sizeof(item[0]); i++) {
		uint32_t x = 2 * MARGIN + item[i].x;

		put_rect(to, item[i].class, x, y, 12, 12);
		fprintf(to, "<text x=\"%u\" y=\"%u\">%s</text>\n", x + 18,
			y + 11, item[i].text);
	}
}

/* The summary; Linux's list is cut where the picture ends. */
static void put_head(FILE *to, const struct prediction *p)
{
	const struct plan *plan = &p->boot.decision.plan;
	uint32_t ids[TOPOLOGY_MAX_VCPUS], nr = predict_boots(p, ids);

	fprintf(to, "<text class=\"t\" x=\"%u\" y=\"22\">", MARGIN);
	put_escaped(to, p->config.name);
	fprintf(to, ": sidecar %s, Linux boots %u of %u vCPUs",
		outcome_text(p->outcome), nr, plan->nr_order);
	put_list(to, "; dropped: ", &p->dropped);
	fprintf(to, "</text>\n<text x=\"%u\" y=\"40\">", MARGIN);
	if (plan->status == PLAN_ON) {
		fputs("Linux boots vCPUs ", to);
		print_ids(to, ids, nr);
	} else {
		fputs(plan_off_text(plan), to);
	}
	fputs(" (in each box: vCPU id, Linux CPU)</text>\n", to);
}

void print_svg(FILE *to, const struct prediction *p)
{
	const struct topology *t = &p->boot.topology;
	uint32_t height = HEAD_H + FOOT_H, y = HEAD_H;

	for (uint32_t v = 0; v < t->nr_vnodes; v++)
		height += vnode_height(p, v) + MARGIN;
	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\">\n%s"
		"<rect fill=\"#fff\" width=\"%u\" height=\"%u\"/>\n",
		WIDTH, height, style, WIDTH, height);
	put_head(to, p);
	for (uint32_t v = 0; v < t->nr_vnodes; v++) {
		put_vnode(to, p, v, y);
		y += vnode_height(p, v) + MARGIN;
	}
	put_legend(to, y);
	fputs("</svg>\n", to);
}
