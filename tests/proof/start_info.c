/* SPDX-License-Identifier: MIT */
/*
 * pvh/read/start_info.c: memory is any BYTES bytes at the end of a page and
 * nothing behind it; tables and texts may lie anywhere in it, one over the
 * other too. startinfo_check() compares two at a time, so two modules, a table
 * and a piece of the map are all that there can be to it. The source is
 * included, as most of these functions are its own.
 */
#include <string.h>

#include "bytes.h"
#include SOURCE

static struct startinfo si;

#define HEAD sizeof(struct hvm_start_info)

static bool is_in_memory(uint64_t pa, uint64_t size)
{
	return pa >= GUEST_AT && pa <= 4096 && size <= 4096 - pa;
}

static bool tables_are_in_memory(void)
{
	for (uint32_t i = 0; i < si.nr_tables; i++)
		if (!is_in_memory(si.table[i].start,
				  si.table[i].end - si.table[i].start))
			return false;
	return true;
}

/* It ends before a zero, the first one. */
static bool is_a_line(struct text line, uint64_t pa)
{
	if (!line.len && !pa)
		return true;
	if (!is_in_memory(pa, line.len + 1))
		return false;
	for (uint32_t i = 0; i < line.len; i++)
		if (!line.p[i])
			return false;
	return !line.p[line.len];
}

void proof_startinfo_head(void)
{
	struct hvm_start_info head;
	struct guest_memory m = any_memory();
	uint64_t pa = nondet_u64();

	if (read_head(&si, &head, m, pa).code)
		return;
	prove(head.magic == XEN_HVM_START_MAGIC_VALUE);
	prove(is_in_memory(pa, head.version ? HEAD : VERSION_0_SIZE));
	prove(si.nr_tables == 1 && tables_are_in_memory());
	prove(si.table[0].start == pa);
	/* version 0 has no map */
	prove(head.version || !head.memmap_entries);
}

void proof_startinfo_line(void)
{
	struct guest_memory m = any_memory();
	uint64_t pa = nondet_u64();
	struct text line;

	if (read_cmdline(&si, m, pa, &line).code)
		return;
	prove(is_a_line(line, pa));
	prove(si.nr_tables == !!pa && tables_are_in_memory());
}

/* Modules lie in RAM, apart from each other, the tables and the shim. */
void proof_startinfo_check(void)
{
	struct memmap map = {.nr = 1};
	uint64_t at = nondet_u64();
	struct range shim;

	si.nr_modules = any_up_to(2);
	si.nr_tables = any_up_to(1);
	for (uint32_t i = 0; i < 2; i++) {
		si.module[i].pa = nondet_u64();
		si.module[i].size = nondet_u64();
		assume(pa_fits(si.module[i].pa, si.module[i].size));
	}
	si.table[0].start = nondet_u64();
	si.table[0].end = nondet_u64();
	map.e[0].start = nondet_u64();
	map.e[0].end = nondet_u64();
	map.e[0].type = nondet_u32();
	assume(map.e[0].start < map.e[0].end);
	assume(si.table[0].start < si.table[0].end);
	if (startinfo_check(&si, &map, shim).code)
		return;
	for (uint32_t i = 0; i < si.nr_modules; i++) {
		struct range r = module_range(&si, i);

		if (at < r.start || at >= r.end)
			continue;
		prove(map.e[0].type == MEMMAP_RAM && at >= map.e[0].start &&
		      at < map.e[0].end);
		prove(at < shim.start || at >= shim.end);
		prove(!si.nr_tables || at < si.table[0].start ||
		      at >= si.table[0].end);
		prove(i || si.nr_modules < 2 || at < si.module[1].pa ||
		      at >= si.module[1].pa + si.module[1].size);
	}
	if (si.nr_tables && at >= si.table[0].start && at < si.table[0].end)
		prove(at >= map.e[0].start && at < map.e[0].end &&
		      (at < shim.start || at >= shim.end));
}
