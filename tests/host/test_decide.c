/* SPDX-License-Identifier: MIT */
/*
 * Where kernel, initrd and kept memory go, and what turns the sidecar off,
 * on a guest of two vnodes with four vCPUs each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "error_value.h"
#include "abi/layout.h"
#include "dsdt_file.h"
#include "pvh/decide/decide.h"

#define RAM	    (512 * MIB)
#define NR_VCPUS    8
#define NODE_PAGES  9
#define NODE_BYTES  ((NODE_PAGES + 3 * LAYOUT_VCPU_PAGES) * PAGE_SIZE)
#define KERNEL_SIZE (64 * MIB)

static struct {
	struct memmap map;
	struct ranges used, start_info;
	struct topology topology;
	struct options options;
	struct image image;
	struct decide_request rq;
	struct decision d;
	char line[70000];
	uint64_t bad;
} g;

/*
 * Each search for memory is counted, and fails if it is told to: what decide()
 * calls are these functions (ld --wrap).
 */
static uint32_t nr_places, no_place;

#define WRAP(type, name, ...)            \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

static bool may_search(void)
{
	return ++nr_places != no_place;
}

WRAP(bool, memmap_is_ram, const struct memmap *m, uint64_t start, uint64_t end)
{
	return may_search() && __real_memmap_is_ram(m, start, end);
}

WRAP(bool, memmap_find_low, const struct memmap *m, const struct ranges *used,
     struct range window, uint64_t size, uint64_t align, uint64_t *start)
{
	return may_search() &&
	       __real_memmap_find_low(m, used, window, size, align, start);
}

WRAP(bool, memmap_find_high, const struct memmap *m, const struct ranges *used,
     struct range window, uint64_t size, uint64_t align, uint64_t *start)
{
	return may_search() &&
	       __real_memmap_find_high(m, used, window, size, align, start);
}

WRAP(struct range, memmap_largest_free, const struct memmap *m,
     const struct ranges *used, struct range window)
{
	return may_search() ? __real_memmap_largest_free(m, used, window)
			    : (struct range){0, 0};
}

static void user_line(size_t length)
{
	memset(g.line, 'u', length);
	g.line[length] = 0;
	g.rq.user_line = (struct text){g.line, length};
}

static int setup(void **state)
{
	(void)state;
	memset(&g, 0, sizeof(g));
	memmap_add(&g.map, 0, RAM, MEMMAP_RAM);
	ranges_add(&g.used, MIB, MIB);
	ranges_add(&g.start_info, 12 * MIB, PAGE_SIZE);
	g.topology.nr_vcpus = NR_VCPUS;
	for (uint32_t i = 0; i < NR_VCPUS; i++)
		g.topology.vcpu[i] =
			(struct topology_vcpu){2 * i, i / 4, true, true};
	g.topology.nr_vnodes = 2;
	g.topology.nr_ranges = 2;
	g.topology.range[0] = (struct topology_range){0, RAM / 2, 0};
	g.topology.range[1] = (struct topology_range){RAM / 2, RAM, 1};
	options_parse(&g.options, TEXT(""));
	g.image.kind = IMAGE_BZIMAGE;
	g.image.is_linux = true;
	g.image.load_pa = 16 * MIB;
	g.image.load_size = KERNEL_SIZE;
	g.image.align = 2 * MIB;
	g.image.relocatable = true;
	g.image.cmdline_max = 2047;
	g.image.initrd_max = 0x7fffffff;
	g.rq = (struct decide_request){
		.map = &g.map,
		.used = &g.used,
		.start_info = &g.start_info,
		.topology = &g.topology,
		.options = &g.options,
		.image = &g.image,
		.kernel_file = {2 * MIB, 10 * MIB},
		.initrd = {10 * MIB, 12 * MIB},
		.acpi_ok = true,
		.x2apic = true,
		.nx = true,
		.node_pages = NODE_PAGES,
		.vcpu_pages = LAYOUT_VCPU_PAGES,
	};
	no_place = 0;
	user_line(10);
	return 0;
}

static void decided(enum error_code want)
{
	nr_places = 0;
	assert_int_equal(error_split(decide(&g.d, &g.rq), &g.bad), want);
}

static void withdrawn(enum error_code why)
{
	assert_int_equal(g.d.plan.status, PLAN_WITHDRAWN);
	assert_int_equal(g.d.plan.withdrawn.code, why);
}

static uint32_t type_at(uint64_t pa)
{
	for (uint32_t i = 0; i < g.d.linux_map.nr; i++)
		if (g.d.linux_map.e[i].start <= pa &&
		    pa < g.d.linux_map.e[i].end)
			return g.d.linux_map.e[i].type;
	return 0;
}

