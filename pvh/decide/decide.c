/* SPDX-License-Identifier: MIT */
/*
 * Decides in this order: places of kernel, initrd and what is kept; the plan,
 * in the memory that is then free; what Linux is told. Pure.
 */
#include "decide.h"

#include "handover.h"
#include "place.h"

static uint64_t free_pages(const struct decision *d, uint32_t vnode)
{
	return (d->free[vnode].end - d->free[vnode].start) / PAGE_SIZE;
}

/* @pages * @part / @whole, rounded up, of numbers below 2^40; @part <= @whole.
 */
static uint64_t pages_share(uint64_t pages, uint64_t part, uint64_t whole)
{
	uint64_t fraction = ((part << 20) + whole - 1) / whole;

	return (pages * fraction + (1u << 20) - 1) >> 20;
}

/* Spreads @bytes over the vnodes in proportion to their free memory. */
static void spread_over_vnodes(const struct decision *d, uint64_t bytes,
			       uint64_t *on_vnode)
{
	uint64_t all = 0, pages = bytes / PAGE_SIZE;

	for (uint32_t v = 0; v < TOPOLOGY_MAX_VNODES; v++)
		all += free_pages(d, v);
	if (pages > all)
		pages = all;
	for (uint32_t v = 0; v < TOPOLOGY_MAX_VNODES; v++)
		on_vnode[v] =
			pages ? pages_share(pages, free_pages(d, v), all) *
					PAGE_SIZE
			      : 0;
}

/*
 * Linux returns free memory to Xen, never kernel or initrd. Until it has, its
 * free memory must stay above its own reserve (5 % of its memory where there
 * are huge pages, and half of that again), and it needs tables for everything
 * that its map shows.
 */
static void find_owed(struct decision *d, const struct decide_request *rq)
{
	uint64_t reserved = memmap_ram_bytes(rq->map) / DECIDE_RESERVED_PART;

	spread_over_vnodes(d, rq->owed_bytes, d->owed_bytes);
	spread_over_vnodes(d, rq->owed_bytes ? reserved : 0, d->reserved_bytes);
}

static void make_plan(struct decision *d, const struct decide_request *rq)
{
	struct plan_request p = {
		.topology = rq->topology,
		.linux_vcpu = rq->options->linux_vcpu,
		.enabled = rq->options->sidecar,
		.x2apic = rq->x2apic,
		.nx = rq->nx,
		.node_max = rq->options->node_max,
		.node_pages = rq->node_pages,
		.vcpu_pages = rq->vcpu_pages,
		.scratch_bytes = rq->options->scratch_bytes,
		.shared_bytes = rq->options->shared_bytes,
		.free = d->free,
		.owed_bytes = d->owed_bytes,
		.reserved_bytes = d->reserved_bytes,
	};

	place_find_free(d, rq);
	find_owed(d, rq);
	plan_make(&d->plan, &p);
	if (!rq->acpi_ok)
		plan_withdraw(&d->plan, rq->topology,
			      error_plain(DECIDE_NO_ACPI));
	if (d->plan.status == PLAN_ON && (!d->low_pa || !d->kept_pa))
		plan_withdraw(&d->plan, rq->topology,
			      error_of(DECIDE_NO_KEPT_ROOM, ERROR_BYTES,
				       DECIDE_KEPT_BYTES));
}

struct error decide_without(struct decision *d, const struct decide_request *rq,
			    struct error why)
{
	plan_withdraw(&d->plan, rq->topology, why);
	return handover_make(d, rq);
}

struct error decide_without_kept(struct decision *d,
				 const struct decide_request *rq,
				 struct error why)
{
	d->kept_pa = 0;
	if (d->plan.status == PLAN_ON)
		return decide_without(d, rq, why);
	return handover_make(d, rq);
}

struct error decide(struct decision *d, const struct decide_request *rq)
{
	struct error e;

	d->tail_dropped = false;
	d->missing_processor = DECIDE_HAS_PROCESSORS;
	e = place_linux(d, rq);
	if (e.code)
		return e;
	place_kept(d, rq);
	make_plan(d, rq);
	return handover_make(d, rq);
}
