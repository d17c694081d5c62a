/* SPDX-License-Identifier: MIT */
/* What goes where in memory: kernel, initrd, kernel file and kept memory. Pure.
 */
#include "place.h"

#include "abi/layout.h"

#define LOW_START 0x1000ull  /* page 0 stays free: null pointers, BIOS data */
#define LOW_END	  0x9f000ull /* below an extended BIOS data area */

static struct range range_between(uint64_t start, uint64_t end)
{
	return (struct range){start, end};
}

static bool used_add(struct ranges *s, struct range r)
{
	return ranges_add(s, r.start, r.end - r.start);
}

static bool used_add_all(struct ranges *s, const struct ranges *more)
{
	for (uint32_t i = 0; i < more->nr; i++)
		if (!used_add(s, more->r[i]))
			return false;
	return true;
}

static bool place_find_low(struct decision *d, const struct decide_request *rq,
			   struct range where, uint64_t size, uint64_t align,
			   uint64_t *pa)
{
	return memmap_find_low(rq->map, &d->used, where, size, align, pa);
}

static struct range place_of_image(const struct image *im)
{
	return range_between(im->load_pa, im->load_pa + im->load_size);
}

/* An ELF kernel is copied from outside of the shim, when that is left. */
static bool place_over_shim(const struct decision *d,
			    const struct decide_request *rq)
{
	struct range r = place_of_image(rq->image);

	return rq->image->kind == IMAGE_ELF && d->kernel_pa == r.start &&
	       range_overlaps(r, rq->shim);
}

static void used_without_shim(struct ranges *s, const struct decide_request *rq)
{
	uint64_t end = page_up(rq->shim.end); /* as ranges_add() has it */
	uint32_t nr = 0;

	for (uint32_t i = 0; i < s->nr; i++)
		if (s->r[i].start != rq->shim.start || s->r[i].end != end)
			s->r[nr++] = s->r[i];
	s->nr = nr;
}

/* It may overwrite its own file and start_info: both are read by then. */
static bool place_kernel_at(struct decision *d, const struct decide_request *rq)
{
	const struct image *im = rq->image;
	struct range r = place_of_image(im);
	struct ranges used = d->used;

	d->kernel_pa = im->load_pa;
	if (place_over_shim(d, rq))
		used_without_shim(&used, rq);
	if (memmap_is_ram(rq->map, r.start, r.end) &&
	    !ranges_overlap(&used, r.start, r.end))
		return true;
	return im->relocatable &&
	       place_find_low(d, rq, range_between(im->load_pa, FOUR_GIB),
			      im->load_size, im->align, &d->kernel_pa);
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

	return place_find_low(d, rq, range_between(MIB, initrd_limit(rq)), size,
			      PAGE_SIZE, &d->initrd_pa) &&
	       ranges_add(&d->used, d->initrd_pa, size) &&
	       used_add(&d->used, rq->initrd);
}

/*
 * Linux gives an initrd's pages back and warns of one that starts inside a
 * page, as in a unified kernel image. Moved down to the start of that page,
 * which is in d->used with it, it needs no other place. The end of the kernel
 * file may be there: so the kernel is copied first, which is not where the
 * initrd is.
 */
static bool place_initrd_down(struct decision *d,
			      const struct decide_request *rq)
{
	uint64_t start = rq->initrd.start & ~(uint64_t)(PAGE_SIZE - 1);

	if (!memmap_is_ram(rq->map, start, rq->initrd.start) ||
	    ranges_overlap(rq->used, start, rq->initrd.start))
		return false;
	d->initrd_pa = start;
	d->initrd_last = true;
	return true;
}

/* Why place_kernel_at() found none. */
static struct error place_error(const struct decide_request *rq)
{
	const struct image *im = rq->image;
	struct range r = place_of_image(im);

	if (im->relocatable)
		return error_number(DECIDE_NO_KERNEL_ROOM, im->load_size);
	if (!memmap_is_ram(rq->map, r.start, r.end))
		return error_hex(DECIDE_KERNEL_NOT_RAM, r.start);
	return error_hex(DECIDE_KERNEL_ON_TABLES, r.start);
}

