/* SPDX-License-Identifier: MIT */
/*
 * Output of sidecarctl. All text in JSON is our own or checked to be
 * printable; quotes in it are escaped.
 */
#include <inttypes.h>

#include "abi/jitter.h"
#include "printable.h"
#include "show.h"

static void text(FILE *to, const char *s)
{
	putc('"', to);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', to);
		if (*s == '\n')
			fputs("\\n", to);
		else
			putc(printable(*s), to);
	}
	putc('"', to);
}

static void item(struct show *p)
{
	if (p->json)
		fputs(p->nr ? ",\n  " : "\n  ", p->to);
	p->nr++;
}

void show_begin(struct show *p)
{
	p->nr = 0;
	if (p->json)
		putc('[', p->to);
}

void show_end(struct show *p)
{
	if (p->json)
		fputs("\n]\n", p->to);
}

/* ---- One vCPU ----------------------------------------------------------- */

static void name(struct show *p, const struct sidecar_vcpu_info *v)
{
	item(p);
	fprintf(p->to,
		p->json ? "{\"linux_cpu\": %" PRId32 ", \"vcpu\": %" PRIu32
			  ", \"apic_id\": %" PRIu32 ", "
			: "CPU %" PRId32 " = vCPU %" PRIu32
			  " = APIC id %" PRIu32 ": ",
		v->linux_cpu, v->vcpu_id, v->apic_id);
}

void show_ping(struct show *p, const struct sidecar_vcpu_info *v,
	       uint32_t count, const uint64_t ns[3])
{
	name(p, v);
	fprintf(p->to,
		p->json ? "\"pings\": %" PRIu32 ", \"min_ns\": %" PRIu64
			  ", \"mean_ns\": %" PRIu64 ", \"max_ns\": %" PRIu64 "}"
			: "%" PRIu32 " pings, min %" PRIu64 " mean %" PRIu64
			  " max %" PRIu64 " ns\n",
		count, ns[0], ns[1], ns[2]);
}

void show_stats(struct show *p, const struct sidecar_vcpu_info *v,
		const struct sidecar_answer *a)
{
	name(p, v);
	fprintf(p->to,
		p->json ? "\"tsc\": %" PRIu64 ", \"commands\": %" PRIu64
			  ", \"jobs\": %" PRIu64 ", \"faults\": %" PRIu64
			  ", \"wakes\": %" PRIu64 "}"
			: "TSC %" PRIu64 ", %" PRIu64 " commands, %" PRIu64
			  " jobs, %" PRIu64 " faults, %" PRIu64 " wakes\n",
		a->ret[0], a->ret[1], a->ret[2], a->ret[3], a->ret[4]);
}

void show_values(struct show *p, const struct sidecar_vcpu_info *v,
		 const struct show_value *value, uint32_t nr)
{
	name(p, v);
	for (uint32_t i = 0; i < nr; i++)
		fprintf(p->to,
			p->json ? "%s\"%s\": %" PRIu64
				: "%s\n    %-14s 0x%016" PRIx64,
			p->json && i ? ", " : "", value[i].name,
			value[i].value);
	fputs(p->json ? "}" : "\n", p->to);
}

static void job_json(struct show *p, const struct sidecar_answer *a,
		     const char *log)
{
	fprintf(p->to, "\"result\": %" PRIu32 ", \"error\": ", a->result);
	text(p->to, a->error);
	fputs(", \"ret\": [", p->to);
	for (uint32_t i = 0; i < 8; i++)
		fprintf(p->to, "%s%" PRIu64, i ? ", " : "", a->ret[i]);
	fprintf(p->to, "], \"ns\": %" PRIu64 ", \"restarted\": %s, \"log\": ",
		a->elapsed_ns, a->restarted ? "true" : "false");
	text(p->to, log ? log : "");
	putc('}', p->to);
}

void show_job(struct show *p, const struct sidecar_vcpu_info *v,
	      const struct sidecar_answer *a, const char *log)
{
	name(p, v);
	if (p->json) {
		job_json(p, a, log);
		return;
	}
	fprintf(p->to, "%s after %" PRIu64 " us, ret",
		a->result ? a->error : "job: done", a->elapsed_ns / 1000);
	for (uint32_t i = 0; i < 8; i++)
		fprintf(p->to, " %" PRIu64, a->ret[i]);
	putc('\n', p->to);
}