static void usual(void **state)
{
	(void)state;
	decided(ERROR_NONE);
	assert_int_equal(g.d.kernel_pa, 16 * MIB);
	assert_int_equal(g.d.initrd_pa, 10 * MIB);
	assert_int_equal(g.d.file_pa, 2 * MIB);
	assert_int_equal(g.d.low_pa, 0x9b000);
	assert_int_equal(g.d.kept_pa, 12 * MIB + PAGE_SIZE);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	assert_int_equal(g.d.plan.node[0].carve.end, RAM / 2);
	assert_int_equal(g.d.plan.node[1].carve.end, RAM);
	assert_int_equal(type_at(g.d.low_pa), MEMMAP_RESERVED);
	assert_int_equal(type_at(g.d.kept_pa), MEMMAP_ACPI);
	assert_int_equal(type_at(g.d.kept_pa + DECIDE_ACPI_BYTES),
			 MEMMAP_RESERVED);
	assert_int_equal(type_at(g.d.plan.node[0].carve.start),
			 MEMMAP_RESERVED);
	assert_int_equal(type_at(g.d.plan.node[0].carve.start - 1), MEMMAP_RAM);
	assert_string_equal(g.d.line.p, "uuuuuuuuuu maxcpus=2 boot_cpus=0,1");
}

static void kernel_goes_above_the_initrd(void **state)
{
	(void)state;
	g.rq.initrd.end = 17 * MIB;
	decided(ERROR_NONE);
	assert_int_equal(g.d.kernel_pa, 18 * MIB);
	assert_int_equal(g.d.initrd_pa, 10 * MIB);
}

static void initrd_moves_out_of_the_way(void **state)
{
	(void)state;
	g.rq.initrd.end = 17 * MIB;
	g.image.relocatable = false;
	decided(ERROR_NONE);
	assert_int_equal(g.d.kernel_pa, 16 * MIB);
	/* not onto the file that is still to be copied, nor the kernel */
	assert_int_equal(g.d.initrd_pa, 80 * MIB);
}

/*
 * It starts in the middle of a page, where the kernel file ends: a unified
 * kernel image.
 */
static void initrd_goes_to_its_page(void **state)
{
	(void)state;
	g.rq.kernel_file.end = 10 * MIB + 0x19c0;
	g.rq.initrd = (struct range){10 * MIB + 0x1a00, 12 * MIB - 0x600};
	decided(ERROR_NONE);
	assert_int_equal(g.d.initrd_pa, 10 * MIB + 0x1000);
	assert_true(g.d.initrd_last);
	/* the kernel is copied before: not over any of it */
	g.rq.initrd.end = 17 * MIB;
	decided(ERROR_NONE);
	assert_int_equal(g.d.initrd_pa, 10 * MIB + 0x1000);
	assert_int_equal(g.d.kernel_pa, 18 * MIB);
	g.image.relocatable = false;
	decided(ERROR_NONE);
	assert_int_equal(g.d.kernel_pa, 16 * MIB);
	assert_int_equal(g.d.initrd_pa, 80 * MIB);
	assert_false(g.d.initrd_last);
}

/* What stands before it in its page has to stay there. */
static void initrd_leaves_its_page(void **state)
{
	(void)state;
	ranges_add(&g.used, 10 * MIB + 0x1000, 0x100);
	g.rq.initrd = (struct range){10 * MIB + 0x1100, 12 * MIB};
	decided(ERROR_NONE);
	assert_int_equal(g.d.initrd_pa, 12 * MIB);
	assert_false(g.d.initrd_last);
	g.rq.initrd.end = g.rq.initrd.start + RAM - 80 * MIB;
	decided(DECIDE_NO_INITRD_ROOM);
}

static void initrd_too_high_moves_down(void **state)
{
	(void)state;
	g.rq.initrd = (struct range){400 * MIB, 401 * MIB};
	g.image.initrd_max = 300 * MIB;
	decided(ERROR_NONE);
	assert_true(g.d.initrd_pa < 300 * MIB);
	g.image.initrd_max = 11 * MIB;
	g.used.nr = 0;
	ranges_add(&g.used, MIB, 15 * MIB);
	decided(DECIDE_NO_INITRD_ROOM);
	assert_int_equal(g.bad, MIB);
}

static void kernel_overwrites_its_file_and_the_tables(void **state)
{
	(void)state;
	g.rq.kernel_file = (struct range){14 * MIB, 22 * MIB};
	ranges_add(&g.start_info, 20 * MIB, PAGE_SIZE);
	decided(ERROR_NONE);
	assert_int_equal(g.d.kernel_pa, 16 * MIB);
	assert_int_equal(g.d.file_pa, 14 * MIB);
}

static void elf_file_in_the_way_is_moved(void **state)
{
	(void)state;
	g.image.kind = IMAGE_ELF;
	g.image.relocatable = false;
	g.rq.kernel_file = (struct range){2 * MIB, 62 * MIB};
	g.rq.initrd = (struct range){62 * MIB, 64 * MIB};
	decided(ERROR_NONE);
	assert_int_equal(g.d.initrd_pa, 80 * MIB);
	assert_int_equal(g.d.file_pa, 82 * MIB);
	g.rq.kernel_file.end = 480 * MIB;
	g.rq.initrd = (struct range){0, 0};
	decided(DECIDE_NO_STAGING_ROOM);
}