static struct error place_kernel(struct decision *d,
				 const struct decide_request *rq)
{
	const struct error no_room =
		error_number(DECIDE_NO_KERNEL_ROOM, rq->image->load_size);
	uint64_t initrd_size = rq->initrd.end - rq->initrd.start;
	bool moves = initrd_too_high(rq);

	d->used = *rq->used;
	d->initrd_pa = rq->initrd.start;
	d->initrd_last = false;
	if (!used_add(&d->used, rq->initrd))
		return no_room;
	if (!place_kernel_at(d, rq)) {
		d->used = *rq->used;
		if (!place_kernel_at(d, rq))
			return place_error(rq);
		moves = true;
	}
	if (!ranges_add(&d->used, d->kernel_pa, rq->image->load_size))
		return no_room;
	if (!moves && rq->initrd.start % PAGE_SIZE)
		moves = place_over_shim(d, rq) || !place_initrd_down(d, rq);
	if (!used_add(&d->used, rq->kernel_file))
		return no_room;
	if (moves && !place_initrd(d, rq))
		return error_number(DECIDE_NO_INITRD_ROOM, initrd_size);
	return used_add_all(&d->used, rq->start_info) ? NO_ERROR : no_room;
}

/* What copies a kernel over the shim has 32-bit addresses. */
static bool file_too_high(const struct decision *d,
			  const struct decide_request *rq)
{
	return place_over_shim(d, rq) && rq->kernel_file.end > FOUR_GIB;
}

/*
 * A bzImage is copied in one piece and may overwrite its own file. An ELF
 * file's segments go to several places and must not overwrite bytes that are
 * still to be copied, so a file in the way is moved first.
 */
static struct error place_file(struct decision *d,
			       const struct decide_request *rq)
{
	uint64_t size = rq->kernel_file.end - rq->kernel_file.start;
	struct range kernel = range_between(
		d->kernel_pa, d->kernel_pa + rq->image->load_size);

	d->file_pa = rq->kernel_file.start;
	if (rq->image->kind != IMAGE_ELF ||
	    (!range_overlaps(rq->kernel_file, kernel) && !file_too_high(d, rq)))
		return NO_ERROR;
	if (!place_find_low(d, rq, range_between(MIB, FOUR_GIB), size,
			    PAGE_SIZE, &d->file_pa) ||
	    !ranges_add(&d->used, d->file_pa, size))
		return error_number(DECIDE_NO_STAGING_ROOM, size);
	return NO_ERROR;
}

/* RAM that no file lies in; the map is sorted. */
static bool page_0_is_free(const struct memmap *m, const struct ranges *used)
{
	return m->nr && m->e[0].type == MEMMAP_RAM && !m->e[0].start &&
	       m->e[0].end >= PAGE_SIZE && !ranges_overlap(used, 0, PAGE_SIZE);
}

/* Linux boots without both, but then there is no sidecar. */
void place_kept(struct decision *d, const struct decide_request *rq)
{
	uint64_t low_size = (uint64_t)LAYOUT_LOW_PAGES * PAGE_SIZE;

	d->page_0_is_free = page_0_is_free(rq->map, &d->used);
	if (!memmap_find_high(rq->map, &d->used,
			      range_between(LOW_START, LOW_END), low_size,
			      PAGE_SIZE, &d->low_pa) ||
	    !ranges_add(&d->used, 0, MIB))
		d->low_pa = 0;
	if (!place_find_low(d, rq, range_between(MIB, FOUR_GIB),
			    DECIDE_KEPT_BYTES, PAGE_SIZE, &d->kept_pa) ||
	    !ranges_add(&d->used, d->kept_pa, DECIDE_KEPT_BYTES))
		d->kept_pa = 0;
}

static struct error place_leave(struct decision *d,
				const struct decide_request *rq)
{
	d->leave_pa = 0;
	if (!place_over_shim(d, rq))
		return NO_ERROR;
	if (!place_find_low(d, rq, range_between(MIB, FOUR_GIB),
			    DECIDE_LEAVE_BYTES, PAGE_SIZE, &d->leave_pa) ||
	    !ranges_add(&d->used, d->leave_pa, DECIDE_LEAVE_BYTES))
		return error_number(DECIDE_NO_LEAVE_ROOM, DECIDE_LEAVE_BYTES);
	return NO_ERROR;
}

struct error place_linux(struct decision *d, const struct decide_request *rq)
{
	struct error e = place_kernel(d, rq);

	if (!e.code)
		e = place_file(d, rq);
	return e.code ? e : place_leave(d, rq);
}

void place_find_free(struct decision *d, const struct decide_request *rq)
{
	const struct topology *t = rq->topology;

	for (uint32_t v = 0; v < TOPOLOGY_MAX_VNODES; v++)
		d->free[v] = range_between(0, 0);
	for (uint32_t i = 0; i < t->nr_ranges; i++) {
		struct range *best = &d->free[t->range[i].vnode];
		struct range r;

		r = memmap_largest_free(
			rq->map, &d->used,
			range_between(t->range[i].start, t->range[i].end));
		if (r.end - r.start > best->end - best->start)
			*best = r;
	}
}
