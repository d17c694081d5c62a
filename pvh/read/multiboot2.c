/* SPDX-License-Identifier: MIT */
/*
 * Reads a multiboot2 information structure. Tags are copied before use; texts
 * stay where they are. Of several lines or maps the first counts, of RSDPs the
 * new kind. Pure.
 */
#include <string.h>

#include "abi/acpi.h"
#include "abi/multiboot2.h"
#include "acpi.h"
#include "multiboot2.h"

#define RSDP_STEP 16u /* ACPI specification 6.5, 5.2.5.1 */

/* GRUB's 20_linux_xen has it as the first word of each kernel's line. */
#define PLACEHOLDER TEXT("placeholder")

/* The information as a whole, and the tag that is looked at. */
struct info {
	uint64_t pa;
	const uint8_t *bytes;
	uint32_t size;
	uint32_t at;
	struct multiboot2_tag tag;
	bool has_line;
};

static const uint8_t *tag_body(const struct info *i)
{
	return i->bytes + i->at + sizeof(i->tag);
}

static uint32_t tag_body_bytes(const struct info *i)
{
	return i->tag.size - (uint32_t)sizeof(i->tag);
}

static struct error tag_bad(const struct info *i)
{
	return error_hex(MULTIBOOT2_BAD_TAG, i->pa + i->at);
}

static struct error info_open(struct info *i, struct guest_memory mem,
			      uint64_t pa)
{
	struct multiboot2_info head;
	const void *p = NULL;

	if (pa <= PA_END - MULTIBOOT2_MAX_BYTES)
		p = mem.at(mem.ctx, pa, sizeof(head));
	if (!p)
		return error_hex(MULTIBOOT2_UNREADABLE, pa);
	memcpy(&head, p, sizeof(head));
	if (head.total_size < sizeof(head) + sizeof(struct multiboot2_tag) ||
	    head.total_size > MULTIBOOT2_MAX_BYTES)
		return error_number(MULTIBOOT2_BAD_SIZE, head.total_size);
	*i = (struct info){.pa = pa, .size = head.total_size};
	i->bytes = mem.at(mem.ctx, pa, i->size);
	return i->bytes ? NO_ERROR : error_hex(MULTIBOOT2_UNREADABLE, pa);
}

/* Goes to the tag at @at, which has to lie inside. */
static struct error info_tag(struct info *i, uint32_t at)
{
	i->at = at;
	if (at > i->size || i->size - at < sizeof(i->tag))
		return error_hex(MULTIBOOT2_NO_END, i->pa);
	memcpy(&i->tag, i->bytes + at, sizeof(i->tag));
	if (i->tag.size < sizeof(i->tag) || i->tag.size > i->size - at)
		return tag_bad(i);
	return NO_ERROR;
}

static struct text without_placeholder(struct text line)
{
	struct text rest = line, word;

	if (!text_word(&rest, &word) || !text_eq(word, PLACEHOLDER))
		return line;
	while (rest.len && *rest.p == ' ')
		rest = (struct text){rest.p + 1, rest.len - 1};
	return rest;
}

/* The line behind the first @skip bytes of the tag's body; a zero ends it. */
static struct error tag_line(const struct info *i, uint32_t skip,
			     struct text *line)
{
	uint32_t max = tag_body_bytes(i);
	const char *p = (const char *)tag_body(i) + skip;

	if (max <= skip)
		return tag_bad(i);
	*line = text_from(p, max - skip);
	if (line->len == max - skip || line->len >= STARTINFO_MAX_CMDLINE)
		return error_hex(STARTINFO_LONG_CMDLINE,
				 i->pa + i->at + sizeof(i->tag) + skip);
	*line = without_placeholder(*line);
	return NO_ERROR;
}

static struct error add_line(struct startinfo *si, struct info *i)
{
	if (i->has_line)
		return NO_ERROR;
	i->has_line = true;
	return tag_line(i, 0, &si->cmdline);
}

static struct error add_module(struct startinfo *si, const struct info *i)
{
	struct startinfo_module *m = &si->module[si->nr_modules];
	struct multiboot2_module t;

	if (tag_body_bytes(i) < sizeof(t))
		return tag_bad(i);
	if (si->nr_modules == STARTINFO_MAX_MODULES)
		return error_number(STARTINFO_TOO_MANY_MODULES,
				    si->nr_modules + 1);
	memcpy(&t, tag_body(i), sizeof(t));
	if (t.start >= t.end)
		return error_number(STARTINFO_EMPTY_MODULE, si->nr_modules);
	m->pa = t.start;
	m->size = t.end - t.start;
	si->nr_modules++;
	return tag_line(i, sizeof(t), &m->cmdline);
}

