/* SPDX-License-Identifier: MIT */
/* What Linux is told: its memory map, its CPUs and its command line. Pure. */
#include "handover.h"

#include <string.h>

#include "abi/bootparam.h"
#include "abi/layout.h"
#include "pvh/read/dsdt.h"

static struct error handover_map(struct decision *d,
				 const struct decide_request *rq)
{
	struct memmap *m = &d->linux_map;
	struct error e = NO_ERROR;

	*m = *rq->map;
	if (d->kept_pa) {
		uint64_t log_pa = d->kept_pa + DECIDE_ACPI_BYTES;

		e = memmap_set(m, d->kept_pa, log_pa, MEMMAP_ACPI);
		if (!e.code)
			e = memmap_set(m, log_pa, log_pa + DECIDE_LOG_BYTES,
				       MEMMAP_RESERVED);
	}
	if (!e.code && d->plan.nr_nodes)
		e = memmap_set(m, d->low_pa,
			       d->low_pa + LAYOUT_LOW_PAGES * PAGE_SIZE,
			       MEMMAP_RESERVED);
	for (uint32_t i = 0; !e.code && i < d->plan.nr_nodes; i++) {
		const struct range *c = &d->plan.node[i].carve;

		if (c->end > c->start)
			e = memmap_set(m, c->start, c->end, MEMMAP_RESERVED);
	}
	return e;
}

/* A bzImage takes more ranges than one page has: SETUP_E820_EXT. */
static struct error handover_check_map(struct decision *d,
				       const struct decide_request *rq)
{
	bool elf = rq->image->kind == IMAGE_ELF;
	struct error e = handover_map(d, rq);

	if (!e.code && (!elf || d->linux_map.nr <= E820_MAX_ENTRIES_ZEROPAGE))
		return NO_ERROR;
	if (d->plan.status == PLAN_ON)
		plan_withdraw(&d->plan, rq->topology,
			      error_of(DECIDE_MANY_RANGES, ERROR_RANGES,
				       d->linux_map.nr));
	/* our own tables may exceed the limit */
	if (handover_map(d, rq).code ||
	    (elf && d->linux_map.nr > E820_MAX_ENTRIES_ZEROPAGE)) {
		d->kept_pa = 0;
		d->linux_map = *rq->map;
		if (elf && d->linux_map.nr > E820_MAX_ENTRIES_ZEROPAGE)
			return error_number(DECIDE_MAP_TOO_LARGE,
					    d->linux_map.nr);
	}
	return NO_ERROR;
}

/* ---- How parked vCPUs are kept out of Linux's boot ---------------------- */

/* Linux finds each one that it hot-adds in the DSDT, which is long. */
static bool can_hot_add(struct decision *d, const struct decide_request *rq)
{
	bool has[TOPOLOGY_MAX_VCPUS] = {false};

	if (rq->dsdt)
		dsdt_find_processors(rq->dsdt, rq->dsdt_length, has);
	for (uint32_t id = 0; id < rq->topology->nr_vcpus; id++) {
		if (!d->plan.parked[id] || has[id])
			continue;
		d->missing_processor = id;
		return false;
	}
	return true;
}

/* Whoever wants Linux's numbers to be vCPU ids does not want other ones. */
static bool may_choose_hot_add(const struct options *o)
{
	return o->park == OPTIONS_PARK_AUTO && !o->keep_cpu_order;
}

/* @why: if nothing else speaks for it. */
static void choose_hot_add(struct decision *d, const struct decide_request *rq,
			   enum decide_hot_add why)
{
	const struct options *o = rq->options;

	if (o->park == OPTIONS_PARK_HOTPLUG)
		why = DECIDE_HOT_ADD_OPTION;
	else if (!may_choose_hot_add(o))
		why = DECIDE_MAXCPUS;
	else if (!rq->image->is_linux)
		why = DECIDE_HOT_ADD_LOADER;
	if (d->plan.status != PLAN_ON || (why && !can_hot_add(d, rq)))
		why = DECIDE_MAXCPUS;
	d->hot_add = why;
	d->base_first =
		d->plan.status == PLAN_ON && (why || !o->keep_cpu_order);
}

/* ---- Command line and CPU numbers --------------------------------------- */

/* @line: what Linux sees; @ours: its maxcpus= is the shim's. */
static void number_cpus(struct decision *d, struct text line, bool ours)
{
	struct linux_cpus *c = &d->cpus;

	if (d->hot_add == DECIDE_HOT_ADD_LOADER)
		line = TEXT("");
	linux_cpus_limit(c, line, ours);
	if (d->hot_add)
		linux_cpus_hot_add(c);
	memset(d->hot_added, 0, sizeof(d->hot_added));
	for (uint32_t i = c->nr_at_boot; i < c->nr; i++)
		d->hot_added[c->vcpu[i]] = true;
}

/* False if it is longer than Linux takes. */
static bool handover_line(struct decision *d, const struct decide_request *rq)
{
	bool words = d->plan.status == PLAN_ON && !d->hot_add;
	struct cmdline_request c = {
		.user = rq->user_line,
		.tail = rq->options->tail,
		.sidecar = words,
		.maxcpus = words && d->base_first,
		.max_len = rq->image->cmdline_max,
	};
	struct cmdline_result r;
	struct textbuf b;
	bool fits;

	linux_cpus_number(&d->cpus, &d->plan, d->base_first, rq->madt,
			  rq->nr_madt);
	c.nr_boot = d->cpus.nr_listed;
	c.boot_cpus = d->cpus.listed;
	textbuf_init(&b, d->line_buffer, sizeof(d->line_buffer));
	fits = cmdline_build(&c, &b, &r) && !b.full;
	d->line_needed = r.needed;
	d->line = (struct text){b.p, b.len};
	number_cpus(d, d->line, r.maxcpus);
	return fits;
}

static void drop_tail(struct decision *d, const struct decide_request *rq)
{
	struct textbuf b;

	d->tail_dropped = true;
	textbuf_init(&b, d->line_buffer, sizeof(d->line_buffer));
	textbuf_add(&b, rq->user_line);
	d->line = (struct text){b.p, b.len};
	linux_cpus_number(&d->cpus, &d->plan, d->base_first, rq->madt,
			  rq->nr_madt);
	number_cpus(d, d->line, false);
}

/*
 * The line is never cut: first our words go, and the sidecar with them unless
 * Linux can hot-add what is parked, then the tail.
 */
struct error handover_make(struct decision *d, const struct decide_request *rq)
{
	struct error e = handover_check_map(d, rq);

	choose_hot_add(d, rq, DECIDE_MAXCPUS);
	if (handover_line(d, rq) || e.code)
		return e;
	if (!d->hot_add) {
		choose_hot_add(d, rq, DECIDE_HOT_ADD_NO_ROOM);
		if (d->hot_add && handover_line(d, rq))
			return NO_ERROR;
	}
	if (d->plan.status == PLAN_ON && !d->hot_add) {
		plan_withdraw(&d->plan, rq->topology,
			      error_of(DECIDE_LONG_CMDLINE, ERROR_CHARACTERS,
				       d->line_needed));
		return handover_make(d, rq);
	}
	drop_tail(d, rq);
	return NO_ERROR;
}