static uint64_t to_ns(uint64_t ticks, uint64_t tsc_khz)
{
	return tsc_khz ? (uint64_t)((double)ticks * 1e6 / (double)tsc_khz) : 0;
}

static void jitter_json(FILE *to, const char *who, const struct jitter *j,
			uint64_t tsc_khz)
{
	fprintf(to,
		"\"%s\": {\"gaps\": %" PRIu64 ", \"longest_ns\": %" PRIu64
		", \"ns\": %" PRIu64 ", \"histogram\": [",
		who, j->nr, to_ns(j->longest, tsc_khz),
		to_ns(j->ticks, tsc_khz));
	for (uint32_t i = 0; i < JITTER_BUCKETS; i++)
		fprintf(to, "%s%" PRIu64, i ? ", " : "", j->bucket[i]);
	fputs("]}", to);
}

static void jitter_row(FILE *to, const char *name, const uint64_t *first,
		       const uint64_t *second)
{
	fprintf(to, "    %-24s %14" PRIu64, name, *first);
	if (second)
		fprintf(to, " %14" PRIu64, *second);
	putc('\n', to);
}

static void jitter_table(FILE *to, const struct jitter *j,
			 const struct jitter *l, int32_t linux_cpu,
			 uint64_t tsc_khz)
{
	uint64_t ns = to_ns(j->longest, tsc_khz);
	uint64_t linux_ns = l ? to_ns(l->longest, tsc_khz) : 0;
	char text[32];

	fprintf(to, "looked at the TSC for %" PRIu64 " ms\n    %-24s %14s",
		to_ns(j->ticks, tsc_khz) / 1000000, "", "sidecar");
	if (l)
		fprintf(to, "   Linux CPU %3" PRId32, linux_cpu);
	putc('\n', to);
	jitter_row(to, "longest gap, ns", &ns, l ? &linux_ns : NULL);
	jitter_row(to, "gaps", &j->nr, l ? &l->nr : NULL);
	for (uint32_t i = 0; i < JITTER_BUCKETS; i++) {
		if (!j->bucket[i] && (!l || !l->bucket[i]))
			continue;
		snprintf(text, sizeof(text), "  %" PRIu64 " ns or more",
			 to_ns(1ull << i, tsc_khz));
		jitter_row(to, text, &j->bucket[i], l ? &l->bucket[i] : NULL);
	}
}

void show_jitter(struct show *p, const struct sidecar_vcpu_info *v,
		 const struct jitter *j, int32_t linux_cpu,
		 const struct jitter *other, uint64_t tsc_khz)
{
	name(p, v);
	if (!p->json) {
		jitter_table(p->to, j, linux_cpu < 0 ? NULL : other, linux_cpu,
			     tsc_khz);
		return;
	}
	fprintf(p->to, "\"tsc_khz\": %" PRIu64 ", ", tsc_khz);
	jitter_json(p->to, "sidecar", j, tsc_khz);
	if (linux_cpu >= 0) {
		fprintf(p->to, ", \"compared_cpu\": %" PRId32 ", ", linux_cpu);
		jitter_json(p->to, "linux", other, tsc_khz);
	}
	putc('}', p->to);
}

void show_done(struct show *p, const struct sidecar_vcpu_info *v,
	       const char *what)
{
	name(p, v);
	if (!p->json) {
		fprintf(p->to, "%s\n", what);
		return;
	}
	fputs("\"done\": ", p->to);
	text(p->to, what);
	putc('}', p->to);
}

void show_error(struct show *p, int64_t cpu, enum sidecar_error e,
		const char *detail)
{
	fflush(p->to);
	fprintf(stderr, "sidecarctl: %s: %s\n", sidecar_error_text(e), detail);
	if (!p->json)
		return;
	item(p);
	putc('{', p->to);
	if (cpu >= 0)
		fprintf(p->to, "\"linux_cpu\": %" PRId64 ", ", cpu);
	fputs("\"error\": ", p->to);
	text(p->to, sidecar_error_text(e));
	fputs(", \"detail\": ", p->to);
	text(p->to, detail);
	putc('}', p->to);
}

