/* SPDX-License-Identifier: MIT */
/*
 * Memory is filled from the shim's start upwards, page by page: shim, modules,
 * start_info. The rest of what libxl adds is above RAM.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "acpi_libxl.h"
#include "guest_builder.h"

/* libxl_arch.h, xenguest.h: the hole starts at the lowest of what is in it */
#define HOLE_START    ACPI_LIBXL_PA
#define SPECIAL_PAGES 8u
#define SPECIAL_PA    (UINT64_C(0xff000000) - SPECIAL_PAGES * PAGE_SIZE)

/* xg_dom_x86.c: HVMLOADER_MODULE_CMDLINE_SIZE */
#define MODULE_LINE_BYTES 1024u
#define LINE_ALIGN	  8u

bool guest_refuse(struct builder *b, const char *what, const char *value,
		  const char *why)
{
	lines_printf(b->why, "%s: %s: %s", what, value, why);
	return false;
}

/* ---- Memory ------------------------------------------------------------ */

uint8_t *guest_add(struct guest *g, uint64_t pa, uint64_t size, uint8_t *bytes)
{
	if (g->nr_regions == GUEST_MAX_REGIONS)
		return NULL;
	if (!bytes)
		bytes = lines_alloc(size);
	g->region[g->nr_regions++] = (struct guest_region){pa, size, bytes};
	return bytes;
}

/* What the shim asks for beyond it is small: tables of its own. */
#define MAX_NEW_REGION MIB

void *guest_at(struct guest *g, uint64_t pa, uint64_t size_bytes)
{
	for (uint32_t i = 0; i < g->nr_regions; i++) {
		const struct guest_region *r = &g->region[i];

		if (pa >= r->pa && pa - r->pa <= r->size_bytes &&
		    size_bytes <= r->size_bytes - (pa - r->pa))
			return r->bytes + (pa - r->pa);
	}
	if (size_bytes > MAX_NEW_REGION)
		return NULL;
	return guest_add(g, pa, size_bytes, NULL);
}

/* xc_dom_alloc_segment() */
bool guest_take(struct builder *b, const char *what, const char *value,
		uint64_t size, uint64_t *pa)
{
	*pa = b->next;
	if (size > b->low_end || page_up(size) > b->low_end - b->next)
		return guest_refuse(b, what, value,
				    "does not fit the guest's memory");
	b->next += page_up(size);
	return true;
}

static void split_memory(struct builder *b)
{
	b->low_end = b->c->memory_bytes;
	if (b->low_end <= HOLE_START)
		return;
	b->high_end = FOUR_GIB + (b->low_end - HOLE_START);
	b->low_end = HOLE_START;
}

/* ---- start_info -------------------------------------------------------- */

/* domain_construct_memmap() */
static uint32_t memory_map(const struct builder *b,
			   struct hvm_memmap_table_entry *m)
{
	uint32_t nr = 0;

	m[nr++] = (struct hvm_memmap_table_entry){.size = b->low_end,
						  .type = MEMMAP_RAM};
	m[nr++] = (struct hvm_memmap_table_entry){.addr = SPECIAL_PA,
						  .size = SPECIAL_PAGES *
							  PAGE_SIZE,
						  .type = MEMMAP_RESERVED};
	m[nr++] = (struct hvm_memmap_table_entry){.addr = ACPI_LIBXL_PA,
						  .size = ACPI_LIBXL_BYTES,
						  .type = MEMMAP_ACPI};
	if (b->high_end)
		m[nr++] = (struct hvm_memmap_table_entry){.addr = FOUR_GIB,
							  .size = b->high_end -
								  FOUR_GIB,
							  .type = MEMMAP_RAM};
	return nr;
}

static uint64_t line_bytes(const char *line)
{
	return line ? (strlen(line) + 1 + LINE_ALIGN - 1) & ~(LINE_ALIGN - 1)
		    : 0;
}

static void fill_modules(struct builder *b, uint8_t *block, uint64_t at)
{
	uint64_t lines = at + MAX_MODULES * sizeof(struct hvm_modlist_entry);

	for (uint32_t i = 0; i < b->nr_modules; i++) {
		uint64_t line = lines + i * MODULE_LINE_BYTES;

		if (b->module_line[i]) {
			b->module[i].cmdline_paddr = b->g->start_info_pa + line;
			strcpy((char *)block + line, b->module_line[i]);
		}
	}
	memcpy(block + at, b->module, b->nr_modules * sizeof(b->module[0]));
}

