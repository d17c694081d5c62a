/* SPDX-License-Identifier: MIT */
/*
 * Reads start_info. Structures are copied before use, as they may be unaligned;
 * texts stay where they are. Pure.
 */
#include <string.h>

#include <stdint.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "start_info.h"

/* Members before memmap_paddr are all that version 0 has. */
#define VERSION_0_SIZE offsetof(struct hvm_start_info, memmap_paddr)

static bool pa_fits(uint64_t pa, uint64_t size)
{
	return pa <= PA_END && size <= PA_END - pa;
}

static const void *memory_view(struct guest_memory mem, uint64_t pa,
			       uint64_t size)
{
	return pa_fits(pa, size) ? mem.at(mem.ctx, pa, size) : NULL;
}

static void add_table(struct startinfo *si, uint64_t pa, uint64_t size)
{
	si->table[si->nr_tables++] = (struct range){pa, pa + size};
}

/*
 * Finds the zero after @pa. Maps one page at a time: the page after the text's
 * last one need not be memory.
 */
static struct error cmdline_length(struct guest_memory mem, uint64_t pa,
				   uint64_t *len)
{
	uint64_t done = 0, step, i;
	const char *p;

	while (done < STARTINFO_MAX_CMDLINE) {
		step = PAGE_SIZE - (pa + done) % PAGE_SIZE;
		if (step > STARTINFO_MAX_CMDLINE - done)
			step = STARTINFO_MAX_CMDLINE - done;
		p = memory_view(mem, pa + done, step);
		if (!p)
			return error_hex(STARTINFO_BAD_CMDLINE, pa);
		for (i = 0; i < step; i++) {
			if (!p[i]) {
				*len = done + i;
				return NO_ERROR;
			}
		}
		done += step;
	}
	return error_hex(STARTINFO_LONG_CMDLINE, pa);
}

static struct error read_cmdline(struct startinfo *si, struct guest_memory mem,
				 uint64_t pa, struct text *line)
{
	struct error e;
	uint64_t len = 0;

	*line = TEXT("");
	if (!pa)
		return NO_ERROR;
	e = cmdline_length(mem, pa, &len);
	if (e.code)
		return e;
	line->p = memory_view(mem, pa, len + 1);
	if (!line->p)
		return error_hex(STARTINFO_BAD_CMDLINE, pa);
	line->len = len;
	add_table(si, pa, len + 1);
	return NO_ERROR;
}

static struct error read_head(struct startinfo *si, struct hvm_start_info *head,
			      struct guest_memory mem, uint64_t pa)
{
	const void *p = memory_view(mem, pa, VERSION_0_SIZE);
	uint64_t size = VERSION_0_SIZE;

	if (!p)
		return error_hex(STARTINFO_UNREADABLE, pa);
	memset(head, 0, sizeof(*head));
	memcpy(head, p, size);
	if (head->magic != XEN_HVM_START_MAGIC_VALUE)
		return error_hex(STARTINFO_BAD_MAGIC, head->magic);
	if (head->version) {
		size = sizeof(*head);
		p = memory_view(mem, pa, size);
		if (!p)
			return error_hex(STARTINFO_UNREADABLE, pa);
		memcpy(head, p, size);
	}
	add_table(si, pa, size);
	si->version = head->version;
	si->rsdp_pa = head->rsdp_paddr;
	return NO_ERROR;
}

static struct error read_modules(struct startinfo *si,
				 const struct hvm_start_info *head,
				 struct guest_memory mem)
{
	struct hvm_modlist_entry m;
	struct error e;
	const uint8_t *p;
	uint32_t i;

	if (!head->nr_modules)
		return NO_ERROR;
	if (head->nr_modules > STARTINFO_MAX_MODULES)
		return error_hex(STARTINFO_TOO_MANY_MODULES, head->nr_modules);
	p = memory_view(mem, head->modlist_paddr, head->nr_modules * sizeof(m));
	if (!p)
		return error_hex(STARTINFO_BAD_MODLIST, head->modlist_paddr);
	add_table(si, head->modlist_paddr, head->nr_modules * sizeof(m));
	for (i = 0; i < head->nr_modules; i++) {
		memcpy(&m, p + i * sizeof(m), sizeof(m));
		if (!m.size)
			return error_hex(STARTINFO_EMPTY_MODULE, i);
		if (!pa_fits(m.paddr, m.size))
			return error_hex(STARTINFO_MODULE_NOT_RAM, m.paddr);
		si->module[i].pa = m.paddr;
		si->module[i].size = m.size;
		e = read_cmdline(si, mem, m.cmdline_paddr,
				 &si->module[i].cmdline);
		if (e.code)
			return e;
		si->nr_modules++;
	}
	return NO_ERROR;
}

