/* SPDX-License-Identifier: MIT */
/*
 * pvh/decide/place.c: any kernel, file and initrd, in any map of up to NR
 * entries, beside the shim, NR_USED more used ranges and one of start_info. No
 * place is told from another by a number of them. A search gives what
 * tests/proof/free.c proves: any place that is free, or none.
 */
#define memmap_find_low	 real_find_low
#define memmap_find_high real_find_high
#include "map.h"
#include "pvh/decide/place.h"

#include "abi/layout.h"

#include "lib/memmap.c"
#undef memmap_find_low
#undef memmap_find_high

static struct range range_of(uint64_t start, uint64_t size)
{
	return (struct range){start, start + size};
}

static bool free_place(const struct memmap *m, const struct ranges *used,
		       struct range window, uint64_t size, uint64_t align,
		       uint64_t *start)
{
	uint64_t pa = nondet_u64();

	if (nondet_bool())
		return false;
	assume(!(pa & (align - 1)) && pa >= window.start && pa < window.end &&
	       size <= window.end - pa);
	assume(memmap_is_ram(m, pa, pa + size));
	assume(!ranges_overlap(used, pa, pa + size));
	*start = pa;
	return true;
}

bool memmap_find_low(const struct memmap *m, const struct ranges *used,
		     struct range window, uint64_t size, uint64_t align,
		     uint64_t *start)
{
	return free_place(m, used, window, size, align, start);
}

bool memmap_find_high(const struct memmap *m, const struct ranges *used,
		      struct range window, uint64_t size, uint64_t align,
		      uint64_t *start)
{
	return free_place(m, used, window, size, align, start);
}

static struct memmap map;
static struct ranges used, start_info;
static struct image image;
static struct decide_request rq;
static struct decision d;

#define NR_ALL (1 + NR_USED)

/* As ranges_add() has it. */
static struct range pages_of(struct range r)
{
	return (struct range){r.start & ~(uint64_t)(PAGE_SIZE - 1),
			      page_up(r.end)};
}

/* What is used, to the byte; @used and @start_info have the pages of it. */
static struct range in_use[NR_ALL], info;

static struct range any_range(void)
{
	struct range r;

	assume(r.start < r.end && r.end <= PA_END);
	return r;
}

static void any_used(void)
{
	for (uint32_t i = 0; i < NR_ALL; i++) {
		in_use[i] = any_range();
		used.r[i] = pages_of(in_use[i]);
	}
	used.nr = NR_ALL;
	info = any_range();
	start_info.r[0] = pages_of(info);
	start_info.nr = 1;
	/* the shim */
	assume(in_use[0].start % PAGE_SIZE == 0 &&
	       in_use[0].end - in_use[0].start > PAGE_SIZE);
	for (uint32_t i = 1; i < NR_ALL; i++)
		assume(!range_overlaps(in_use[0], in_use[i]));
}

static bool is_apart(struct range a)
{
	for (uint32_t i = 0; i < NR_ALL; i++)
		if (range_overlaps(a, in_use[i]))
			return false;
	return true;
}

static bool are_apart(struct range a, struct range b)
{
	return a.start == a.end || b.start == b.end || !range_overlaps(a, b);
}

/* What start_info.c and image.c have checked before. */
static void any_request(void)
{
	struct range file, initrd;
	struct image any;

	any_map(&map, NR);
	any_used();
	image = any;
	assume(image.kind == IMAGE_ELF || image.kind == IMAGE_BZIMAGE);
	assume(image.load_size && image.load_size <= FOUR_GIB &&
	       image.load_pa <= FOUR_GIB - image.load_size);
	assume(image.align == PAGE_SIZE || image.align == 512 * PAGE_SIZE);
	assume(image.initrd_max < FOUR_GIB || image.initrd_max == PA_END - 1);
	assume(image.kind == IMAGE_BZIMAGE || !image.relocatable);
	assume(file.start < file.end && is_apart(file) &&
	       memmap_is_ram(&map, file.start, file.end));
	assume(initrd.start == initrd.end ||
	       (is_apart(initrd) && !range_overlaps(file, initrd) &&
		memmap_is_ram(&map, initrd.start, initrd.end)));
	assume(initrd.end <= PA_END);
	rq.map = &map;
	rq.used = &used;
	rq.start_info = &start_info;
	rq.image = &image;
	rq.shim = in_use[0];
	rq.kernel_file = file;
	rq.initrd = initrd;
}

