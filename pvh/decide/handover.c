/* SPDX-License-Identifier: MIT */
/* What Linux is told: its memory map, its CPUs and its command line. Pure. */
#include "handover.h"

#include "abi/bootparam.h"
#include "abi/layout.h"

static enum memmap_error make_map(struct decision *d,
				  const struct decide_request *rq)
{
	struct memmap *m = &d->linux_map;
	enum memmap_error e = MEMMAP_OK;

	*m = *rq->map;
	if (d->keep_pa) {
		uint64_t log_pa = d->keep_pa + DECIDE_ACPI_BYTES;

		e = memmap_set(m, d->keep_pa, log_pa, MEMMAP_ACPI);
		if (!e)
			e = memmap_set(m, log_pa, log_pa + DECIDE_LOG_BYTES,
				       MEMMAP_RESERVED);
	}
	if (!e && d->plan.nr_nodes)
		e = memmap_set(m, d->low_pa,
			       d->low_pa + LAYOUT_LOW_PAGES * PAGE_SIZE,
			       MEMMAP_RESERVED);
	for (uint32_t i = 0; !e && i < d->plan.nr_nodes; i++) {
		const struct range *c = &d->plan.node[i].carve;

		if (c->end > c->start)
			e = memmap_set(m, c->start, c->end, MEMMAP_RESERVED);
	}
	return e;
}

/* A bzImage takes more ranges than one page has: SETUP_E820_EXT. */
static enum decide_error check_map(struct decision *d,
				   const struct decide_request *rq,
				   uint64_t *bad)
{
	bool elf = rq->image->kind == IMAGE_ELF;
	enum memmap_error e = make_map(d, rq);

	*bad = d->linux_map.nr;
	if (!e && (!elf || d->linux_map.nr <= E820_MAX_ENTRIES_ZEROPAGE))
		return DECIDE_OK;
	if (d->plan.status == PLAN_ON)
		plan_turn_off(&d->plan, rq->topology, PLAN_OFF_MEMMAP,
			      d->linux_map.nr);
	/* even our tables may be what is too much */
	if (make_map(d, rq) ||
	    (elf && d->linux_map.nr > E820_MAX_ENTRIES_ZEROPAGE)) {
		d->keep_pa = 0;
		d->linux_map = *rq->map;
		*bad = d->linux_map.nr;
		if (elf && d->linux_map.nr > E820_MAX_ENTRIES_ZEROPAGE)
			return DECIDE_MAP_TOO_LARGE;
	}
	return DECIDE_OK;
}

static bool reorders(const struct decision *d, const struct decide_request *rq)
{
	return d->plan.status == PLAN_ON && !rq->options->keep_cpu_order;
}

static enum cmdline_error make_line(struct decision *d,
				    const struct decide_request *rq)
{
	struct cmdline_request c = {
		.user = rq->user_line,
		.tail = rq->options->tail,
		.sidecar = d->plan.status == PLAN_ON,
		.maxcpus = reorders(d, rq),
		.nr_boot = d->cpus.nr_listed,
		.boot_cpus = d->cpus.listed,
		.max_len = rq->image->cmdline_max,
	};
	struct cmdline_result r;
	struct textbuf b;
	enum cmdline_error e;

	textbuf_init(&b, d->line_buffer, sizeof(d->line_buffer));
	e = cmdline_build(&c, &b, &r);
	d->line_needed = r.needed;
	if (!e && b.full)
		e = CMDLINE_TOO_LONG;
	d->line = (struct text){b.p, b.len};
	linux_cpus_limit(&d->cpus, d->line, r.maxcpus);
	return e;
}

/* Never cut short: rather without the sidecar, then without the tail. */
enum decide_error handover_make(struct decision *d,
				const struct decide_request *rq, uint64_t *bad)
{
	enum decide_error e = check_map(d, rq, bad);
	struct textbuf b;

	linux_cpus_number(&d->cpus, &d->plan, reorders(d, rq), rq->madt,
			  rq->nr_madt);
	if (e || !make_line(d, rq))
		return e;
	if (d->plan.status == PLAN_ON) {
		plan_turn_off(&d->plan, rq->topology, PLAN_OFF_CMDLINE,
			      d->line_needed);
		return handover_make(d, rq, bad);
	}
	d->tail_dropped = true;
	textbuf_init(&b, d->line_buffer, sizeof(d->line_buffer));
	textbuf_add(&b, rq->user_line);
	d->line = (struct text){b.p, b.len};
	linux_cpus_limit(&d->cpus, d->line, false);
	return DECIDE_OK;
}