/* An ELF kernel of two MiB at 1 MiB, and its file behind the shim */
static void kernel_over_the_shim(void)
{
	g.image.kind = IMAGE_ELF;
	g.image.relocatable = false;
	g.image.load_pa = MIB;
	g.image.load_size = 2 * MIB;
	g.rq.shim = (struct range){MIB, 2 * MIB - 100};
	g.rq.kernel_file = (struct range){2 * MIB, 4 * MIB};
	g.rq.initrd = (struct range){4 * MIB, 6 * MIB};
}

static bool apart(uint64_t pa, uint64_t size, struct range r)
{
	return !range_overlaps((struct range){pa, pa + size}, r);
}

static void kernel_at_the_shims_place(void **state)
{
	const struct range kernel = {MIB, 3 * MIB};

	(void)state;
	kernel_over_the_shim();
	decided(ERROR_NONE);
	assert_int_equal(g.d.kernel_pa, MIB);
	assert_int_equal(g.d.initrd_pa, 4 * MIB);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	/* What is copied there last comes from elsewhere. */
	assert_true(apart(g.d.file_pa, 2 * MIB, kernel));
	assert_true(apart(g.d.leave_pa, DECIDE_LEAVE_BYTES, kernel));
	assert_true(apart(g.d.leave_pa, DECIDE_LEAVE_BYTES,
			  (struct range){g.d.file_pa, g.d.file_pa + 2 * MIB}));
	assert_true(apart(g.d.leave_pa, DECIDE_LEAVE_BYTES, g.rq.kernel_file));
	assert_true(apart(g.d.leave_pa, DECIDE_LEAVE_BYTES, g.rq.initrd));
	assert_true(apart(g.d.kept_pa, DECIDE_KEPT_BYTES, kernel));
	assert_true(memmap_is_ram(&g.d.linux_map, g.d.leave_pa,
				  g.d.leave_pa + DECIDE_LEAVE_BYTES));
	assert_true(memmap_is_ram(&g.d.linux_map, MIB, 3 * MIB));
	/* The copy that is made last has 32-bit addresses. */
	memmap_add(&g.map, FOUR_GIB, RAM, MEMMAP_RAM);
	g.rq.kernel_file = (struct range){FOUR_GIB - MIB, FOUR_GIB + MIB};
	decided(ERROR_NONE);
	assert_true(g.d.file_pa < RAM);
	assert_true(apart(g.d.file_pa, 2 * MIB, kernel));
	/* Next to the shim it is as ever. */
	g.image.load_pa = 6 * MIB;
	decided(ERROR_NONE);
	assert_int_equal(g.d.leave_pa, 0);
}

/* The initrd is where the kernel has to be. */
static void initrd_at_the_shims_place_moves(void **state)
{
	(void)state;
	kernel_over_the_shim();
	g.image.load_size = 4 * MIB;
	decided(ERROR_NONE);
	assert_int_equal(g.d.kernel_pa, MIB);
	assert_true(g.d.initrd_pa >= 5 * MIB);
	assert_true(
		apart(g.d.leave_pa, DECIDE_LEAVE_BYTES,
		      (struct range){g.d.initrd_pa, g.d.initrd_pa + 2 * MIB}));
}

static void no_way_over_the_shim(void **state)
{
	(void)state;
	kernel_over_the_shim();
	ranges_add(&g.used, 2 * MIB + 16 * PAGE_SIZE, PAGE_SIZE);
	decided(DECIDE_KERNEL_ON_TABLES);
	assert_int_equal(g.bad, MIB);
	g.used.nr--;
	/* all but what it needs itself */
	g.rq.kernel_file = (struct range){4 * MIB, 6 * MIB};
	g.rq.initrd = (struct range){6 * MIB, RAM};
	decided(ERROR_NONE);
	ranges_add(&g.used, 3 * MIB, MIB);
	decided(DECIDE_NO_LEAVE_ROOM);
	assert_int_equal(g.bad, DECIDE_LEAVE_BYTES);
	/* A bzImage is never put there. */
	g.used.nr--;
	g.image.kind = IMAGE_BZIMAGE;
	decided(DECIDE_KERNEL_ON_TABLES);
}

/* Xen refused the map: nothing of ours is left in it. */
static void nothing_is_kept(void **state)
{
	(void)state;
	decided(ERROR_NONE);
	assert_int_equal(
		decide_without_kept(&g.d, &g.rq, error_plain(DECIDE_NO_XEN_MAP))
			.code,
		ERROR_NONE);
	withdrawn(DECIDE_NO_XEN_MAP);
	assert_int_equal(g.d.linux_map.nr, 1);
	assert_true(memmap_is_ram(&g.d.linux_map, 0, RAM));
	assert_int_equal(g.d.kept_pa, 0);
	/* The same where there was no sidecar. */
	g.options.sidecar = false;
	decided(ERROR_NONE);
	assert_int_equal(g.d.linux_map.nr, 4);
	assert_int_equal(
		decide_without_kept(&g.d, &g.rq, error_plain(DECIDE_NO_XEN_MAP))
			.code,
		ERROR_NONE);
	assert_int_equal(g.d.plan.status, PLAN_OFF_OPTION);
	assert_int_equal(g.d.linux_map.nr, 1);
}