/* bootlate_hvm() */
static bool make_start_info(struct builder *b)
{
	const char *line = b->c->pvshim ? b->c->shim_line : b->c->linux_line;
	struct hvm_memmap_table_entry map[4] = {{0}};
	uint32_t nr = memory_map(b, map);
	uint64_t list = sizeof(struct hvm_start_info) + line_bytes(line);
	uint64_t map_at =
		list + MAX_MODULES * (sizeof(b->module[0]) + MODULE_LINE_BYTES);
	uint64_t size = page_up(map_at + nr * sizeof(map[0]));
	struct hvm_start_info head = {
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.nr_modules = b->nr_modules,
		.rsdp_paddr = ACPI_LIBXL_RSDP_PA,
		.memmap_entries = nr,
	};
	uint8_t *block;

	if (!guest_take(b, "memory", "start_info", size, &b->g->start_info_pa))
		return false;
	block = guest_add(b->g, b->g->start_info_pa, size, NULL);
	head.memmap_paddr = b->g->start_info_pa + map_at;
	if (b->nr_modules)
		head.modlist_paddr = b->g->start_info_pa + list;
	if (line) {
		head.cmdline_paddr = b->g->start_info_pa + sizeof(head);
		strcpy((char *)block + sizeof(head), line);
	}
	memcpy(block, &head, sizeof(head));
	fill_modules(b, block, list);
	memcpy(block + map_at, map, nr * sizeof(map[0]));
	return true;
}

/* ---- What Xen knows ---------------------------------------------------- */

static void add_vmemrange(struct xen_vnuma *v, uint64_t start, uint64_t end,
			  uint32_t vnode)
{
	v->vmemrange[v->nr_ranges++] =
		(struct topology_vmemrange){start, end, 0, vnode};
}

/* libxl__vnuma_build_vmemrange_hvm(): one that spans the hole has two. */
static void make_vmemranges(const struct builder *b, struct xen_vnuma *v)
{
	uint64_t next = 0;

	for (uint32_t i = 0; i < b->c->nr_vnodes; i++) {
		uint64_t left = b->c->vnode[i].size_bytes;

		while (left) {
			uint64_t count = left;

			if (next >= b->low_end && next < FOUR_GIB)
				next = FOUR_GIB;
			if (next < b->low_end && next + left >= b->low_end)
				count = b->low_end - next;
			add_vmemrange(v, next, next + count, i);
			left -= count;
			next += count;
		}
	}
}

static void make_vnuma(const struct builder *b)
{
	const struct config *c = b->c;
	struct xen_vnuma *v = &b->g->vnuma;

	v->nr_vnodes = c->nr_vnodes;
	v->nr_vcpus = c->nr_vcpus;
	for (uint32_t i = 0; i < c->nr_vnodes; i++) {
		for (uint32_t k = 0; k < c->nr_vnodes; k++)
			v->vdistance[i * c->nr_vnodes + k] =
				c->vnode[i].distance[k];
		for (uint32_t id = 0; id < c->nr_vcpus; id++)
			if (c->vnode[i].vcpu[id])
				v->vcpu_to_vnode[id] = i;
	}
	make_vmemranges(b, v);
}

enum guest_error guest_build(struct guest *g, const struct config *c,
			     const struct host *h, struct lines *notes,
			     struct lines *why)
{
	struct builder b = {.g = g, .c = c, .h = h, .notes = notes, .why = why};
	enum guest_error e;

	*g = (struct guest){.have_bytes = c->have_bytes,
			    .xen = {.major = 4,
				    .minor = h->xen_minor,
				    .x2apic = h->x2apic && c->x2apic,
				    .nx = h->nx && c->nx}};
	split_memory(&b);
	e = guest_load(&b);
	if (e)
		return e;
	if (!make_start_info(&b))
		return GUEST_REFUSED;
	acpi_libxl_write(guest_add(g, ACPI_LIBXL_PA, ACPI_LIBXL_BYTES, NULL),
			 c->nr_vcpus, c->nr_enabled, c->madt);
	make_vnuma(&b);
	return GUEST_OK;
}

void guest_free(struct guest *g)
{
	for (uint32_t i = 0; i < g->nr_regions; i++)
		free(g->region[i].bytes);
	g->nr_regions = 0;
	lines_free(&g->missing);
}
