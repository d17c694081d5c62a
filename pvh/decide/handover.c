/* SPDX-License-Identifier: MIT */
/* What Linux is told: its memory map, its CPUs and its command line. Pure. */
#include "handover.h"

#include "abi/bootparam.h"
#include "abi/layout.h"

static struct error handover_map(struct decision *d,
				 const struct decide_request *rq)
{
	struct memmap *m = &d->linux_map;
	struct error e = NO_ERROR;

	*m = *rq->map;
	if (d->keep_pa) {
		uint64_t log_pa = d->keep_pa + DECIDE_ACPI_BYTES;

		e = memmap_set(m, d->keep_pa, log_pa, MEMMAP_ACPI);
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
		d->keep_pa = 0;
		d->linux_map = *rq->map;
		if (elf && d->linux_map.nr > E820_MAX_ENTRIES_ZEROPAGE)
			return error_number(DECIDE_MAP_TOO_LARGE,
					    d->linux_map.nr);
	}
	return NO_ERROR;
}

static bool reorders_madt(const struct decision *d,
			  const struct decide_request *rq)
{
	return d->plan.status == PLAN_ON && !rq->options->keep_cpu_order;
}

/* False if it is longer than Linux takes. */
static bool handover_line(struct decision *d, const struct decide_request *rq)
{
	struct cmdline_request c = {
		.user = rq->user_line,
		.tail = rq->options->tail,
		.sidecar = d->plan.status == PLAN_ON,
		.maxcpus = reorders_madt(d, rq),
		.nr_boot = d->cpus.nr_listed,
		.boot_cpus = d->cpus.listed,
		.max_len = rq->image->cmdline_max,
	};
	struct cmdline_result r;
	struct textbuf b;
	bool fits;

	textbuf_init(&b, d->line_buffer, sizeof(d->line_buffer));
	fits = cmdline_build(&c, &b, &r) && !b.full;
	d->line_needed = r.needed;
	d->line = (struct text){b.p, b.len};
	linux_cpus_limit(&d->cpus, d->line, r.maxcpus);
	return fits;
}

/* The line is never cut: first the sidecar goes, then the tail. */
struct error handover_make(struct decision *d, const struct decide_request *rq)
{
	struct error e = handover_check_map(d, rq);
	struct textbuf b;

	linux_cpus_number(&d->cpus, &d->plan, reorders_madt(d, rq), rq->madt,
			  rq->nr_madt);
	if (e.code || handover_line(d, rq))
		return e;
	if (d->plan.status == PLAN_ON) {
		plan_withdraw(&d->plan, rq->topology,
			      error_of(DECIDE_LONG_CMDLINE, ERROR_CHARACTERS,
				       d->line_needed));
		return handover_make(d, rq);
	}
	d->tail_dropped = true;
	textbuf_init(&b, d->line_buffer, sizeof(d->line_buffer));
	textbuf_add(&b, rq->user_line);
	d->line = (struct text){b.p, b.len};
	linux_cpus_limit(&d->cpus, d->line, false);
	return NO_ERROR;
}
