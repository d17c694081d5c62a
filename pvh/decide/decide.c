/* SPDX-License-Identifier: MIT */
/*
 * Settles where everything goes and what Linux is told. Pure.
 */
#include "decide.h"
#include "abi/bootparam.h"
#include "abi/layout.h"

#define LOW_START 0x1000ull  /* page 0 stays free: null pointers, BIOS data */
#define LOW_END	  0x9f000ull /* below an extended BIOS data area */

const char *decide_error_text(enum decide_error e)
{
	switch (e) {
	case DECIDE_OK:
		return "ok";
	case DECIDE_NO_KERNEL_ROOM:
		return "not enough free RAM for the kernel, bytes needed (want more memory= or a smaller initrd)";
	case DECIDE_NO_INITRD_ROOM:
		return "no free RAM to move the initrd to, bytes needed (want more memory= or a smaller initrd)";
	case DECIDE_NO_STAGING_ROOM:
		return "no free RAM to move the kernel file to, bytes needed (want more memory= or its bzImage)";
	case DECIDE_MAP_TOO_LARGE:
		return "more memory map entries than a PVH kernel takes (want its bzImage)";
	}
	return "unknown error";
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static struct range window(uint64_t start, uint64_t end)
{
	return (struct range){start, end};
}

/* ---- Where things go ---------------------------------------------------- */

static bool add(struct ranges *s, struct range r)
{
	return ranges_add(s, r.start, r.end - r.start);
}

static bool add_all(struct ranges *s, const struct ranges *more)
{
	for (uint32_t i = 0; i < more->nr; i++)
		if (!add(s, more->r[i]))
			return false;
	return true;
}

/* Once for each search, before it. */
static bool may_search(struct decision *d, const struct decide_request *rq)
{
	return ++d->nr_places != rq->no_place;
}

static bool find_low(struct decision *d, const struct decide_request *rq,
		     struct range where, uint64_t size, uint64_t align,
		     uint64_t *pa)
{
	return may_search(d, rq) &&
	       memmap_find_low(rq->map, &d->used, where, size, align, pa);
}

static bool is_free(struct decision *d, const struct decide_request *rq,
		    uint64_t start, uint64_t end)
{
	return may_search(d, rq) && memmap_is_ram(rq->map, start, end) &&
	       !ranges_hits(&d->used, start, end);
}

/* The kernel's own file and the tables may be overwritten by then. */
static bool kernel_at(struct decision *d, const struct decide_request *rq)
{
	const struct image *im = rq->image;
	uint64_t end = im->load_pa + im->load_size;

	d->kernel_pa = im->load_pa;
	if (is_free(d, rq, im->load_pa, end))
		return true;
	return im->relocatable &&
	       find_low(d, rq, window(im->load_pa, FOUR_GIB), im->load_size,
			im->align, &d->kernel_pa);
}

/* No byte of the initrd may be here or above. */
static uint64_t initrd_limit(const struct decide_request *rq)
{
	return rq->image->kind == IMAGE_BZIMAGE ? rq->image->initrd_max + 1
						: FOUR_GIB;
}

static bool initrd_too_high(const struct decide_request *rq)
{
	return rq->initrd.end > rq->initrd.start &&
	       rq->initrd.end > initrd_limit(rq);
}

/*
 * The new place may overlap the old one and the tables; what is written before
 * the initrd is moved must avoid them all.
 */
static bool place_initrd(struct decision *d, const struct decide_request *rq)
{
	uint64_t size = rq->initrd.end - rq->initrd.start;

	return find_low(d, rq, window(MIB, initrd_limit(rq)), size, PAGE_SIZE,
			&d->initrd_pa) &&
	       ranges_add(&d->used, d->initrd_pa, size) &&
	       add(&d->used, rq->initrd);
}

static enum decide_error place_kernel(struct decision *d,
				      const struct decide_request *rq,
				      uint64_t *bad)
{
	bool moves = initrd_too_high(rq);

	*bad = rq->image->load_size;
	d->used = *rq->used;
	d->initrd_pa = rq->initrd.start;
	if (!add(&d->used, rq->initrd))
		return DECIDE_NO_KERNEL_ROOM;
	if (!kernel_at(d, rq)) {
		d->used = *rq->used;
		if (!kernel_at(d, rq))
			return DECIDE_NO_KERNEL_ROOM;
		moves = true;
	}
	if (!ranges_add(&d->used, d->kernel_pa, rq->image->load_size) ||
	    !add(&d->used, rq->kernel_file))
		return DECIDE_NO_KERNEL_ROOM;
	*bad = rq->initrd.end - rq->initrd.start;
	if (moves && !place_initrd(d, rq))
		return DECIDE_NO_INITRD_ROOM;
	return add_all(&d->used, rq->tables) ? DECIDE_OK
					     : DECIDE_NO_KERNEL_ROOM;
}

/*
 * A bzImage's one piece may be moved over its own file; an ELF file's
 * segments go to several places and must not overwrite what is still to be
 * copied, so a file in the way is moved first.
 */
static enum decide_error place_file(struct decision *d,
				    const struct decide_request *rq,
				    uint64_t *bad)
{
	uint64_t size = rq->kernel_file.end - rq->kernel_file.start;

	d->file_pa = rq->kernel_file.start;
	*bad = size;
	if (rq->image->kind != IMAGE_ELF ||
	    !overlap(d->file_pa, size, d->kernel_pa, rq->image->load_size))
		return DECIDE_OK;
	if (!find_low(d, rq, window(MIB, FOUR_GIB), size, PAGE_SIZE,
		      &d->file_pa) ||
	    !ranges_add(&d->used, d->file_pa, size))
		return DECIDE_NO_STAGING_ROOM;
	return DECIDE_OK;
}

/* Neither is needed to boot Linux: without them there is no sidecar. */
static void place_kept(struct decision *d, const struct decide_request *rq)
{
	uint64_t low_size = (uint64_t)LAYOUT_LOW_PAGES * PAGE_SIZE;

	if (!may_search(d, rq) ||
	    !memmap_find_high(rq->map, &d->used, window(LOW_START, LOW_END),
			      low_size, PAGE_SIZE, &d->low_pa) ||
	    !ranges_add(&d->used, 0, MIB))
		d->low_pa = 0;
	if (!find_low(d, rq, window(MIB, FOUR_GIB), DECIDE_KEEP_BYTES,
		      PAGE_SIZE, &d->keep_pa) ||
	    !ranges_add(&d->used, d->keep_pa, DECIDE_KEEP_BYTES))
		d->keep_pa = 0;
}

/* ---- The plan ----------------------------------------------------------- */

static void find_free(struct decision *d, const struct decide_request *rq)
{
	const struct topology *t = rq->topology;

	for (uint32_t v = 0; v < TOPOLOGY_MAX_VNODES; v++)
		d->free[v] = window(0, 0);
	for (uint32_t i = 0; i < t->nr_ranges; i++) {
		struct range *best = &d->free[t->range[i].vnode];
		struct range r;

		if (!may_search(d, rq))
			continue;
		r = memmap_largest_free(
			rq->map, &d->used,
			window(t->range[i].start, t->range[i].end));
		if (r.end - r.start > best->end - best->start)
			*best = r;
	}
}

static uint64_t free_pages(const struct decision *d, uint32_t vnode)
{
	return (d->free[vnode].end - d->free[vnode].start) / PAGE_SIZE;
}

/* @pages * @part / @whole, rounded up, of numbers below 2^40; @part <= @whole.
 */
static uint64_t share(uint64_t pages, uint64_t part, uint64_t whole)
{
	uint64_t fraction = ((part << 20) + whole - 1) / whole;

	return (pages * fraction + (1u << 20) - 1) >> 20;
}

/* @bytes of the free memory, as much of each vnode's as of any other's. */
static void spread(const struct decision *d, uint64_t bytes, uint64_t *on_vnode)
{
	uint64_t all = 0, pages = bytes / PAGE_SIZE;

	for (uint32_t v = 0; v < TOPOLOGY_MAX_VNODES; v++)
		all += free_pages(d, v);
	if (pages > all)
		pages = all;
	for (uint32_t v = 0; v < TOPOLOGY_MAX_VNODES; v++)
		on_vnode[v] =
			pages ? share(pages, free_pages(d, v), all) * PAGE_SIZE
			      : 0;
}

/*
 * Kernel and initrd are there for sure: it is free memory that Linux gives back
 * to Xen. Meanwhile it must not come down to what it holds free for itself (5 %
 * of its memory where there are huge pages, and half of that again), and it has
 * tables for all that its map shows.
 */
static void find_owed(struct decision *d, const struct decide_request *rq)
{
	uint64_t keep = memmap_ram_bytes(rq->map) / DECIDE_KEEP_PART;

	spread(d, rq->owed_bytes, d->owed_bytes);
	spread(d, rq->owed_bytes ? keep : 0, d->keep_bytes);
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
		.free = d->free,
		.owed_bytes = d->owed_bytes,
		.keep_bytes = d->keep_bytes,
	};

	find_free(d, rq);
	find_owed(d, rq);
	plan_make(&d->plan, &p);
	if (!rq->acpi_ok)
		plan_turn_off(&d->plan, rq->topology, PLAN_OFF_ACPI, 0);
	if (d->plan.status == PLAN_ON && (!d->low_pa || !d->keep_pa))
		plan_turn_off(&d->plan, rq->topology, PLAN_OFF_MEMORY,
			      DECIDE_KEEP_BYTES);
}