static void no_room_for_the_kernel(void **state)
{
	(void)state;
	g.image.load_size = RAM;
	decided(DECIDE_NO_KERNEL_ROOM);
	assert_int_equal(g.bad, RAM);
	g.image.relocatable = false;
	decided(DECIDE_KERNEL_NOT_RAM);
	assert_int_equal(g.bad, 16 * MIB);
	g.image.load_size = KERNEL_SIZE;
	ranges_add(&g.used, 20 * MIB, PAGE_SIZE);
	decided(DECIDE_KERNEL_ON_TABLES);
	assert_int_equal(g.bad, 16 * MIB);
	g.image.relocatable = true;
	g.used.nr = RANGES_MAX;
	decided(DECIDE_NO_KERNEL_ROOM);
}

static void no_low_block_no_sidecar(void **state)
{
	(void)state;
	ranges_add(&g.used, 0, MIB);
	decided(ERROR_NONE);
	withdrawn(DECIDE_NO_KEPT_ROOM);
	assert_int_equal(g.d.low_pa, 0);
	assert_string_equal(g.d.line.p, "uuuuuuuuuu");
}

/* Page 0 gets a vector if it is RAM and no file lies there. */
static void page_0(void **state)
{
	(void)state;
	decided(ERROR_NONE);
	assert_true(g.d.page_0_is_free);
	ranges_add(&g.used, PAGE_SIZE - 1, 1);
	decided(ERROR_NONE);
	assert_false(g.d.page_0_is_free);
	assert_int_equal(g.d.low_pa, 0x9b000);
	g.used.nr--;
	memmap_set(&g.map, 0, PAGE_SIZE, MEMMAP_RESERVED);
	decided(ERROR_NONE);
	assert_false(g.d.page_0_is_free);
	g.map.nr = 0;
	memmap_add(&g.map, PAGE_SIZE, RAM - PAGE_SIZE, MEMMAP_RAM);
	decided(ERROR_NONE);
	assert_false(g.d.page_0_is_free);
	assert_int_equal(g.d.low_pa, 0x9b000);
}

static void no_kept_memory_no_sidecar(void **state)
{
	(void)state;
	/* one piece is left for the kernel and none for anything else */
	g.map.nr = 0;
	memmap_add(&g.map, 0, 2 * MIB, MEMMAP_RAM);
	memmap_add(&g.map, 16 * MIB, KERNEL_SIZE, MEMMAP_RAM);
	g.rq.kernel_file = (struct range){17 * MIB, 18 * MIB};
	g.rq.initrd = (struct range){0, 0};
	decided(ERROR_NONE);
	assert_int_equal(g.d.kept_pa, 0);
	assert_int_equal(g.d.plan.status, PLAN_OFF_MEMORY);
	assert_int_equal(type_at(MIB), MEMMAP_RAM);
}

/* Each search is counted, and fails if it is told to. */
static void searches(void **state)
{
	enum {
		AT_ONCE = 1,
		LOW,
		KEPT,
		FREE_0,
		FREE_1,
		NR
	};

	(void)state;
	decided(ERROR_NONE);
	assert_int_equal(nr_places, NR - 1);
	no_place = AT_ONCE;
	decided(ERROR_NONE);
	assert_int_equal(nr_places, NR);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	no_place = LOW;
	decided(ERROR_NONE);
	assert_int_equal(g.d.low_pa, 0);
	withdrawn(DECIDE_NO_KEPT_ROOM);
	no_place = KEPT;
	decided(ERROR_NONE);
	assert_int_equal(g.d.kept_pa, 0);
	withdrawn(DECIDE_NO_KEPT_ROOM);
	no_place = FREE_0;
	decided(ERROR_NONE);
	assert_int_equal(g.d.plan.node[0].carve_vnode, 1);
	assert_int_equal(g.d.plan.node[1].carve_vnode, 1);
	no_place = FREE_1;
	decided(ERROR_NONE);
	assert_int_equal(g.d.plan.node[0].carve_vnode, 0);
	assert_int_equal(g.d.plan.node[1].carve_vnode, 0);
}

static void searches_without_which_there_is_no_kernel(void **state)
{
	enum {
		AT_ONCE = 1,
		KERNEL,
		INITRD,
		FILE,
		NR
	};

	(void)state;
	/* both the initrd and the file are in the way */
	g.image.kind = IMAGE_ELF;
	g.image.relocatable = false;
	g.rq.kernel_file = (struct range){2 * MIB, 62 * MIB};
	g.rq.initrd = (struct range){62 * MIB, 64 * MIB};
	decided(ERROR_NONE);
	assert_int_equal(nr_places, NR - 1 + 4);
	no_place = AT_ONCE;
	decided(ERROR_NONE);
	no_place = KERNEL;
	decided(DECIDE_KERNEL_ON_TABLES);
	no_place = INITRD;
	decided(DECIDE_NO_INITRD_ROOM);
	no_place = FILE;
	decided(DECIDE_NO_STAGING_ROOM);
}

static uint64_t scratch_of(uint32_t node)
{
	return g.d.plan.node[node].scratch_bytes;
}

static uint64_t free_bytes(uint32_t vnode)
{
	return g.d.free[vnode].end - g.d.free[vnode].start;
}

