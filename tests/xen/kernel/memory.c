/* SPDX-License-Identifier: MIT */
/*
 * The memory map that was handed over against the one that Xen gave the guest:
 * what is no RAM any more must be what the shim says that it keeps.
 */
#include "kernel.h"
#include "pvh/read/start_info.h"

#define LOW_END 0x100000u

static struct memmap xens;
static uint32_t wrong;

static void check(bool ok, const char *what, uint64_t start, uint64_t end)
{
	if (ok)
		return;
	wrong++;
	say("memory.bad=%s: %#lx-%#lx", what, start, end);
}

static uint64_t bytes_of(const struct memmap *m, uint32_t type)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < m->nr; i++)
		if (m->e[i].type == type)
			bytes += m->e[i].end - m->e[i].start;
	return bytes;
}

/* Neighbours of one type are one entry. */
static bool all_is(const struct memmap *m, uint64_t start, uint64_t end,
		   uint32_t type)
{
	for (uint32_t i = 0; i < m->nr; i++)
		if (m->e[i].type == type && m->e[i].start <= start &&
		    end <= m->e[i].end)
			return true;
	return false;
}

static uint64_t check_reserved(const struct memmap *m, const char *what,
			       uint64_t start, uint64_t size)
{
	check(size && all_is(m, start, start + size, MEMMAP_RESERVED), what,
	      start, start + size);
	return size;
}

/* Bytes of all that SCAR names. */
static uint64_t check_scar(const struct memmap *m, const struct scar_header *h)
{
	const struct scar_node *n = (const void *)(h + 1);
	uint64_t bytes = check_reserved(m, "low block", h->low_pa, h->low_size);

	check(h->low_pa + h->low_size <= LOW_END, "low block", h->low_pa,
	      h->low_pa + h->low_size);
	bytes += check_reserved(m, "log", h->log_pa, h->log_size);
	check(!__builtin_memcmp(paging_map(h->log_pa, h->log_size),
				"shim: ", 6),
	      "no text in the log", h->log_pa, h->log_pa + h->log_size);
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		bytes += check_reserved(m, "carve", n[i].carve_pa,
					n[i].carve_size);
	return bytes;
}

/* Nothing became RAM, and what was none in Xen's map is as it was. */
static void check_with_xen(const struct memmap *m)
{
	for (uint32_t i = 0; i < m->nr; i++)
		check(m->e[i].type != MEMMAP_RAM ||
			      memmap_is_ram(&xens, m->e[i].start, m->e[i].end),
		      "not RAM by Xen", m->e[i].start, m->e[i].end);
	for (uint32_t i = 0; i < xens.nr; i++)
		check(xens.e[i].type == MEMMAP_RAM ||
			      all_is(m, xens.e[i].start, xens.e[i].end,
				     xens.e[i].type),
		      "not as by Xen", xens.e[i].start, xens.e[i].end);
}

static void check_sum(const struct memmap *m)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	uint64_t ram = bytes_of(&xens, MEMMAP_RAM),
		 left = bytes_of(m, MEMMAP_RAM),
		 acpi = bytes_of(m, MEMMAP_ACPI) - bytes_of(&xens, MEMMAP_ACPI),
		 reserved = bytes_of(m, MEMMAP_RESERVED) -
			    bytes_of(&xens, MEMMAP_RESERVED);

	say("memory=%lu of %lu KiB RAM, %lu ACPI, %lu reserved", left >> 10,
	    ram >> 10, acpi >> 10, reserved >> 10);
	check(left + acpi + reserved == ram, "bytes of RAM", left, ram);
	if (h)
		check(check_scar(m, h) == reserved, "bytes reserved", reserved,
		      0);
}

/* Where Xen was told of the map: it answers with just that. */
static void check_same(const struct memmap *m)
{
	say("memory.xens=%u ranges", xens.nr);
	check(xens.nr == m->nr, "ranges by Xen", xens.nr, m->nr);
	for (uint32_t i = 0; i < m->nr; i++)
		check(all_is(&xens, m->e[i].start, m->e[i].end, m->e[i].type),
		      "not as by Xen", m->e[i].start, m->e[i].end);
}

static long read_xens(void)
{
	static struct boot_e820_entry e[E820_MAX_ENTRIES_ZEROPAGE];
	uint32_t nr = E820_MAX_ENTRIES_ZEROPAGE;
	long r = xen_memory_map(e, &nr);

	return r ? r : (long)startinfo_add_e820(&xens, e, nr).code;
}

void memory_report(const struct memmap *m, const struct acpi_tables *tables,
		   bool xen_was_told)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	long e = read_xens();

	check(!e, "XENMEM_memory_map", (uint64_t)-e, 0);
	if (xen_was_told) {
		check_same(m);
		if (h)
			check_scar(m, h);
	} else {
		check_with_xen(m);
		check_sum(m);
	}
	for (uint32_t i = 0; i < tables->nr_extents; i++) {
		struct range r = tables->extent[i];

		check(all_is(m, r.start, r.end, MEMMAP_ACPI) ||
			      all_is(m, r.start, r.end, MEMMAP_NVS),
		      "not in ACPI memory: table", r.start, r.end);
	}
	say("memory.wrong=%u", wrong);
}
