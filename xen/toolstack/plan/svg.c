/* SPDX-License-Identifier: MIT */
/*
 * The plan as a picture: a box for each vnode with its memory as a bar and its
 * vCPUs as squares. SVG 1.1 without scripts, fonts or links.
 */
#include "predict.h"

#define WIDTH	  760u
#define MARGIN	  12u
#define BAR_WIDTH (WIDTH - 4 * MARGIN)
#define BAR_Y	  26u
#define BAR_H	  22u
#define ROW_H	  34u /* of squares, of another bar */
#define SQUARE	  26u
#define STEP	  30u
#define PER_ROW	  (BAR_WIDTH / STEP)
#define HEAD_H	  34u
#define FOOT_H	  26u

static const char style[] =
	"<style>text{font:12px sans-serif}.t{font-size:14px;font-weight:bold}"
	".b{fill:#fff;stroke:#777}.m{fill:#e8e8e8}.k{fill:#9dc3e6}"
	".i{fill:#c5e0b4}.c{fill:#f4b183}.l{fill:#9dc3e6;stroke:#333}"
	".p{fill:#f4b183}.d{fill:#ddd}</style>\n";

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
	fprintf(to, "<text x=\"%u\" y=\"%u\">%#lx-%#lx, %lu MiB</text>\n",
		2 * MARGIN + 4, y + 15, whole.start, whole.end,
		(whole.end - whole.start) >> 20);
}

/* ---- vCPUs ------------------------------------------------------------- */

static const char *class_of(const struct prediction *p, uint32_t id)
{
	if (!p->boot.topology.vcpu[id].enabled)
		return "d";
	return predict_is_linux(p, id) ? "l" : "p";
}

static void put_vcpus(FILE *to, const struct prediction *p, uint32_t vnode,
		      uint32_t y)
{
	const struct topology *t = &p->boot.topology;
	uint32_t nr = 0;

	for (uint32_t id = 0; id < t->nr_vcpus; id++) {
		uint32_t x = 2 * MARGIN + nr % PER_ROW * STEP;
		uint32_t row = y + nr / PER_ROW * ROW_H;

		if (!t->vcpu[id].present || t->vcpu[id].vnode != vnode)
			continue;
		put_rect(to, class_of(p, id), x, row, SQUARE, SQUARE);
		fprintf(to, "<text x=\"%u\" y=\"%u\">%u</text>\n", x + 3,
			row + 17, id);
		nr++;
	}
}

static uint32_t count_ranges(const struct topology *t, uint32_t vnode)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < t->nr_ranges; i++)
		nr += t->range[i].vnode == vnode;
	return nr;
}

static uint32_t count_rows(const struct topology *t, uint32_t vnode)
{
	uint32_t nr = 0;

	for (uint32_t id = 0; id < t->nr_vcpus; id++)
		nr += t->vcpu[id].present && t->vcpu[id].vnode == vnode;
	return (nr + PER_ROW - 1) / PER_ROW;
}

static uint32_t vnode_height(const struct topology *t, uint32_t vnode)
{
	return BAR_Y + (count_ranges(t, vnode) + count_rows(t, vnode)) * ROW_H;
}

static void put_vnode(FILE *to, const struct prediction *p, uint32_t vnode,
		      uint32_t y)
{
	const struct topology *t = &p->boot.topology;
	uint32_t at = y + BAR_Y;

	put_rect(to, "b", MARGIN, y, WIDTH - 2 * MARGIN,
		 vnode_height(t, vnode));
	fprintf(to, "<text class=\"t\" x=\"%u\" y=\"%u\">vnode %u</text>\n",
		2 * MARGIN, y + 18, vnode);
	for (uint32_t i = 0; i < t->nr_ranges; i++) {
		if (t->range[i].vnode != vnode)
			continue;
		put_memory(to, p, at,
			   (struct range){t->range[i].start, t->range[i].end});
		at += ROW_H;
	}
	put_vcpus(to, p, vnode, at);
}

static void put_legend(FILE *to, uint32_t y)
{
	static const struct {
		const char *class, *text;
	} item[] = {
		{"l", "vCPU of Linux"}, {"p", "parked vCPU"}, {"k", "kernel"},
		{"i", "initrd"},	{"c", "carve"},
	};
	uint32_t step = BAR_WIDTH / 5;

	for (uint32_t i = 0; i < 5; i++) {
		put_rect(to, item[i].class, 2 * MARGIN + i * step, y, 12, 12);
		fprintf(to, "<text x=\"%u\" y=\"%u\">%s</text>\n",
			2 * MARGIN + i * step + 16, y + 11, item[i].text);
	}
}

void print_svg(FILE *to, const struct prediction *p)
{
	const struct topology *t = &p->boot.topology;
	uint32_t height = HEAD_H + FOOT_H, y = HEAD_H;

	for (uint32_t v = 0; v < t->nr_vnodes; v++)
		height += vnode_height(t, v) + MARGIN;
	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\">\n%s",
		WIDTH, height, style);
	fprintf(to, "<text class=\"t\" x=\"%u\" y=\"22\">", MARGIN);
	put_escaped(to, p->config.name);
	fprintf(to, ": sidecar %s, Linux boots %u of %u vCPUs</text>\n",
		outcome_text(p->outcome), p->boot.decision.plan.nr_boot,
		p->boot.decision.plan.nr_order);
	for (uint32_t v = 0; v < t->nr_vnodes; v++) {
		put_vnode(to, p, v, y);
		y += vnode_height(t, v) + MARGIN;
	}
	put_legend(to, y);
	fputs("</svg>\n", to);
}