/*
 * What Linux gives back is as much of each vnode's free memory as of the
 * other's, and no scratch: half of the rest is, but for an eighth of all RAM.
 */
static void memory_below_maxmem(void **state)
{
	uint64_t all, lack, kept = 0;

	(void)state;
	g.options.scratch_bytes = RAM;
	decided(ERROR_NONE);
	all = free_bytes(0) + free_bytes(1);
	assert_true(free_bytes(0) < free_bytes(1));
	assert_int_equal(g.d.owed_bytes[0], 0);
	assert_int_equal(g.d.owed_bytes[1], 0);
	assert_int_equal(g.d.reserved_bytes[1], 0);
	assert_int_equal(scratch_of(1),
			 ((free_bytes(1) - NODE_BYTES) / 2) & ~(PAGE_SIZE - 1));
	g.rq.owed_bytes = all / 2;
	decided(ERROR_NONE);
	for (uint32_t v = 0; v < 2; v++) {
		lack = g.d.owed_bytes[v] - free_bytes(v) / 2;
		/* a 2^20th, and a page */
		assert_true(lack <= (all >> 20) + 2 * PAGE_SIZE);
		assert_int_equal(g.d.owed_bytes[v] % PAGE_SIZE, 0);
		assert_int_equal(scratch_of(v),
				 ((free_bytes(v) - NODE_BYTES -
				   g.d.owed_bytes[v] - g.d.reserved_bytes[v]) /
				  2) & ~(PAGE_SIZE - 1));
		kept += g.d.reserved_bytes[v];
	}
	assert_true(kept >= RAM / 8 && kept < RAM / 8 + MIB);
	/* no more than the kernel and what is beside it is there */
	g.rq.owed_bytes = UINT64_MAX;
	decided(ERROR_NONE);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	for (uint32_t v = 0; v < 2; v++) {
		assert_true(g.d.owed_bytes[v] >= free_bytes(v));
		assert_int_equal(scratch_of(v), 0);
	}
}

/* Never less than a vnode's share of what is owed, and no page too many. */
static void memory_below_maxmem_to_the_page(void **state)
{
	const uint64_t owed = 1001 * PAGE_SIZE;
	uint64_t all;

	(void)state;
	g.rq.owed_bytes = owed;
	decided(ERROR_NONE);
	all = free_bytes(0) + free_bytes(1);
	for (uint32_t v = 0; v < 2; v++) {
		uint64_t share = 1001 * free_bytes(v) / all * PAGE_SIZE;

		assert_true(g.d.owed_bytes[v] > share);
		assert_true(g.d.owed_bytes[v] <= share + 2 * PAGE_SIZE);
	}
	/* one has all of it */
	g.topology.range[0].vnode = 1;
	decided(ERROR_NONE);
	assert_int_equal(free_bytes(0), 0);
	assert_int_equal(g.d.owed_bytes[0], 0);
	assert_int_equal(g.d.owed_bytes[1], owed);
}

/* Of the largest addresses no product overflows; nor is nothing divided. */
static void memory_below_maxmem_at_its_bounds(void **state)
{
	(void)state;
	g.map.nr = 0;
	memmap_add(&g.map, 0, PA_END, MEMMAP_RAM);
	g.topology.range[1].end = PA_END;
	g.rq.owed_bytes = PA_END - 16 * FOUR_GIB;
	g.options.scratch_bytes = FOUR_GIB;
	decided(ERROR_NONE);
	assert_true(g.d.owed_bytes[1] <= free_bytes(1));
	assert_true(g.d.owed_bytes[1] > free_bytes(1) - 16 * FOUR_GIB);
	g.topology.nr_ranges = 0;
	decided(ERROR_NONE);
	assert_int_equal(g.d.owed_bytes[1], 0);
	assert_int_equal(g.d.plan.status, PLAN_OFF_MEMORY);
}

static void no_acpi_no_sidecar(void **state)
{
	(void)state;
	g.rq.acpi_ok = false;
	decided(ERROR_NONE);
	withdrawn(DECIDE_NO_ACPI);
}

/* @nr entries in all: RAM, and single reserved pages high above it. */
static void map_of(uint32_t nr)
{
	g.map.nr = 0;
	memmap_add(&g.map, 0, RAM, MEMMAP_RAM);
	for (uint32_t i = 1; i < nr; i++)
		memmap_add(&g.map, 1ull << 40 | (uint64_t)i << 20, PAGE_SIZE,
			   MEMMAP_RESERVED);
}

static void map_limits(void **state)
{
	/* low block, kept memory (2) and two carves make 9 more of one */
	const uint32_t more = 8;

	(void)state;
	/* a bzImage has SETUP_E820_EXT for what one page does not hold */
	map_of(128 - more + 1);
	decided(ERROR_NONE);
	assert_int_equal(g.d.linux_map.nr, 129);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	assert_true(g.d.kept_pa);
	map_of(MEMMAP_MAX - more);
	decided(ERROR_NONE);
	assert_int_equal(g.d.linux_map.nr, MEMMAP_MAX);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	map_of(MEMMAP_MAX - more + 1);
	decided(ERROR_NONE);
	withdrawn(DECIDE_MANY_RANGES);
	assert_true(g.d.kept_pa);
	map_of(MEMMAP_MAX);
	decided(ERROR_NONE);
	assert_int_equal(g.d.kept_pa, 0);
	assert_int_equal(g.d.linux_map.nr, MEMMAP_MAX);
}