void proof_place_linux(void)
{
	struct range kernel, initrd, file;
	bool has_initrd, over_shim, stays;

	any_request();
	if (place_linux(&d, &rq).code)
		return;
	kernel = range_of(d.kernel_pa, image.load_size);
	initrd = range_of(d.initrd_pa, rq.initrd.end - rq.initrd.start);
	file = range_of(d.file_pa, rq.kernel_file.end - rq.kernel_file.start);
	has_initrd = initrd.start < initrd.end;
	over_shim = range_overlaps(kernel, rq.shim);
	stays = d.initrd_pa == rq.initrd.start;

	prove(memmap_is_ram(&map, kernel.start, kernel.end));
	prove(d.kernel_pa == image.load_pa ||
	      (image.relocatable && d.kernel_pa % image.align == 0));
	for (uint32_t i = 1; i < NR_ALL; i++)
		prove(!range_overlaps(kernel, in_use[i]));
	prove(!over_shim || image.kind == IMAGE_ELF);

	/* the initrd: where Linux can have it, beside the kernel */
	if (has_initrd) {
		prove(memmap_is_ram(&map, initrd.start, initrd.end));
		prove(is_apart(initrd) && are_apart(initrd, kernel));
		prove(initrd.start % PAGE_SIZE == 0);
		prove(initrd.end <= (image.kind == IMAGE_BZIMAGE
					     ? image.initrd_max + 1
					     : FOUR_GIB));
	}
	/* moved before the kernel is copied, or not in its way */
	prove(stays || d.initrd_last || are_apart(initrd, rq.kernel_file));
	prove(!(stays || d.initrd_last) || are_apart(kernel, rq.initrd));

	/* an ELF file is not where its segments go, wherever it is by then */
	prove(image.kind != IMAGE_ELF || are_apart(file, kernel));
	prove(image.kind == IMAGE_ELF || d.file_pa == rq.kernel_file.start);
	prove(are_apart(file, rq.initrd));
	prove(are_apart(file, initrd) || d.initrd_last);
	prove(is_apart(file));
	prove(!over_shim || (file.end <= FOUR_GIB && d.leave_pa));
	if (d.leave_pa) {
		struct range leave = range_of(d.leave_pa, DECIDE_LEAVE_BYTES);

		prove(is_apart(leave) && are_apart(leave, kernel) &&
		      are_apart(leave, initrd) && are_apart(leave, file));
		prove(are_apart(leave, rq.initrd));
		prove(are_apart(leave, info));
		prove(memmap_is_ram(&map, leave.start, leave.end));
	}
}

/* Beside what place_linux() has put into d.used. */
void proof_place_kept(void)
{
	uint64_t low_size = (uint64_t)LAYOUT_LOW_PAGES * PAGE_SIZE;
	struct range low, kept;
	struct ranges before;

	any_map(&map, NR);
	rq.map = &map;
	assume(before.nr == 3);
	for (uint32_t i = 0; i < before.nr; i++)
		before.r[i] = pages_of(any_range());
	d.used = before;
	place_kept(&d, &rq);
	low = range_of(d.low_pa, d.low_pa ? low_size : 0);
	kept = range_of(d.kept_pa, d.kept_pa ? DECIDE_KEPT_BYTES : 0);
	prove(low.start % PAGE_SIZE == 0 && kept.start % PAGE_SIZE == 0);
	prove(low.end < MIB && kept.end <= FOUR_GIB);
	prove(!d.low_pa || memmap_is_ram(&map, low.start, low.end));
	prove(!d.kept_pa ||
	      (kept.start >= MIB && memmap_is_ram(&map, kept.start, kept.end)));
	for (uint32_t i = 0; i < before.nr; i++)
		prove(are_apart(low, before.r[i]) &&
		      are_apart(kept, before.r[i]));
	prove(!d.page_0_is_free || (memmap_is_ram(&map, 0, PAGE_SIZE) &&
				    !ranges_overlap(&before, 0, PAGE_SIZE)));
	/* what is found free later has neither */
	prove(!d.low_pa || ranges_overlap(&d.used, low.start, low.end));
	prove(!d.kept_pa || ranges_overlap(&d.used, kept.start, kept.end));
}
