/* SPDX-License-Identifier: MIT */
/*
 * A guest of a few pages for the tests of pvh/read/start_info.c, as libxl
 * leaves it or as a test wants it. Start with setup(), end with teardown().
 */
#ifndef STARTINFO_GUEST_H
#define STARTINFO_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "error_value.h"
#include "pvh/read/start_info.h"

/* Memory: [RAM_PA, RAM_END), of which the shim has the first page. */
#define RAM_PA	UINT64_C(0x100000)
#define RAM_LEN 0x20000u
#define RAM_END (RAM_PA + RAM_LEN)

#define INFO_PA	   (RAM_PA + 0x2004) /* unaligned on purpose */
#define MODLIST_PA (RAM_PA + 0x2101)
#define MEMMAP_PA  (RAM_PA + 0x2302)
#define LINE_PA	   (RAM_PA + 0x2ff0) /* across two pages */
#define LINE1_PA   (RAM_PA + 0x3100)
#define MODULE0_PA (RAM_PA + 0x4000)
#define MODULE1_PA (RAM_PA + 0x6000)

#define SHIM_LINE  "sidecar=log sidecar.node_max=8 -- quiet"
#define LINUX_LINE "root=/dev/xvda console=hvc0"

static const struct range shim = {RAM_PA, RAM_PA + 0x1000};

static uint8_t *ram;
static struct hvm_start_info info;
static struct hvm_modlist_entry module[9];
static struct hvm_memmap_table_entry entry[STARTINFO_MAX_MEMMAP + 1];
static struct startinfo si;
static struct memmap map;
static uint64_t bad;

static inline const void *mem_at(void *ctx, uint64_t pa, uint64_t size)
{
	uint64_t *calls = ctx;

	if (calls)
		++*calls;
	if (pa < RAM_PA || pa > RAM_END || size > RAM_END - pa)
		return NULL;
	return ram + (pa - RAM_PA);
}

static inline void put(uint64_t pa, const void *p, size_t size)
{
	memcpy(ram + (pa - RAM_PA), p, size);
}

static inline int setup(void **state)
{
	(void)state;
	ram = calloc(1, RAM_LEN);
	assert_non_null(ram);
	info = (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.nr_modules = 2,
		.modlist_paddr = MODLIST_PA,
		.cmdline_paddr = LINE_PA,
		.rsdp_paddr = 0xfc008000,
		.memmap_paddr = MEMMAP_PA,
		.memmap_entries = 3,
	};
	memset(module, 0, sizeof(module));
	module[0].paddr = MODULE0_PA;
	module[0].size = 0x1801;
	module[0].cmdline_paddr = LINE1_PA;
	module[1].paddr = MODULE1_PA;
	module[1].size = 0x3000;
	memset(entry, 0, sizeof(entry));
	entry[0].addr = RAM_PA;
	entry[0].size = RAM_LEN;
	entry[0].type = XEN_HVM_MEMMAP_TYPE_RAM;
	entry[1].addr = 0xfc000000;
	entry[1].size = 0x10000;
	entry[1].type = XEN_HVM_MEMMAP_TYPE_ACPI;
	entry[2].addr = 0xfeff8000;
	entry[2].size = 0x8000;
	entry[2].type = XEN_HVM_MEMMAP_TYPE_RESERVED;
	put(LINE_PA, SHIM_LINE, sizeof(SHIM_LINE));
	put(LINE1_PA, LINUX_LINE, sizeof(LINUX_LINE));
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	free(ram);
	return 0;
}

static inline void put_tables(void)
{
	put(INFO_PA, &info, sizeof(info));
	put(MODLIST_PA, module, 8 * sizeof(module[0]));
	put(MEMMAP_PA, entry, 20 * sizeof(entry[0]));
}

static inline enum error_code read_it(void)
{
	struct guest_memory mem = {.at = mem_at};

	put_tables();
	bad = 0;
	return error_split(startinfo_read(&si, &map, mem, INFO_PA), &bad);
}

static inline enum error_code read_and_check(void)
{
	enum error_code e = read_it();

	return e ? e : error_split(startinfo_check(&si, &map, shim), &bad);
}

static inline void assert_text(struct text t, const char *want)
{
	assert_int_equal(t.len, strlen(want));
	assert_memory_equal(t.p, want, t.len);
}

#endif