static void map_limits_of_elf(void **state)
{
	(void)state;
	g.image.kind = IMAGE_ELF;
	map_of(128 - 8);
	decided(ERROR_NONE);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	map_of(128 - 7);
	decided(ERROR_NONE);
	withdrawn(DECIDE_MANY_RANGES);
	assert_int_equal(g.d.plan.withdrawn.value, 129);
	map_of(128);
	decided(ERROR_NONE);
	assert_int_equal(g.d.kept_pa, 0);
	assert_int_equal(g.d.linux_map.nr, 128);
	map_of(129);
	decided(DECIDE_MAP_TOO_LARGE);
	assert_int_equal(g.bad, 129);
}

static void line_limits(void **state)
{
	const size_t ours = strlen(" maxcpus=2 boot_cpus=0,1");

	(void)state;
	user_line(2047 - ours);
	decided(ERROR_NONE);
	assert_int_equal(g.d.line.len, 2047);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	user_line(2048 - ours);
	decided(ERROR_NONE);
	withdrawn(DECIDE_LONG_CMDLINE);
	assert_int_equal(g.d.plan.withdrawn.value, 2048);
	assert_int_equal(g.d.line.len, 2048 - ours);
	assert_false(g.d.tail_dropped);
	assert_int_equal(type_at(RAM - 1), MEMMAP_RAM);
	g.options.tail = TEXT("tail");
	user_line(2047);
	decided(ERROR_NONE);
	assert_true(g.d.tail_dropped);
	assert_int_equal(g.d.line.len, 2047);
	user_line(65535);
	decided(ERROR_NONE);
	assert_int_equal(g.d.line.len, 65535);
}

static void line(const char *text)
{
	static char copy[100];

	strcpy(copy, text);
	g.rq.user_line = text_from(copy, SIZE_MAX);
	decided(ERROR_NONE);
}

static void cpus(uint32_t possible, uint32_t boots, uint32_t listed)
{
	assert_int_equal(g.d.cpus.nr_possible, possible);
	assert_int_equal(g.d.cpus.nr_boots, boots);
	assert_int_equal(g.d.cpus.nr_boots_listed, listed);
}

/* Two vnodes of four vCPUs: 0 and 4 are the base vCPUs. */
static void cpus_of_linux(void **state)
{
	static const uint32_t order[] = {0, 4, 1, 2, 3, 5, 6, 7};

	(void)state;
	line("a");
	assert_int_equal(g.d.cpus.nr, 8);
	assert_memory_equal(g.d.cpus.vcpu, order, sizeof(order));
	cpus(8, 2, 2);
	assert_int_equal(g.d.cpus.words.boots.word.len, 0);
	line("maxcpus=3");
	cpus(8, 3, 2);
	assert_int_equal(g.d.cpus.words.boots.word.len, 9);
	line("maxcpus=1");
	cpus(8, 1, 1);
	line("nosmp");
	cpus(1, 1, 1);
	line("nr_cpus=1");
	assert_string_equal(g.d.line.p, "nr_cpus=1 maxcpus=2 boot_cpus=0,1");
	cpus(1, 1, 1);
	line("possible_cpus=4");
	cpus(4, 2, 2);
	line("nr_cpus=99");
	cpus(8, 2, 2);
	line("nr_cpus=3 maxcpus=5");
	cpus(3, 3, 2);
	/* withdrawn: the MADT's own order, and no word of ours */
	line("nr_cpus=3");
	assert_int_equal(error_split(decide_without(&g.d, &g.rq,
						    error_plain(START_NONE)),
				     &g.bad),
			 ERROR_NONE);
	assert_string_equal(g.d.line.p, "nr_cpus=3");
	cpus(3, 3, 3);
	assert_int_equal(g.d.cpus.vcpu[2], 2);
}

/* Ranks among the enabled entries of a MADT that is in no order. */
static void order_is_kept(void **state)
{
	static const uint32_t madt[] = {0, 6, 4, 1, 3, 2, 7};

	(void)state;
	g.options.keep_cpu_order = true;
	g.topology.vcpu[5].enabled = false;
	g.rq.madt = madt;
	g.rq.nr_madt = 7;
	line("a");
	assert_string_equal(g.d.line.p, "a boot_cpus=0,2");
	assert_memory_equal(g.d.cpus.vcpu, madt, sizeof(madt));
	cpus(7, 7, 2);
	line("maxcpus=3");
	cpus(7, 3, 2);
	line("nr_cpus=2");
	assert_string_equal(g.d.line.p, "nr_cpus=2 boot_cpus=0,2");
	cpus(2, 2, 1);
	/* base first: those that the host has not enabled are not counted */
	g.options.keep_cpu_order = false;
	line("a");
	assert_string_equal(g.d.line.p, "a maxcpus=2 boot_cpus=0,1");
	assert_int_equal(g.d.cpus.nr, 7);
	cpus(7, 2, 2);
}

