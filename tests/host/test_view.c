/* SPDX-License-Identifier: MIT */
/*
 * The page tables of a job's view, at the largest slices and ranges that there
 * are: as many as include/view_pages.h says are enough, they show what they
 * should, and nothing but them is written. The window is mapped as its page
 * table entry says; memory that is no table is one page here.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "cpu.h"
#include "kernel.h"
#include "view_pages.h"

#define PAGE	  SIDECAR_PAGE_SIZE
#define MIB	  (UINT64_C(1) << 20)
#define GIB	  (UINT64_C(1) << 30)
#define INDEX	  3u
#define WINDOW	  (LAYOUT_WINDOW_VA + INDEX * PAGE)
#define KERNEL_PA 0x7000000ull /* of the node's own tables */
#define VIEWS_PA  0x8000000ull
#define MAX_PAGES 2048u
#define SLICE_PA  (UINT64_C(1) << 32)
#define SHARED_PA (UINT64_C(1) << 42)

/* It is constant for the kernel. */
extern struct layout_node node;
struct layout_node node;
__asm__(".globl layout_node\n\t.set layout_node, node");

static int memory_fd;
static uint8_t *tables; /* of this vCPU; behind them the page for all else */
static uint64_t nr_pages, tables_pa;
static struct sidecar_command command;
static struct vcpu vcpu = {.index = INDEX, .command = &command};
static struct job job;

uint64_t read_cr3(void)
{
	return KERNEL_PA;
}

static bool is_table(uint64_t pa)
{
	return pa >= tables_pa && pa - tables_pa < nr_pages * PAGE;
}

static uint64_t window_pa; /* what the window shows */

/* What was zeroed but for tables, in this order. */
static struct {
	uint64_t from, to;
	bool gap;
} zeroed;

void zero_bytes(void *p, uint64_t n)
{
	uint64_t pa = window_pa + ((uint64_t)p - WINDOW);

	memset(p, 0, n);
	if (is_table(window_pa))
		return;
	if (!zeroed.from)
		zeroed.from = zeroed.to = pa;
	zeroed.gap |= pa != zeroed.to;
	zeroed.to = pa + n;
}

void invlpg(uint64_t va)
{
	const uint64_t *pt =
		(const uint64_t *)(LAYOUT_TABLES_VA + LAYOUT_PT * PAGE);
	uint64_t pa = pt[WINDOW / PAGE] & PTE_PA;
	uint64_t off = is_table(pa) ? pa - tables_pa : MAX_PAGES * PAGE;

	assert_true(va == WINDOW);
	assert_true(mmap((void *)WINDOW, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, memory_fd,
			 (off_t)off) == (void *)WINDOW);
	window_pa = pa;
}

/* ---- A view ------------------------------------------------------------- */

static void slice(uint64_t pa, uint64_t bytes, uint32_t memory_pages)
{
	memset(&command, 0, sizeof(command));
	memset(&node, 0, sizeof(node));
	memset(tables, 0xa5, MAX_PAGES * PAGE);
	memset(&zeroed, 0, sizeof(zeroed));
	job = (struct job){
		.slice_pa = pa,
		.slice_bytes = bytes,
		.header = {.size_bytes = memory_pages * PAGE,
			   .text_bytes = PAGE,
			   .memory_bytes = memory_pages * PAGE,
			   .stack_bytes = PAGE},
	};
}

/* The shared memory of @nr nodes, none behind the one before it. */
static void shared(uint32_t nr, uint64_t bytes)
{
	node.nr_areas = nr;
	for (uint32_t i = 0; i < nr; i++)
		node.area[i] = (struct layout_area){SHARED_PA + i * 2 * bytes,
						    bytes, i, i};
}

/* Of each node all but @less at both ends. */
static void ranges(uint64_t less)
{
	command.nr_ranges = node.nr_areas;
	for (uint32_t i = 0; i < node.nr_areas; i++)
		command.range[i] = (struct sidecar_range){
			node.area[i].pa + less, node.area[i].bytes - 2 * less};
}

static bool build_with(uint64_t pages)
{
	assert_true(pages <= MAX_PAGES);
	nr_pages = pages;
	tables_pa = VIEWS_PA + INDEX * pages * PAGE;
	node.views_pa = VIEWS_PA;
	node.view_bytes = pages * PAGE;
	command.error_len = 0;
	job.nr_areas = 0;
	return view_build(&vcpu, &job);
}