/* ---- The list ----------------------------------------------------------- */

static const char *linux_text(enum sidecar_linux l)
{
	switch (l) {
	case SIDECAR_LINUX_NONE:
		return "none";
	case SIDECAR_LINUX_OFFLINE:
		return "offline";
	case SIDECAR_LINUX_ONLINE:
		return "online";
	case SIDECAR_LINUX_MOVING:
		return "moving";
	}
	return "?";
}

static const char *up_text(int up, bool json)
{
	if (json)
		return up < 0 ? "null" : up ? "true" : "false";
	return up < 0 ? "?" : up ? "up" : "DOWN";
}

/* Linux took it without telling the sidecar, which thinks it is still its. */
static bool is_taken(const struct sidecar_vcpu_info *v)
{
	return !v->base && v->in_linux == SIDECAR_LINUX_ONLINE &&
	       v->state != SIDECAR_REMOVED;
}

static const char *note(const struct sidecar_vcpu_info *v)
{
	if (v->base)
		return "  base vCPU";
	if (v->state >= SIDECAR_NR_STATES)
		return "  impossible state";
	if (v->job)
		return "  runs a job";
	return is_taken(v) ? "  taken by Linux itself" : "";
}

static void list_vcpu(struct show *p, const struct sidecar_vcpu_info *v,
		      bool first)
{
	const char *state = v->base ? "-" : sidecar_state_text(v->state);
	const char *up = up_text(v->up, p->json);

	if (!p->json) {
		fprintf(p->to,
			"  %5" PRId32 " %5" PRIu32 " %8" PRIu32 "  %-8s %-5s "
			"%-7s%s\n",
			v->linux_cpu, v->vcpu_id, v->apic_id, state, up,
			linux_text(v->in_linux), note(v));
		return;
	}
	fprintf(p->to,
		"%s\n    {\"linux_cpu\": %" PRId32 ", \"vcpu\": %" PRIu32
		", \"apic_id\": %" PRIu32 ", \"slot\": %" PRIu32
		", \"base\": %s, \"state\": \"%s\", \"status\": %u, "
		"\"up\": %s, \"linux\": \"%s\", \"taken\": %s, "
		"\"job\": %s}",
		first ? "" : ",", v->linux_cpu, v->vcpu_id, v->apic_id, v->slot,
		v->base ? "true" : "false", state, v->state, up,
		linux_text(v->in_linux), is_taken(v) ? "true" : "false",
		v->job ? "true" : "false");
}

static void list_node(struct show *p, const struct sidecar_node_info *n)
{
	item(p);
	fprintf(p->to,
		p->json ? "{\"node\": %" PRIu32 ", \"vnode\": %" PRIu32
			  ", \"memory_vnode\": %" PRIu32
			  ", \"address\": %" PRIu64 ", \"bytes\": %" PRIu64
			  ", \"scratch_bytes\": %" PRIu64 ", \"vcpus\": ["
			: "sidecar node %" PRIu32 ": vnode %" PRIu32
			  ", memory of vnode %" PRIu32 " at 0x%" PRIx64
			  ": %" PRIu64 " bytes, %" PRIu64 " of them scratch\n"
			  "    CPU  vCPU  APIC id  state    Xen   Linux\n",
		n->node, n->vnode, n->carve_vnode, n->carve_pa, n->carve_size,
		n->scratch_size);
}

void show_list(struct show *p, struct sidecar *s)
{
	struct sidecar_node_info n;
	struct sidecar_vcpu_info v;
	bool first;

	show_begin(p);
	for (uint32_t i = 0; i < sidecar_nr_nodes(s); i++) {
		sidecar_node(s, i, &n);
		list_node(p, &n);
		first = true;
		for (uint32_t j = 0; j < sidecar_nr_vcpus(s); j++) {
			sidecar_vcpu(s, j, &v);
			if (v.node != i)
				continue;
			list_vcpu(p, &v, first);
			first = false;
		}
		if (p->json)
			fputs("]}", p->to);
	}
	show_end(p);
}
