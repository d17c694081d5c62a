/* SPDX-License-Identifier: MIT */
/* Builds the start_info that a PVH kernel gets. Pure. */
#include <string.h>

#include <stdint.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "start_info.h"

_Static_assert(sizeof(struct hvm_start_info) +
			       sizeof(struct hvm_modlist_entry) +
			       STARTINFO_MAX_WRITE *
				       sizeof(struct hvm_memmap_table_entry) <=
		       PAGE_SIZE,
	       "one page is enough for startinfo_write()");

/* Linux takes command line and initrd from 32-bit members of boot_params. */
static struct error check_build(const struct startinfo_build *b, uint64_t need)
{
	if (b->map->nr > STARTINFO_MAX_WRITE)
		return error_hex(STARTINFO_TOO_MANY_RANGES, b->map->nr);
	if (need > b->out_size)
		return error_hex(STARTINFO_NO_ROOM, need);
	if (b->out_pa > FOUR_GIB - need)
		return error_hex(STARTINFO_ABOVE_4G, b->out_pa);
	if (b->cmdline_pa >= FOUR_GIB)
		return error_hex(STARTINFO_ABOVE_4G, b->cmdline_pa);
	if (b->initrd_size && (b->initrd_pa >= FOUR_GIB ||
			       b->initrd_size > FOUR_GIB - b->initrd_pa))
		return error_hex(STARTINFO_ABOVE_4G, b->initrd_pa);
	return NO_ERROR;
}

static void write_memmap(const struct memmap *map, uint8_t *out)
{
	struct hvm_memmap_table_entry m = {.reserved = 0};
	uint32_t i;

	for (i = 0; i < map->nr; i++) {
		m.addr = map->e[i].start;
		m.size = map->e[i].end - map->e[i].start;
		m.type = map->e[i].type;
		memcpy(out + i * sizeof(m), &m, sizeof(m));
	}
}

struct error startinfo_write(const struct startinfo_build *b)
{
	const uint64_t map_size =
		(uint64_t)b->map->nr * sizeof(struct hvm_memmap_table_entry);
	struct hvm_modlist_entry initrd = {.paddr = b->initrd_pa,
					   .size = b->initrd_size};
	struct hvm_start_info head = {
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.cmdline_paddr = b->cmdline_pa,
		.rsdp_paddr = b->rsdp_pa,
		.memmap_entries = b->map->nr,
	};
	uint32_t at = sizeof(head);
	struct error e;

	e = check_build(b, at + sizeof(initrd) + map_size);
	if (e.code)
		return e;
	if (b->initrd_size) {
		head.nr_modules = 1;
		head.modlist_paddr = b->out_pa + at;
		memcpy(b->out + at, &initrd, sizeof(initrd));
		at += sizeof(initrd);
	}
	head.memmap_paddr = b->out_pa + at;
	write_memmap(b->map, b->out + at);
	memcpy(b->out, &head, sizeof(head));
	return NO_ERROR;
}