static bool build(void)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < node.nr_areas; i++)
		all += node.area[i].bytes;
	return build_with(view_pages_slice(job.slice_bytes) +
			  view_pages_shared(all, node.nr_areas));
}

static bool said(const char *text)
{
	return command.error_len >= strlen(text) &&
	       !memcmp(command.error, text, strlen(text));
}

/* Where a job gets to at @va, with the flags of the entry; 0: nowhere. */
static uint64_t walk(uint64_t va, uint64_t *flags)
{
	uint64_t e = job.root_pa | PTE_P;

	for (uint32_t level = 4; level--;) {
		uint64_t size = (uint64_t)PAGE << (9 * level);

		assert_true(is_table(e & PTE_PA));
		e = *(uint64_t *)(tables + ((e & PTE_PA) - tables_pa) +
				  8 * (va / size & 511));
		if (!(e & PTE_P))
			return 0;
		if (level && !(e & PTE_PS))
			continue;
		*flags = e & (PTE_U | PTE_W | PTE_NX);
		return (e & PTE_PA) + va % size;
	}
	return 0;
}

static void shows(uint64_t va, uint64_t pa, uint64_t flags)
{
	uint64_t got = 0;

	assert_true(walk(va, &got) == pa);
	assert_true(got == (flags | PTE_U));
}

static void hides(uint64_t va)
{
	uint64_t flags;

	assert_true(!walk(va, &flags));
}

/* Text, data, guard, the rest; nothing before or behind. */
static void slice_is_shown(void)
{
	uint64_t pa = job.slice_pa, guard = job.header.memory_bytes;

	shows(JOB_VA, pa, 0);
	shows(JOB_VA + guard - 1, pa + guard - 1, PTE_W | PTE_NX);
	hides(JOB_VA + guard);
	hides(JOB_VA + guard + PAGE - 1);
	shows(JOB_VA + guard + PAGE, pa + guard + PAGE, PTE_W | PTE_NX);
	shows(JOB_VA + job.slice_bytes - 1, pa + job.slice_bytes - 1,
	      PTE_W | PTE_NX);
	hides(JOB_VA + job.slice_bytes);
}

static void built(void)
{
	assert_true(build());
	slice_is_shown();
}

/* ---- The tests ---------------------------------------------------------- */

static void all_slices(void **state)
{
	static const uint64_t bytes[] = {
		5 * PAGE,	  64 * PAGE, 2 * MIB - PAGE, 2 * MIB,
		2 * MIB + PAGE,	  4 * MIB,   14 * MIB,	     64 * MIB,
		GIB - PAGE,	  GIB,	     GIB + PAGE,     3 * GIB,
		SIDECAR_SLICE_MAX};
	static const uint64_t over[] = {0, PAGE, 2 * MIB - PAGE};

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++)
		for (size_t k = 0; k < sizeof(over) / sizeof(*over); k++) {
			if (over[k] && bytes[i] > SIDECAR_SLICE_UNALIGNED_MAX)
				continue;
			slice(SLICE_PA + over[k], bytes[i], 2);
			built();
		}
}

/* Slice: file, zeroes, guard, stack, services, free memory. */
static void parts_of_a_slice(void **state)
{
	const uint64_t services = 5 + 1 + 3;

	(void)state;
	slice(SLICE_PA, 64 * PAGE, 5);
	job.header.size_bytes = 3 * PAGE + 100;
	job.header.stack_bytes = 3 * PAGE;
	built();
	assert_true(zeroed.from == SLICE_PA + 3 * PAGE + 100);
	assert_true(zeroed.to == SLICE_PA + (services + 1) * PAGE);
	assert_false(zeroed.gap);
	assert_true(job.services_pa == SLICE_PA + services * PAGE);
	assert_true(job.services_va == JOB_VA + services * PAGE);
	assert_true(job.memory_bytes == (64 - services - 1) * PAGE);
}

/* The node's own table of the first GiB, for the kernel alone. */
static void kernel_is_mapped(void **state)
{
	const uint64_t *root, *e;

	(void)state;
	slice(SLICE_PA, 5 * PAGE, 2);
	built();
	root = (const uint64_t *)(tables + (job.root_pa - tables_pa));
	assert_true(is_table(root[0] & PTE_PA));
	e = (const uint64_t *)(tables + ((root[0] & PTE_PA) - tables_pa));
	assert_true(e[0] == ((KERNEL_PA + LAYOUT_PD * PAGE) | PTE_P | PTE_W));
}