static struct error read_memmap(struct startinfo *si,
				const struct hvm_start_info *head,
				struct memmap *map, struct guest_memory mem)
{
	struct hvm_memmap_table_entry m;
	uint64_t pa = head->memmap_paddr;
	struct error e;
	const uint8_t *p;
	uint32_t i;

	if (!head->memmap_entries)
		return NO_ERROR;
	if (head->memmap_entries > STARTINFO_MAX_MEMMAP)
		return error_hex(STARTINFO_BAD_COUNT, head->memmap_entries);
	p = memory_view(mem, pa, head->memmap_entries * sizeof(m));
	if (!p)
		return error_hex(STARTINFO_BAD_MEMMAP, pa);
	add_table(si, pa, head->memmap_entries * sizeof(m));
	for (i = 0; i < head->memmap_entries; i++) {
		memcpy(&m, p + i * sizeof(m), sizeof(m));
		e = memmap_add(map, m.addr, m.size, m.type);
		if (e.code)
			return e;
	}
	si->has_memmap = true;
	return NO_ERROR;
}

struct error startinfo_read(struct startinfo *si, struct memmap *map,
			    struct guest_memory mem, uint64_t pa)
{
	struct hvm_start_info head;
	struct error e;

	memset(si, 0, sizeof(*si));
	map->nr = 0;
	e = read_head(si, &head, mem, pa);
	if (!e.code)
		e = read_cmdline(si, mem, head.cmdline_paddr, &si->cmdline);
	if (!e.code)
		e = read_memmap(si, &head, map, mem);
	if (!e.code)
		e = read_modules(si, &head, mem);
	return e;
}

struct error startinfo_add_e820(struct memmap *map,
				const struct boot_e820_entry *e, uint32_t nr)
{
	struct error error;
	uint32_t i;

	for (i = 0; i < nr; i++) {
		error = memmap_add(map, e[i].addr, e[i].size, e[i].type);
		if (error.code)
			return error;
	}
	return NO_ERROR;
}

/* Of whatever type; the map is sorted, so one pass sees all neighbours. */
static bool in_map(const struct memmap *map, struct range r)
{
	uint32_t i;

	for (i = 0; i < map->nr && r.start < r.end; i++) {
		if (map->e[i].start <= r.start && r.start < map->e[i].end)
			r.start = map->e[i].end;
	}
	return r.start >= r.end;
}

static struct range module_range(const struct startinfo *si, uint32_t i)
{
	const struct startinfo_module *m = &si->module[i];

	return (struct range){m->pa, m->pa + m->size};
}

static bool module_overlaps(const struct startinfo *si, uint32_t i)
{
	struct range r = module_range(si, i);
	uint32_t k;

	for (k = 0; k < i; k++) {
		if (range_overlaps(r, module_range(si, k)))
			return true;
	}
	for (k = 0; k < si->nr_tables; k++) {
		if (range_overlaps(r, si->table[k]))
			return true;
	}
	return false;
}

struct error startinfo_check(const struct startinfo *si,
			     const struct memmap *map, struct range shim)
{
	struct range r;
	uint32_t i;

	for (i = 0; i < si->nr_tables; i++) {
		r = si->table[i];
		if (!in_map(map, r))
			return error_hex(STARTINFO_TABLE_OUTSIDE, r.start);
		if (range_overlaps(r, shim))
			return error_hex(STARTINFO_SHIM_OVERLAP, r.start);
	}
	for (i = 0; i < si->nr_modules; i++) {
		r = module_range(si, i);
		if (!memmap_is_ram(map, r.start, r.end))
			return error_hex(STARTINFO_MODULE_NOT_RAM, r.start);
		if (range_overlaps(r, shim))
			return error_hex(STARTINFO_SHIM_OVERLAP, r.start);
		if (module_overlaps(si, i))
			return error_hex(STARTINFO_MODULE_OVERLAP, r.start);
	}
	return NO_ERROR;
}
