/* SPDX-License-Identifier: MIT */
/*
 * The log lines about what was read and what came of it, and how errors look
 * in them. Those about the plan are in report_plan.c.
 */
#include "report.h"

#define US_PER_MS     1000u
#define CPUS_PER_LINE 16u
#define LINE_PIECE    900u
#define VALUE_BYTES   48
#define QUOTE_MAX     40u

void report_quote(struct textbuf *b, struct text t)
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
		report_quote(b, (struct text){e.word, e.word_len});
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
			"start_info: warning: ignoring unknown or invalid option: %.*s (man xen-pvh-shim)",
			(int)o->bad[i].len, o->bad[i].p);
	if (o->nr_bad > shown)
		log_line("start_info: warning: %u more option%s ignored",
			 o->nr_bad - shown, text_plural(o->nr_bad - shown));
}

/* CPUID is the host's, which knows no vnodes, unless cpuid= changes it. */
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
	log_line("topology: %u vnode%s, %u memory range%s, %u vCPU%s%s",
		 t->nr_vnodes, text_plural(t->nr_vnodes), t->nr_ranges,
		 text_plural(t->nr_ranges), present, text_plural(present),
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

void report_acpi(const struct boot *b, uint32_t bytes)
{
	const struct decision *d = &b->decision;
	const struct linux_cpus *c = &d->cpus;
	bool hot = c->nr_at_boot < c->nr;
	struct report_text disabled;
	struct textbuf t;

	textbuf_init(&t, disabled.s, sizeof(disabled.s));
	if (hot)
		textbuf_printf(&t, ", %u %s disabled", c->nr - c->nr_at_boot,
			       c->nr - c->nr_at_boot == 1 ? "entry"
							  : "entries");
	log_line("acpi: %u bytes at %#lx: MADT%s%s, %s%s", bytes, d->kept_pa,
		 d->base_first ? " in base-first order" : " as it was",
		 disabled.s, b->numa ? "SRAT, SLIT" : "no NUMA",
		 b->numa && hot ? ", SSDT" : "");
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
				"sidecar: warning: vCPU %u not started: %s; Linux can bring it online",
				id, report_xen_error(&error, s->error[id]));
	if (!s->nr_started)
		return;
	log_line(
		"sidecar: %u vCPU%s started, %u by multicall in %lu us, %u by SIPI in %lu us",
		s->nr_started, text_plural(s->nr_started), s->nr_by_call,
		report_us(b, s->call_tsc - s->begin_tsc), s->nr_by_sipi,
		report_us(b, s->sipi_tsc - s->call_tsc));
}

static void report_not_parked(const struct start *s, uint32_t id)
{
	struct text said = start_error_text(s, id);

	if (said.len)
		log_line(
			"linux: warning: vCPU %u gave up: %.*s; Linux can bring it online",
			id, (int)said.len, said.p);
	else
		log_line(
			"linux: warning: vCPU %u did not park within %u ms, stopped; Linux can bring it online",
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
		"linux: %u of %u vCPU%s parked, the last came after %lu us, %lu vCPUs per second",
		s->nr_parked, s->nr_started, text_plural(s->nr_started), us,
		us ? s->nr_parked * (uint64_t)1000000 / us : 0);
}

/*
 * vCPU ids in the order of the MADT that Linux gets; how many there are. With
 * hot-added ones only those that Linux has at boot: all others have no number
 * that is sure.
 */
static uint32_t linux_order(const struct boot *b, uint32_t *order)
{
	const struct decision *d = &b->decision;
	struct acpi_madt_entry e = {0};
	uint32_t nr = 0;

	if (d->base_first) {
		__builtin_memcpy(order, d->plan.order, sizeof(d->plan.order));
		return d->hot_add ? d->cpus.nr_at_boot : d->plan.nr_order;
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

static void report_hot_added(const struct boot *b)
{
	const struct linux_cpus *c = &b->decision.cpus;
	static char text[LIST_BYTES];
	struct textbuf l;

	for (uint32_t i = c->nr_at_boot; i < c->nr; i += CPUS_PER_LINE) {
		textbuf_init(&l, text, sizeof(text));
		for (uint32_t k = i; k < c->nr && k < i + CPUS_PER_LINE; k++)
			textbuf_printf(&l, " %u=%u", c->vcpu[k],
				       b->topology.vcpu[c->vcpu[k]].apic_id);
		log_line("linux: hot-added vCPU = APIC id:%s", text);
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

/* The vCPU ids of boot_cpus=, which has Linux's numbers. */
static void report_base(const struct boot *b)
{
	char list[LIST_BYTES];
	struct text ids =
		report_list_cpus(list, b, 0, b->decision.cpus.nr, false);

	if (b->decision.plan.status == PLAN_ON)
		log_line("linux: base vCPUs %.*s", (int)ids.len, ids.p);
}

void report_linux(const struct boot *b)
{
	struct report_text initrd;
	const struct decision *d = &b->decision;

	log_line("linux: %s at %#lx, %s, %u memory ranges",
		 b->image.kind == IMAGE_ELF ? "PVH kernel" : "bzImage",
		 d->kernel_pa, report_initrd(&initrd, b), d->linux_map.nr);
	log_command_line(d->line);
	report_base(b);
	report_cpus(b);
	report_hot_added(b);
}