/* ---- What Linux is told ------------------------------------------------- */

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
static enum decide_error finish(struct decision *d,
				const struct decide_request *rq, uint64_t *bad)
{
	enum decide_error e = check_map(d, rq, bad);
	struct textbuf b;

	linux_cpus_number(&d->cpus, &d->plan, reorders(d, rq), rq->madt,
			  rq->nr_madt);
	if (e || !make_line(d, rq))
		return e;
	if (d->plan.status == PLAN_ON)
		return decide_without(d, rq, PLAN_OFF_CMDLINE, d->line_needed,
				      bad);
	d->tail_dropped = true;
	textbuf_init(&b, d->line_buffer, sizeof(d->line_buffer));
	textbuf_add(&b, rq->user_line);
	d->line = (struct text){b.p, b.len};
	linux_cpus_limit(&d->cpus, d->line, false);
	return DECIDE_OK;
}

enum decide_error decide_without(struct decision *d,
				 const struct decide_request *rq,
				 enum plan_status why, uint64_t value,
				 uint64_t *bad)
{
	plan_turn_off(&d->plan, rq->topology, why, value);
	return finish(d, rq, bad);
}

enum decide_error decide(struct decision *d, const struct decide_request *rq,
			 uint64_t *bad)
{
	enum decide_error e;

	d->tail_dropped = false;
	d->nr_places = 0;
	e = place_kernel(d, rq, bad);
	if (!e)
		e = place_file(d, rq, bad);
	if (e)
		return e;
	place_kept(d, rq);
	make_plan(d, rq);
	return finish(d, rq, bad);
}