/* ---- Hot-added vCPUs ----------------------------------------------------- */

static void hot_adds(enum decide_hot_add why, const char *ids)
{
	char text[TOPOLOGY_MAX_VCPUS + 1] = "";
	size_t n = 0;

	for (uint32_t id = 0; id < NR_VCPUS; id++)
		if (g.d.hot_added[id])
			text[n++] = (char)('0' + id);
	assert_string_equal(text, ids);
	assert_int_equal(g.d.hot_add, why);
	assert_int_equal(g.d.cpus.nr - g.d.cpus.nr_at_boot, n);
	assert_int_equal(g.d.plan.status, PLAN_ON);
	assert_true(g.d.base_first);
}

/* The DSDT has all but those with these digits. */
static void processors_but(const char *missing)
{
	uint32_t scope;

	dsdt_begin();
	scope = dsdt_begin_scope("_SB_");
	for (uint32_t id = 0; id < NR_VCPUS; id++)
		if (!strchr(missing, (int)('0' + id)))
			dsdt_put_processor(id, "_STA", "_MAT");
	dsdt_close(scope);
	g.rq.dsdt = dsdt;
	g.rq.dsdt_length = dsdt_size;
}

/* What the user asks for; neither maxcpus= nor boot_cpus= then. */
static void hot_added_by_option(void **state)
{
	(void)state;
	processors_but("");
	line("a");
	hot_adds(DECIDE_MAXCPUS, "");
	g.options.park = OPTIONS_PARK_HOTPLUG;
	line("a");
	hot_adds(DECIDE_HOT_ADD_OPTION, "123567");
	assert_string_equal(g.d.line.p, "a");
	cpus(8, 2, 2);
	/* base vCPUs first all the same */
	g.options.keep_cpu_order = true;
	line("a");
	hot_adds(DECIDE_HOT_ADD_OPTION, "123567");
	g.options.keep_cpu_order = false;
	/* none that the host has not enabled */
	g.topology.vcpu[6].enabled = false;
	line("a");
	hot_adds(DECIDE_HOT_ADD_OPTION, "12357");
	/* without a plan nothing is */
	assert_int_equal(error_split(decide_without(&g.d, &g.rq,
						    error_plain(START_NONE)),
				     &g.bad),
			 ERROR_NONE);
	assert_int_equal(g.d.hot_add, DECIDE_MAXCPUS);
	assert_false(g.d.base_first);
	for (uint32_t id = 0; id < NR_VCPUS; id++)
		assert_false(g.d.hot_added[id]);
}

/* The user's maxcpus= boots as many as without sidecar.park=. */
static void hot_added_beside_maxcpus(void **state)
{
	static const uint32_t order[] = {0, 4, 1, 2, 3, 5, 6, 7};

	(void)state;
	processors_but("");
	g.options.park = OPTIONS_PARK_HOTPLUG;
	line("maxcpus=4");
	hot_adds(DECIDE_HOT_ADD_OPTION, "3567");
	assert_string_equal(g.d.line.p, "maxcpus=4");
	assert_memory_equal(g.d.cpus.vcpu, order, sizeof(order));
	cpus(8, 4, 2);
	line("maxcpus=1");
	hot_adds(DECIDE_HOT_ADD_OPTION, "123567");
	cpus(8, 1, 1);
	line("maxcpus=99");
	hot_adds(DECIDE_HOT_ADD_OPTION, "");
	cpus(8, 8, 2);
	line("nosmp");
	hot_adds(DECIDE_HOT_ADD_OPTION, "123567");
	cpus(1, 1, 1);
	line("possible_cpus=3");
	hot_adds(DECIDE_HOT_ADD_OPTION, "123567");
	cpus(3, 2, 2);
}

/* Interleaved vnodes: those that are hot-added ascend. */
static void hot_added_order(void **state)
{
	static const uint32_t order[] = {0, 1, 2, 3, 4, 5, 6, 7};

	(void)state;
	processors_but("");
	g.options.park = OPTIONS_PARK_HOTPLUG;
	for (uint32_t i = 0; i < NR_VCPUS; i++)
		g.topology.vcpu[i].vnode = i % 2;
	line("a");
	hot_adds(DECIDE_HOT_ADD_OPTION, "234567");
	assert_memory_equal(g.d.cpus.vcpu, order, sizeof(order));
}

static void hot_added_for_want_of_room(void **state)
{
	(void)state;
	processors_but("");
	user_line(2040);
	decided(ERROR_NONE);
	hot_adds(DECIDE_HOT_ADD_NO_ROOM, "123567");
	assert_int_equal(g.d.line.len, 2040);
	assert_false(g.d.tail_dropped);
	g.options.tail = TEXT("tail is too long");
	decided(ERROR_NONE);
	hot_adds(DECIDE_HOT_ADD_NO_ROOM, "123567");
	assert_true(g.d.tail_dropped);
	assert_int_equal(g.d.line.len, 2040);
	g.options.tail = TEXT("");
	/* whoever wants Linux's numbers to be vCPU ids gets no others */
	g.options.keep_cpu_order = true;
	decided(ERROR_NONE);
	withdrawn(DECIDE_LONG_CMDLINE);
	g.options.keep_cpu_order = false;
	g.options.park = OPTIONS_PARK_MAXCPUS;
	decided(ERROR_NONE);
	withdrawn(DECIDE_LONG_CMDLINE);
}

