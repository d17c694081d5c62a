/* SPDX-License-Identifier: MIT */
/*
 * Reads start_info. What Xen passed is copied out before it is looked at, as
 * it may be unaligned; only the texts stay where they are. Pure.
 */
#include <string.h>

#include <stdint.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "start_info.h"

/* Members before memmap_paddr are all that version 0 has. */
#define VERSION_0_SIZE offsetof(struct hvm_start_info, memmap_paddr)

const char *startinfo_error_text(enum startinfo_error e)
{
	switch (e) {
	case STARTINFO_OK:
		return "ok";
	case STARTINFO_UNREADABLE:
		return "start_info is outside of memory";
	case STARTINFO_BAD_MAGIC:
		return "start_info has a wrong magic";
	case STARTINFO_TOO_MANY_MODULES:
		return "start_info has too many modules";
	case STARTINFO_BAD_MODLIST:
		return "module list is outside of memory";
	case STARTINFO_BAD_CMDLINE:
		return "command line is outside of memory";
	case STARTINFO_LONG_CMDLINE:
		return "command line has no end within 64 KiB";
	case STARTINFO_BAD_COUNT:
		return "memory map has too many entries";
	case STARTINFO_BAD_MEMMAP:
		return "memory map is outside of memory";
	case STARTINFO_MEMMAP_FULL:
		return "memory map has too many ranges";
	case STARTINFO_MEMMAP_WRAPS:
		return "memory map has a range that wraps";
	case STARTINFO_MEMMAP_OVERLAP:
		return "memory map has ranges that overlap";
	case STARTINFO_EMPTY_MODULE:
		return "module is empty (0 is Linux, 1 its initrd)";
	case STARTINFO_TABLE_OUTSIDE:
		return "start_info has a part outside of the memory map";
	case STARTINFO_MODULE_NOT_RAM:
		return "module is not in RAM";
	case STARTINFO_MODULE_OVERLAP:
		return "module overlaps another or start_info";
	case STARTINFO_SHIM_OVERLAP:
		return "module or start_info overlaps the shim";
	case STARTINFO_NO_ROOM:
		return "no room for the kernel's start_info";
	case STARTINFO_TOO_MANY_RANGES:
		return "too many memory ranges for a PVH kernel (want its bzImage)";
	case STARTINFO_ABOVE_4G:
		return "address above 4 GiB for a PVH kernel";
	}
	return "unknown error";
}

static enum startinfo_error fail(enum startinfo_error e, uint64_t *bad,
				 uint64_t value)
{
	*bad = value;
	return e;
}

static bool pa_fits(uint64_t pa, uint64_t size)
{
	return pa <= PA_END && size <= PA_END - pa;
}

static const void *view(struct acpi_memory mem, uint64_t pa, uint64_t size)
{
	return pa_fits(pa, size) ? mem.at(mem.ctx, pa, size) : NULL;
}

static void add_table(struct startinfo *si, uint64_t pa, uint64_t size)
{
	si->table[si->nr_tables++] = (struct range){pa, pa + size};
}

static enum startinfo_error add_range(struct memmap *map, uint64_t pa,
				      uint64_t size, uint32_t type,
				      uint64_t *bad)
{
	switch (memmap_add(map, pa, size, type)) {
	case MEMMAP_OK:
		return STARTINFO_OK;
	case MEMMAP_FULL:
		return fail(STARTINFO_MEMMAP_FULL, bad, pa);
	case MEMMAP_WRAPS:
		return fail(STARTINFO_MEMMAP_WRAPS, bad, pa);
	case MEMMAP_OVERLAP:
		break;
	}
	return fail(STARTINFO_MEMMAP_OVERLAP, bad, pa);
}

/*
 * Finds the zero behind @pa, mapping at most to the end of each page: what
 * follows the text's last page need not be memory.
 */
static enum startinfo_error measure(struct acpi_memory mem, uint64_t pa,
				    uint64_t *len)
{
	uint64_t done = 0, step, i;
	const char *p;

	while (done < STARTINFO_MAX_CMDLINE) {
		step = PAGE_SIZE - (pa + done) % PAGE_SIZE;
		if (step > STARTINFO_MAX_CMDLINE - done)
			step = STARTINFO_MAX_CMDLINE - done;
		p = view(mem, pa + done, step);
		if (!p)
			return STARTINFO_BAD_CMDLINE;
		for (i = 0; i < step; i++) {
			if (!p[i]) {
				*len = done + i;
				return STARTINFO_OK;
			}
		}
		done += step;
	}
	return STARTINFO_LONG_CMDLINE;
}

static enum startinfo_error read_cmdline(struct startinfo *si,
					 struct acpi_memory mem, uint64_t pa,
					 struct text *line, uint64_t *bad)
{
	enum startinfo_error e;
	uint64_t len;

	*line = TEXT("");
	if (!pa)
		return STARTINFO_OK;
	e = measure(mem, pa, &len);
	if (e)
		return fail(e, bad, pa);
	line->p = view(mem, pa, len + 1);
	if (!line->p)
		return fail(STARTINFO_BAD_CMDLINE, bad, pa);
	line->len = len;
	add_table(si, pa, len + 1);
	return STARTINFO_OK;
}

