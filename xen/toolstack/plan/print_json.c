/* SPDX-License-Identifier: MIT */
/* The plan for programs: RFC 8259. Addresses and sizes are numbers of bytes. */
#include "predict.h"

/* Bytes beyond ASCII as the code point of that number: always valid. */
static void put_string(FILE *to, const char *s, size_t len)
{
	fputc('"', to);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c >= 0x7f)
			fprintf(to, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

static void put_text(FILE *to, const char *s)
{
	struct text t = text_from(s, SIZE_MAX);

	put_string(to, t.p, t.len);
}

static void put_lines(FILE *to, const char *key, const struct lines *l)
{
	fprintf(to, ",\n \"%s\": [", key);
	for (uint32_t i = 0; i < l->nr; i++) {
		fputs(i ? ",\n  " : "\n  ", to);
		put_text(to, l->line[i]);
	}
	fputc(']', to);
}

static void put_range(FILE *to, const char *key, struct range r)
{
	fprintf(to, ", \"%s\": {\"start\": %lu, \"end\": %lu}", key, r.start,
		r.end);
}

static void put_members(FILE *to, const char *key, const struct plan *p,
			const struct plan_node *n, bool parked)
{
	const char *comma = "";

	fprintf(to, ", \"%s\": [", key);
	for (uint32_t i = 0; i < n->nr; i++) {
		uint32_t id = p->member[n->first + i];

		if (p->parked[id] != parked)
			continue;
		fprintf(to, "%s%u", comma, id);
		comma = ", ";
	}
	fputc(']', to);
}

static void put_nodes(FILE *to, const struct plan *p)
{
	fputs(",\n \"nodes\": [", to);
	for (uint32_t i = 0; i < p->nr_nodes; i++) {
		const struct plan_node *n = &p->node[i];

		fprintf(to, "%s\n  {\"vnode\": %u, \"base\": %u", i ? "," : "",
			n->vnode, p->member[n->first]);
		put_members(to, "linux", p, n, false);
		put_members(to, "parked", p, n, true);
		if (n->nr_parked) {
			put_range(to, "carve", n->carve);
			fprintf(to,
				", \"carve_vnode\": %u, \"scratch_bytes\": %lu, \"page_table_bytes\": %lu, \"shared_bytes\": %lu",
				n->carve_vnode, n->scratch_bytes, n->view_bytes,
				n->shared_bytes);
		}
		fputc('}', to);
	}
	fputc(']', to);
}

static void put_vnodes(FILE *to, const struct topology *t)
{
	fputs(",\n \"memory\": [", to);
	for (uint32_t i = 0; i < t->nr_ranges; i++) {
		fprintf(to, "%s\n  {\"vnode\": %u", i ? "," : "",
			t->range[i].vnode);
		put_range(to, "range",
			  (struct range){t->range[i].start, t->range[i].end});
		fputc('}', to);
	}
	fprintf(to, "],\n \"vnodes\": %u", t->nr_vnodes);
}

/* null: Linux cannot have it, or its number is not known before the boot. */
static void put_linux_cpu(FILE *to, const struct prediction *p, uint32_t id)
{
	uint32_t cpu;
	bool sure;

	if (predict_cpu(p, id, &cpu, &sure) && sure)
		fprintf(to, ", \"linux_cpu\": %u}", cpu);
	else
		fputs(", \"linux_cpu\": null}", to);
}

static void put_vcpus(FILE *to, const struct prediction *p)
{
	const struct topology *t = &p->boot.topology;
	uint32_t ids[TOPOLOGY_MAX_VCPUS], nr = predict_boots(p, ids);
	bool boots[TOPOLOGY_MAX_VCPUS] = {false};
	const char *comma = "";

	for (uint32_t i = 0; i < nr; i++)
		boots[ids[i]] = true;
	fputs(",\n \"vcpus\": [", to);
	for (uint32_t id = 0; id < t->nr_vcpus; id++) {
		const struct topology_vcpu *v = &t->vcpu[id];

		if (!v->present)
			continue;
		fprintf(to,
			"%s\n  {\"vcpu\": %u, \"apic_id\": %u, \"vnode\": %u, \"enabled\": %s, \"linux_boots\": %s",
			comma, id, v->apic_id, v->vnode,
			v->enabled ? "true" : "false",
			boots[id] ? "true" : "false");
		put_linux_cpu(to, p, id);
		comma = ",";
	}
	fputc(']', to);
}

static void put_linux(FILE *to, const struct prediction *p)
{
	const struct boot *b = &p->boot;
	const struct decision *d = &b->decision;
	const struct range *i = &b->request.initrd;
	uint32_t ids[TOPOLOGY_MAX_VCPUS];

	fprintf(to, ",\n \"linux\": {\"boots_vcpus\": %u, \"has_vcpus\": %u",
		predict_boots(p, ids), d->cpus.nr_possible);
	put_range(to, "kernel",
		  (struct range){d->kernel_pa,
				 d->kernel_pa + b->image.load_size});
	if (i->end > i->start)
		put_range(to, "initrd",
			  (struct range){d->initrd_pa,
					 d->initrd_pa + i->end - i->start});
	fputs(", \"command_line\": ", to);
	put_string(to, d->line.p, d->line.len);
	fputc('}', to);
}

static void put_prediction(FILE *to, const struct prediction *p)
{
	const struct boot *b = &p->boot;

	fputs("{\"config\": ", to);
	put_text(to, p->path);
	fprintf(to, ", \"xen\": \"4.%u\", \"outcome\": \"%s\"", p->xen_minor,
		outcome_text(p->outcome));
	put_lines(to, "why", &p->why);
	put_lines(to, "dropped", &p->dropped);
	put_lines(to, "missing", &p->guest.missing);
	if (p->planned) {
		put_vnodes(to, &b->topology);
		put_vcpus(to, p);
		put_nodes(to, &b->decision.plan);
		put_linux(to, p);
	}
	put_lines(to, "notes", &p->notes);
	put_lines(to, "log", &p->log);
	fputc('}', to);
}

void print_json(FILE *to, const struct prediction *p, uint32_t nr)
{
	fputc('[', to);
	for (uint32_t i = 0; i < nr; i++) {
		if (i)
			fputs(",\n", to);
		put_prediction(to, &p[i]);
	}
	fputs("]\n", to);
}