/* Its line is a loader's; what stands there about CPUs as well. */
static void hot_added_by_a_loader(void **state)
{
	(void)state;
	processors_but("");
	g.image.is_linux = false;
	line("maxcpus=4");
	hot_adds(DECIDE_HOT_ADD_LOADER, "123567");
	assert_string_equal(g.d.line.p, "maxcpus=4");
	cpus(8, 2, 2);
	g.options.park = OPTIONS_PARK_MAXCPUS;
	line("a");
	hot_adds(DECIDE_MAXCPUS, "");
	assert_string_equal(g.d.line.p, "a maxcpus=2 boot_cpus=0,1");
}

/* The first that is missing is named; base vCPUs need no processor. */
static void no_processors(void **state)
{
	(void)state;
	processors_but("04");
	g.options.park = OPTIONS_PARK_HOTPLUG;
	line("a");
	hot_adds(DECIDE_HOT_ADD_OPTION, "123567");
	assert_int_equal(g.d.missing_processor, DECIDE_HAS_PROCESSORS);
	processors_but("0436");
	line("a");
	hot_adds(DECIDE_MAXCPUS, "");
	assert_int_equal(g.d.missing_processor, 3);
	assert_string_equal(g.d.line.p, "a maxcpus=2 boot_cpus=0,1");
	g.options.park = OPTIONS_PARK_AUTO;
	line("a");
	assert_int_equal(g.d.missing_processor, DECIDE_HAS_PROCESSORS);
	user_line(2040);
	decided(ERROR_NONE);
	withdrawn(DECIDE_LONG_CMDLINE);
	assert_int_equal(g.d.missing_processor, 3);
	g.rq.dsdt = NULL;
	decided(ERROR_NONE);
	assert_int_equal(g.d.missing_processor, 1);
}

static void withdrawn_later(void **state)
{
	(void)state;
	decided(ERROR_NONE);
	assert_int_equal(
		error_split(decide_without(&g.d, &g.rq,
					   error_number(START_NONE, 7)),
			    &g.bad),
		ERROR_NONE);
	withdrawn(START_NONE);
	assert_int_equal(g.d.plan.withdrawn.value, 7);
	assert_int_equal(type_at(RAM - 1), MEMMAP_RAM);
	assert_string_equal(g.d.line.p, "uuuuuuuuuu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(usual, setup),
		cmocka_unit_test_setup(kernel_goes_above_the_initrd, setup),
		cmocka_unit_test_setup(initrd_moves_out_of_the_way, setup),
		cmocka_unit_test_setup(initrd_goes_to_its_page, setup),
		cmocka_unit_test_setup(initrd_leaves_its_page, setup),
		cmocka_unit_test_setup(initrd_too_high_moves_down, setup),
		cmocka_unit_test_setup(
			kernel_overwrites_its_file_and_the_tables, setup),
		cmocka_unit_test_setup(elf_file_in_the_way_is_moved, setup),
		cmocka_unit_test_setup(kernel_at_the_shims_place, setup),
		cmocka_unit_test_setup(initrd_at_the_shims_place_moves, setup),
		cmocka_unit_test_setup(no_way_over_the_shim, setup),
		cmocka_unit_test_setup(nothing_is_kept, setup),
		cmocka_unit_test_setup(no_room_for_the_kernel, setup),
		cmocka_unit_test_setup(no_low_block_no_sidecar, setup),
		cmocka_unit_test_setup(page_0, setup),
		cmocka_unit_test_setup(no_kept_memory_no_sidecar, setup),
		cmocka_unit_test_setup(searches, setup),
		cmocka_unit_test_setup(
			searches_without_which_there_is_no_kernel, setup),
		cmocka_unit_test_setup(memory_below_maxmem, setup),
		cmocka_unit_test_setup(memory_below_maxmem_to_the_page, setup),
		cmocka_unit_test_setup(memory_below_maxmem_at_its_bounds,
				       setup),
		cmocka_unit_test_setup(no_acpi_no_sidecar, setup),
		cmocka_unit_test_setup(map_limits, setup),
		cmocka_unit_test_setup(map_limits_of_elf, setup),
		cmocka_unit_test_setup(line_limits, setup),
		cmocka_unit_test_setup(cpus_of_linux, setup),
		cmocka_unit_test_setup(order_is_kept, setup),
		cmocka_unit_test_setup(hot_added_by_option, setup),
		cmocka_unit_test_setup(hot_added_beside_maxcpus, setup),
		cmocka_unit_test_setup(hot_added_order, setup),
		cmocka_unit_test_setup(hot_added_for_want_of_room, setup),
		cmocka_unit_test_setup(hot_added_by_a_loader, setup),
		cmocka_unit_test_setup(no_processors, setup),
		cmocka_unit_test_setup(withdrawn_later, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
