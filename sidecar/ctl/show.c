/* SPDX-License-Identifier: MIT */
/*
 * Output of sidecarctl. All text in JSON is sidecarctl's own or checked to be
 * printable; quotes in it are escaped.
 */
#include <inttypes.h>

#include "printable.h"
#include "show.h"

void show_text(FILE *to, const char *s)
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

void show_item(struct show *p)
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

void show_vcpu(struct show *p, const struct sidecar_vcpu *v)
{
	int32_t cpu = sidecar_vcpu_linux_cpu(v);

	show_item(p);
	if (p->json)
		fprintf(p->to, "{\"linux_cpu\": %" PRId32 ", \"vcpu\": ", cpu);
	else if (cpu < 0)
		fputs("vCPU ", p->to);
	else
		fprintf(p->to, "CPU %" PRId32 " = vCPU ", cpu);
	fprintf(p->to,
		p->json ? "%" PRIu32 ", \"apic_id\": %" PRIu32 ", "
			: "%" PRIu32 " = APIC id %" PRIu32 ": ",
		sidecar_vcpu_id(v), sidecar_vcpu_apic_id(v));
}

void show_ping(struct show *p, const struct sidecar_vcpu *v, uint32_t count,
	       const uint64_t ns[3])
{
	show_vcpu(p, v);
	fprintf(p->to,
		p->json ? "\"pings\": %" PRIu32 ", \"min_ns\": %" PRIu64
			  ", \"mean_ns\": %" PRIu64 ", \"max_ns\": %" PRIu64 "}"
			: "%" PRIu32 " pings, min %" PRIu64 " mean %" PRIu64
			  " max %" PRIu64 " ns\n",
		count, ns[0], ns[1], ns[2]);
}

void show_stats(struct show *p, const struct sidecar_vcpu *v,
		const struct sidecar_answer *a)
{
	show_vcpu(p, v);
	fprintf(p->to,
		p->json ? "\"tsc\": %" PRIu64 ", \"commands\": %" PRIu64
			  ", \"jobs\": %" PRIu64 ", \"faults\": %" PRIu64
			  ", \"wakes\": %" PRIu64 "}"
			: "TSC %" PRIu64 ", %" PRIu64 " commands, %" PRIu64
			  " jobs, %" PRIu64 " faults, %" PRIu64 " wakes\n",
		a->ret[0], a->ret[1], a->ret[2], a->ret[3], a->ret[4]);
}

void show_values(struct show *p, const struct sidecar_vcpu *v,
		 const struct show_value *value, uint32_t nr)
{
	show_vcpu(p, v);
	for (uint32_t i = 0; i < nr; i++)
		fprintf(p->to,
			p->json ? "%s\"%s\": %" PRIu64
				: "%s\n    %-14s 0x%016" PRIx64,
			p->json && i ? ", " : "", value[i].name,
			value[i].value);
	fputs(p->json ? "}" : "\n", p->to);
}

/* ---- How a job ended ---------------------------------------------------- */

#define FAULT_NAMES 19u
#define A_LINE	    3u

static void fault_values(const struct sidecar_fault *f,
			 struct show_value value[FAULT_NAMES])
{
	const struct show_value all[FAULT_NAMES] = {
		{"rip", f->rip}, {"rflags", f->rflags}, {"rsp", f->rsp},
		{"cr2", f->cr2}, {"rax", f->rax},	{"rbx", f->rbx},
		{"rcx", f->rcx}, {"rdx", f->rdx},	{"rsi", f->rsi},
		{"rdi", f->rdi}, {"rbp", f->rbp},	{"r8", f->r8},
		{"r9", f->r9},	 {"r10", f->r10},	{"r11", f->r11},
		{"r12", f->r12}, {"r13", f->r13},	{"r14", f->r14},
		{"r15", f->r15},
	};

	for (uint32_t i = 0; i < FAULT_NAMES; i++)
		value[i] = all[i];
}

static void where_json(FILE *to, const struct show_where *w)
{
	struct show_value value[FAULT_NAMES];

	if (!w->fault)
		return;
	fputs(", \"fault\": {", to);
	if (w->known) {
		fputs("\"function\": ", to);
		show_text(to, w->function);
		fprintf(to, ", \"offset\": %" PRIu64 ", ", w->offset);
	}
	fault_values(w->fault, value);
	for (uint32_t i = 0; i < FAULT_NAMES; i++)
		fprintf(to, "%s\"%s\": %" PRIu64, i ? ", " : "", value[i].name,
			value[i].value);
	putc('}', to);
}

static void where_text(FILE *to, const struct show_where *w)
{
	struct show_value value[FAULT_NAMES];

	if (!w->fault)
		return;
	if (w->known)
		fprintf(to, "    in %s+0x%" PRIx64 "\n", w->function,
			w->offset);
	fault_values(w->fault, value);
	for (uint32_t i = 0; i < FAULT_NAMES; i++)
		fprintf(to, "%s%-6s 0x%016" PRIx64 "%s",
			i % A_LINE ? "" : "    ", value[i].name, value[i].value,
			i % A_LINE == A_LINE - 1 || i == FAULT_NAMES - 1
				? "\n"
				: "  ");
}

static void job_json(struct show *p, const struct sidecar_answer *a,
		     const char *log, const struct show_where *where)
{
	fprintf(p->to, "\"result\": %" PRIu32 ", \"error\": ", a->result);
	show_text(p->to, a->error);
	fputs(", \"ret\": [", p->to);
	for (uint32_t i = 0; i < 8; i++)
		fprintf(p->to, "%s%" PRIu64, i ? ", " : "", a->ret[i]);
	fprintf(p->to, "], \"ns\": %" PRIu64 ", \"restarted\": %s, \"log\": ",
		a->elapsed_ns, a->restarted ? "true" : "false");
	show_text(p->to, log ? log : "");
	where_json(p->to, where);
	putc('}', p->to);
}

void show_job(struct show *p, const struct sidecar_vcpu *v,
	      const struct sidecar_answer *a, const char *log,
	      const struct show_where *where)
{
	show_vcpu(p, v);
	if (p->json) {
		job_json(p, a, log, where);
		return;
	}
	fputs(a->result ? a->error : "job: done", p->to);
	/* only its client knows */
	if (a->elapsed_ns)
		fprintf(p->to, " after %" PRIu64 " us", a->elapsed_ns / 1000);
	fputs(", ret", p->to);
	for (uint32_t i = 0; i < 8; i++)
		fprintf(p->to, " %" PRIu64, a->ret[i]);
	putc('\n', p->to);
	where_text(p->to, where);
}

void show_done(struct show *p, const struct sidecar_vcpu *v, const char *what)
{
	show_vcpu(p, v);
	if (!p->json) {
		fprintf(p->to, "%s\n", what);
		return;
	}
	fputs("\"done\": ", p->to);
	show_text(p->to, what);
	putc('}', p->to);
}

void show_error(struct show *p, int64_t cpu, enum sidecar_error e,
		const char *detail)
{
	fflush(p->to);
	fprintf(stderr, "sidecarctl: %s: %s\n", sidecar_error_text(e), detail);
	if (!p->json)
		return;
	show_item(p);
	putc('{', p->to);
	if (cpu >= 0)
		fprintf(p->to, "\"linux_cpu\": %" PRId64 ", ", cpu);
	fputs("\"error\": ", p->to);
	show_text(p->to, sidecar_error_text(e));
	fputs(", \"detail\": ", p->to);
	show_text(p->to, detail);
	putc('}', p->to);
}