/* Text, guard and end of a slice in page tables of their own. */
static void large_jobs(void **state)
{
	static const uint32_t pages[] = {511, 512, 513, 1023, 3000, 262144};

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		slice(SLICE_PA, 2 * GIB + 3 * PAGE, pages[i]);
		job.header.text_bytes = pages[i] / 2 * PAGE;
		job.header.stack_bytes = 700 * PAGE;
		/* what is zeroed is one page here */
		built();
	}
}

static void one_less(void **state)
{
	(void)state;
	slice(SLICE_PA, 2 * MIB, 2);
	assert_false(build_with(3));
	assert_true(said("RUN: too few page tables: 0x3000"));
}

static void shared_memory(void **state)
{
	static const struct {
		uint32_t nr;
		uint64_t bytes;
	} cases[] = {{1, 2 * MIB}, {2, 2 * MIB},  {64, 2 * MIB},
		     {3, GIB},	   {64, GIB / 2}, {1, 4 * GIB}};
	uint64_t va;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (uint64_t less = 0; less <= PAGE; less += PAGE) {
			slice(SLICE_PA, 4 * MIB, 2);
			shared(cases[i].nr, cases[i].bytes);
			ranges(less);
			built();
			assert_int_equal(job.nr_areas, cases[i].nr);
			va = LAYOUT_SHARED_VA;
			for (uint32_t k = 0; k < cases[i].nr; k++) {
				uint64_t pa = node.area[k].pa;

				shows(va + less, pa + less, PTE_W | PTE_NX);
				va += cases[i].bytes;
				shows(va - less - 1,
				      pa + cases[i].bytes - less - 1,
				      PTE_W | PTE_NX);
			}
			hides(va);
			if (less)
				hides(LAYOUT_SHARED_VA);
		}
}

static void refused(uint64_t pa, uint64_t bytes, const char *why)
{
	command.range[0] = (struct sidecar_range){pa, bytes};
	assert_false(build());
	assert_true(said(why));
}

static void bad_ranges(void **state)
{
	static const char none[] = "RUN: range not in shared memory: 0x";

	(void)state;
	slice(SLICE_PA, 4 * MIB, 2);
	shared(2, 2 * MIB);
	command.nr_ranges = 1;
	refused(SLICE_PA, PAGE, none);
	refused(VIEWS_PA, PAGE, none);
	refused(KERNEL_PA, PAGE, none);
	refused(SHARED_PA - PAGE, 2 * PAGE, none);
	refused(SHARED_PA, 0, none);
	refused(SHARED_PA, 2 * MIB + PAGE, none);
	refused(SHARED_PA + 8, PAGE, none);
	refused(SHARED_PA, PAGE - 1, none);
	refused(SHARED_PA + PAGE, UINT64_MAX - PAGE + 1, none);
	refused(UINT64_MAX - PAGE + 1, 2 * PAGE, none);
	command.nr_ranges = SIDECAR_MAX_RANGES + 1;
	refused(SHARED_PA, PAGE, "RUN: too many ranges: 0x41");
}

/*
 * A large page of shared memory must never be taken for a table, in which the
 * kernel would write.
 */
static void range_in_a_range(void **state)
{
	(void)state;
	slice(SLICE_PA, 4 * MIB, 2);
	shared(1, 2 * MIB);
	command.nr_ranges = 2;
	command.range[1] = (struct sidecar_range){SHARED_PA + PAGE, PAGE};
	refused(SHARED_PA, 2 * MIB, "RUN: range twice, or too many: 0x");
}

static int setup(void **state)
{
	void *low = (void *)LAYOUT_TABLES_VA;
	uint64_t bytes = LAYOUT_KERNEL_END - LAYOUT_TABLES_VA;

	(void)state;
	memory_fd = memfd_create("tables", 0);
	if (memory_fd < 0 || ftruncate(memory_fd, (MAX_PAGES + 1) * PAGE))
		return -1;
	tables = mmap(NULL, MAX_PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED, memory_fd, 0);
	return tables == MAP_FAILED ||
	       mmap(low, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		    0) != low;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_slices),
		cmocka_unit_test(parts_of_a_slice),
		cmocka_unit_test(kernel_is_mapped),
		cmocka_unit_test(large_jobs),
		cmocka_unit_test(one_less),
		cmocka_unit_test(shared_memory),
		cmocka_unit_test(bad_ranges),
		cmocka_unit_test(range_in_a_range),
	};

	return cmocka_run_group_tests_name("view", tests, setup, NULL);
}