static enum startinfo_error read_head(struct startinfo *si,
				      struct hvm_start_info *head,
				      struct acpi_memory mem, uint64_t pa,
				      uint64_t *bad)
{
	const void *p = view(mem, pa, VERSION_0_SIZE);
	uint64_t size = VERSION_0_SIZE;

	if (!p)
		return fail(STARTINFO_UNREADABLE, bad, pa);
	memset(head, 0, sizeof(*head));
	memcpy(head, p, size);
	if (head->magic != XEN_HVM_START_MAGIC_VALUE)
		return fail(STARTINFO_BAD_MAGIC, bad, head->magic);
	if (head->version) {
		size = sizeof(*head);
		p = view(mem, pa, size);
		if (!p)
			return fail(STARTINFO_UNREADABLE, bad, pa);
		memcpy(head, p, size);
	}
	add_table(si, pa, size);
	si->version = head->version;
	si->rsdp_pa = head->rsdp_paddr;
	return STARTINFO_OK;
}

static enum startinfo_error read_modules(struct startinfo *si,
					 const struct hvm_start_info *head,
					 struct acpi_memory mem, uint64_t *bad)
{
	struct hvm_modlist_entry m;
	enum startinfo_error e;
	const uint8_t *p;
	uint32_t i;

	if (!head->nr_modules)
		return STARTINFO_OK;
	if (head->nr_modules > STARTINFO_MAX_MODULES)
		return fail(STARTINFO_TOO_MANY_MODULES, bad, head->nr_modules);
	p = view(mem, head->modlist_paddr, head->nr_modules * sizeof(m));
	if (!p)
		return fail(STARTINFO_BAD_MODLIST, bad, head->modlist_paddr);
	add_table(si, head->modlist_paddr, head->nr_modules * sizeof(m));
	for (i = 0; i < head->nr_modules; i++) {
		memcpy(&m, p + i * sizeof(m), sizeof(m));
		if (!m.size)
			return fail(STARTINFO_EMPTY_MODULE, bad, i);
		if (!pa_fits(m.paddr, m.size))
			return fail(STARTINFO_MODULE_NOT_RAM, bad, m.paddr);
		si->module[i].pa = m.paddr;
		si->module[i].size = m.size;
		e = read_cmdline(si, mem, m.cmdline_paddr,
				 &si->module[i].cmdline, bad);
		if (e)
			return e;
		si->nr_modules++;
	}
	return STARTINFO_OK;
}

static enum startinfo_error read_memmap(struct startinfo *si,
					const struct hvm_start_info *head,
					struct memmap *map,
					struct acpi_memory mem, uint64_t *bad)
{
	struct hvm_memmap_table_entry m;
	uint64_t pa = head->memmap_paddr;
	enum startinfo_error e;
	const uint8_t *p;
	uint32_t i;

	if (!head->memmap_entries)
		return STARTINFO_OK;
	if (head->memmap_entries > STARTINFO_MAX_MEMMAP)
		return fail(STARTINFO_BAD_COUNT, bad, head->memmap_entries);
	p = view(mem, pa, head->memmap_entries * sizeof(m));
	if (!p)
		return fail(STARTINFO_BAD_MEMMAP, bad, pa);
	add_table(si, pa, head->memmap_entries * sizeof(m));
	for (i = 0; i < head->memmap_entries; i++) {
		memcpy(&m, p + i * sizeof(m), sizeof(m));
		e = add_range(map, m.addr, m.size, m.type, bad);
		if (e)
			return e;
	}
	si->has_memmap = true;
	return STARTINFO_OK;
}

enum startinfo_error startinfo_read(struct startinfo *si, struct memmap *map,
				    struct acpi_memory mem, uint64_t pa,
				    uint64_t *bad)
{
	struct hvm_start_info head;
	enum startinfo_error e;

	memset(si, 0, sizeof(*si));
	map->nr = 0;
	*bad = 0;
	e = read_head(si, &head, mem, pa, bad);
	if (!e)
		e = read_cmdline(si, mem, head.cmdline_paddr, &si->cmdline,
				 bad);
	if (!e)
		e = read_memmap(si, &head, map, mem, bad);
	if (!e)
		e = read_modules(si, &head, mem, bad);
	return e;
}

enum startinfo_error startinfo_add_e820(struct memmap *map,
					const struct boot_e820_entry *e,
					uint32_t nr, uint64_t *bad)
{
	enum startinfo_error err;
	uint32_t i;

	*bad = 0;
	for (i = 0; i < nr; i++) {
		err = add_range(map, e[i].addr, e[i].size, e[i].type, bad);
		if (err)
			return err;
	}
	return STARTINFO_OK;
}

static bool overlaps(struct range a, struct range b)
{
	return a.start < b.end && b.start < a.end;
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
		if (overlaps(r, module_range(si, k)))
			return true;
	}
	for (k = 0; k < si->nr_tables; k++) {
		if (overlaps(r, si->table[k]))
			return true;
	}
	return false;
}

enum startinfo_error startinfo_check(const struct startinfo *si,
				     const struct memmap *map,
				     struct range shim, uint64_t *bad)
{
	struct range r;
	uint32_t i;

	*bad = 0;
	for (i = 0; i < si->nr_tables; i++) {
		r = si->table[i];
		if (!in_map(map, r))
			return fail(STARTINFO_TABLE_OUTSIDE, bad, r.start);
		if (overlaps(r, shim))
			return fail(STARTINFO_SHIM_OVERLAP, bad, r.start);
	}
	for (i = 0; i < si->nr_modules; i++) {
		r = module_range(si, i);
		if (!memmap_is_ram(map, r.start, r.end))
			return fail(STARTINFO_MODULE_NOT_RAM, bad, r.start);
		if (overlaps(r, shim))
			return fail(STARTINFO_SHIM_OVERLAP, bad, r.start);
		if (module_overlaps(si, i))
			return fail(STARTINFO_MODULE_OVERLAP, bad, r.start);
	}
	return STARTINFO_OK;
}