static struct error add_map(struct startinfo *si, struct memmap *map,
			    const struct info *i)
{
	uint32_t left = tag_body_bytes(i);
	const uint8_t *p = tag_body(i);
	struct multiboot2_map head;
	struct multiboot2_map_entry e;
	struct error error = NO_ERROR;

	if (si->has_memmap)
		return NO_ERROR;
	if (left < sizeof(head))
		return tag_bad(i);
	memcpy(&head, p, sizeof(head));
	if (head.entry_size < sizeof(e))
		return tag_bad(i);
	p += sizeof(head);
	left -= (uint32_t)sizeof(head);
	if (left / head.entry_size > STARTINFO_MAX_MEMMAP)
		return error_number(STARTINFO_BAD_COUNT,
				    left / head.entry_size);
	for (; left >= head.entry_size && !error.code;
	     left -= head.entry_size, p += head.entry_size) {
		memcpy(&e, p, sizeof(e));
		error = memmap_add(map, e.start, e.size, e.type);
	}
	si->has_memmap = true;
	return error;
}

/* The newer one if both are there; acpi_is_rsdp() says whether it is one. */
static void add_rsdp(struct startinfo *si, const struct info *i)
{
	if (!si->rsdp_pa || i->tag.type == MULTIBOOT2_RSDP_NEW)
		si->rsdp_pa = i->pa + i->at + sizeof(i->tag);
}

static struct error add_tag(struct startinfo *si, struct memmap *map,
			    struct info *i)
{
	switch (i->tag.type) {
	case MULTIBOOT2_LINE:
		return add_line(si, i);
	case MULTIBOOT2_MODULE:
		return add_module(si, i);
	case MULTIBOOT2_MAP:
		return add_map(si, map, i);
	case MULTIBOOT2_RSDP_OLD:
	case MULTIBOOT2_RSDP_NEW:
		add_rsdp(si, i);
		break;
	}
	return NO_ERROR;
}

struct error multiboot2_read(struct startinfo *si, struct memmap *map,
			     struct guest_memory mem, uint64_t pa)
{
	struct error e;
	struct info i;

	memset(si, 0, sizeof(*si));
	si->multiboot2 = true;
	si->cmdline = TEXT("");
	map->nr = 0;
	e = info_open(&i, mem, pa);
	if (e.code)
		return e;
	si->table[si->nr_tables++] = (struct range){pa, pa + i.size};
	e = info_tag(&i, sizeof(struct multiboot2_info));
	while (!e.code && i.tag.type != MULTIBOOT2_END) {
		e = add_tag(si, map, &i);
		if (!e.code)
			e = info_tag(&i, (i.at + i.tag.size + MULTIBOOT2_ALIGN -
					  1) & ~(MULTIBOOT2_ALIGN - 1));
	}
	return e;
}

/* ---- RSDP -------------------------------------------------------------- */

/* The first one in @r; @left is what may still be searched. */
static uint64_t search_range(struct guest_memory mem, struct range r,
			     uint64_t *left)
{
	uint64_t pa = (r.start + RSDP_STEP - 1) & ~(uint64_t)(RSDP_STEP - 1);

	for (; pa < r.end && *left; pa += RSDP_STEP, *left -= RSDP_STEP)
		if (acpi_is_rsdp(mem, pa))
			return pa;
	return 0;
}

/* Linux must not use what it may be told of. */
static struct error keep_copy(struct startinfo *si, struct memmap *map,
			      struct guest_memory mem)
{
	uint64_t start = si->rsdp_pa & ~(uint64_t)(PAGE_SIZE - 1);

	if (!si->rsdp_pa)
		return NO_ERROR;
	if (!acpi_is_rsdp(mem, si->rsdp_pa)) {
		si->rsdp_pa = 0;
		return NO_ERROR;
	}
	return memmap_set(map, start,
			  page_up(si->rsdp_pa + sizeof(struct acpi_rsdp)),
			  MEMMAP_ACPI);
}

struct error multiboot2_find_rsdp(struct startinfo *si, struct memmap *map,
				  struct guest_memory mem)
{
	uint64_t left = MULTIBOOT2_MAX_SEARCH, pa = 0;

	for (uint32_t i = 0; i < map->nr && !pa; i++)
		if (map->e[i].type == MEMMAP_ACPI ||
		    map->e[i].type == MEMMAP_NVS)
			pa = search_range(
				mem,
				(struct range){map->e[i].start, map->e[i].end},
				&left);
	if (!pa)
		return keep_copy(si, map, mem);
	si->rsdp_pa = pa;
	return NO_ERROR;
}
