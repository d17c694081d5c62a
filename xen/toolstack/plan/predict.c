/* SPDX-License-Identifier: MIT */
/* From a config to an outcome. */
#include "predict.h"

const char *outcome_text(enum outcome o)
{
	switch (o) {
	case OUTCOME_ON:
		return "on";
	case OUTCOME_OFF:
		return "off";
	case OUTCOME_NO_SHIM:
		return "no shim";
	case OUTCOME_REFUSED:
		return "refused";
	case OUTCOME_BAD:
		return "bad config";
	}
	return "unknown";
}

static enum outcome of_config(enum config_error e)
{
	return e == CONFIG_BAD ? OUTCOME_BAD : OUTCOME_REFUSED;
}

static enum outcome of_guest(enum guest_error e)
{
	return e == GUEST_NO_SHIM ? OUTCOME_NO_SHIM : OUTCOME_REFUSED;
}

#define BAD_KERNEL "shim: plan: kernel image: "

/* The shim knows the kernel as a module, not by the file's name. */
static void name_kernel(struct prediction *p, const char *said)
{
	const struct config *c = &p->config;
	struct lines named = {0};
	struct text why = text_from(said, SIZE_MAX);

	if (text_skip(&why, TEXT(BAD_KERNEL)))
		lines_printf(&named, "%s: %s: %s",
			     c->pvshim ? "kernel" : "ramdisk",
			     c->pvshim ? c->kernel : c->ramdisk, why.p);
	else
		lines_printf(&named, "%s", said);
	config_report(c, &p->why, named.line[0]);
	lines_free(&named);
}

/* When the shim ends the domain, its last line is the reason. */
static enum outcome boot(struct prediction *p)
{
	const struct plan *plan = &p->boot.decision.plan;

	p->planned = machine_boot(&p->boot, &p->guest, &p->log);
	if (!p->planned) {
		name_kernel(p, p->log.line[p->log.nr - 1]);
		return OUTCOME_REFUSED;
	}
	dropped_find(p);
	if (plan->status == PLAN_ON)
		return OUTCOME_ON;
	lines_printf(&p->why, "%s", plan_off_text(plan));
	return OUTCOME_OFF;
}

void predict(struct prediction *p, const char *path, const struct host *h)
{
	struct lines why = {0};
	enum config_error c;
	enum guest_error g;

	*p = (struct prediction){.path = path, .xen_minor = h->xen_minor};
	c = config_read(&p->config, path, h->words, h->nr_words, &p->notes,
			&p->why);
	if (c) {
		p->outcome = of_config(c);
		return;
	}
	g = guest_build(&p->guest, &p->config, h, &p->notes, &why);
	for (uint32_t i = 0; i < why.nr; i++)
		config_report(&p->config, &p->why, why.line[i]);
	lines_free(&why);
	p->outcome = g ? of_guest(g) : boot(p);
	if (p->planned && p->boot.numa)
		packages_note(p);
	if (p->planned && !p->boot.image.is_linux)
		lines_printf(
			&p->notes,
			"assumes that the kernel, which is not Linux, boots a Linux that gets its memory map and ACPI tables from it");
}

void predict_free(struct prediction *p)
{
	lines_free(&p->why);
	lines_free(&p->notes);
	lines_free(&p->log);
	lines_free(&p->dropped);
	lines_free(&p->reasons);
	guest_free(&p->guest);
	config_free(&p->config);
}

uint32_t predict_boots(const struct prediction *p, uint32_t *ids)
{
	const struct linux_cpus *c = &p->boot.decision.cpus;
	bool listed = p->boot.decision.plan.status == PLAN_ON &&
		      !p->boot.decision.base_first;
	uint32_t nr = listed ? c->nr_boots_listed : c->nr_boots;

	for (uint32_t i = 0; i < nr; i++)
		ids[i] = c->vcpu[listed ? c->listed[i] : i];
	return nr;
}

bool predict_cpu(const struct prediction *p, uint32_t id, uint32_t *cpu,
		 bool *sure)
{
	const struct linux_cpus *c = &p->boot.decision.cpus;

	for (uint32_t i = 0; i < c->nr && i < c->nr_possible; i++) {
		if (c->vcpu[i] != id)
			continue;
		*cpu = i;
		*sure = i < c->nr_at_boot;
		return true;
	}
	return false;
}
