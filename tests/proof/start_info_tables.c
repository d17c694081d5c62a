/* SPDX-License-Identifier: MIT */
/*
 * start_info's list of modules and its memory map: any that lie, or do not,
 * anywhere in any BYTES bytes of memory, one over the other and over the lines
 * too. At most 2 modules and 2 entries are allowed, 3 can be in memory. All
 * entries are read by the same step, and what was read before is only counted.
 * Lines are at most 3 characters here: they have a proof of their own, of
 * which nothing is used but where they end. What is added to a map is
 * memmap.c's, which has proofs, too; here it has any result.
 */
#include <string.h>

#include "bytes.h"
#include "pvh/read/start_info.h"

#undef STARTINFO_MAX_CMDLINE
#define STARTINFO_MAX_CMDLINE 4u

#include SOURCE

static struct startinfo si;
static struct memmap map;
static struct hvm_start_info head;
static uint32_t nr_added;

static bool is_in_memory(uint64_t pa, uint64_t size)
{
	return pa >= GUEST_AT && pa <= 4096 && size <= 4096 - pa;
}

/* The @i-th entry of the table at @pa, each byte of it in memory. */
static void entry_copy(void *to, uint64_t pa, uint32_t i, size_t size)
{
	uint64_t at = pa + i * size;

	prove(is_in_memory(at, size));
	memcpy(to, bytes + (at - GUEST_AT), size);
}

/* Each entry is added once, in their order. */
struct error memmap_add(struct memmap *m, uint64_t start, uint64_t size,
			uint32_t type)
{
	struct hvm_memmap_table_entry entry;
	struct error e;

	entry_copy(&entry, head.memmap_paddr, nr_added++, sizeof(entry));
	prove(m == &map && start == entry.addr && size == entry.size &&
	      type == entry.type);
	return e;
}

/* All that was read is named, and lies in memory. */
static bool tables_are_in_memory(uint32_t from)
{
	for (uint32_t i = from; i < si.nr_tables; i++)
		if (!is_in_memory(si.table[i].start,
				  si.table[i].end - si.table[i].start))
			return false;
	return true;
}

static void any_head(uint32_t nr_tables)
{
	struct hvm_start_info any;

	head = any;
	si.nr_tables = nr_tables;
	si.nr_modules = 0;
}

static bool is_module(const struct startinfo_module *m, uint32_t i)
{
	struct hvm_modlist_entry entry;
	struct text line = m->cmdline;

	entry_copy(&entry, head.modlist_paddr, i, sizeof(entry));
	if (m->pa != entry.paddr || m->size != entry.size)
		return false;
	if (!m->size || m->pa > PA_END || m->size > PA_END - m->pa)
		return false;
	if (!entry.cmdline_paddr)
		return !line.len;
	return is_in_memory(entry.cmdline_paddr, line.len + 1) &&
	       !bytes[entry.cmdline_paddr - GUEST_AT + line.len];
}

/* start_info, its line and the map are the tables before this one. */
#define TABLES_BEFORE 3u

void proof_startinfo_modules(void)
{
	struct guest_memory m = any_memory();
	bool read;

	any_head(TABLES_BEFORE);
	read = !read_modules(&si, &head, m).code;
	prove(!read || si.nr_modules == head.nr_modules);
	prove(si.nr_modules <= STARTINFO_MAX_MODULES);
	prove(si.nr_tables <= STARTINFO_MAX_TABLES);
	prove(tables_are_in_memory(TABLES_BEFORE));
	for (uint32_t i = 0; i < si.nr_modules; i++)
		prove(is_module(&si.module[i], i));
}

void proof_startinfo_map(void)
{
	struct guest_memory m = any_memory();

	any_head(0);
	if (read_memmap(&si, &head, &map, m).code) {
		prove(!si.has_memmap);
		return;
	}
	prove(nr_added == head.memmap_entries &&
	      nr_added <= STARTINFO_MAX_MEMMAP);
	prove(si.has_memmap == (nr_added > 0));
	prove(si.nr_tables == (nr_added > 0) && tables_are_in_memory(0));
	prove(!nr_added || si.table[0].start == head.memmap_paddr);
}
