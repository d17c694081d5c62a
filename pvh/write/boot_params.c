/* SPDX-License-Identifier: MIT */
/*
 * Fills boot_params. Everything but the setup header and the members set
 * here stays zero; Linux takes zero for absent.
 */
#include <string.h>

#include "boot_params.h"

static uint32_t low_half(uint64_t v)
{
	return (uint32_t)v;
}

static uint32_t high_half(uint64_t v)
{
	return (uint32_t)(v >> 32);
}

static struct error check_place(const struct image *im, uint64_t pa,
				uint64_t size)
{
	if (size > UINT64_MAX - pa)
		return error_hex(BOOTPARAMS_WRAPS, pa);
	if (!im->above_4g && pa + size > FOUR_GIB)
		return error_hex(BOOTPARAMS_ABOVE_4G, pa);
	return NO_ERROR;
}

static struct error check_initrd(const struct bootparams_request *rq)
{
	uint64_t last = rq->initrd_pa + rq->initrd_size - 1;
	struct error e;

	if (!rq->initrd_size)
		return NO_ERROR;
	e = check_place(rq->image, rq->initrd_pa, rq->initrd_size);
	if (e.code)
		return e;
	if (last > rq->image->initrd_max)
		return error_hex(BOOTPARAMS_INITRD_HIGH, last);
	return NO_ERROR;
}

static struct error check_request(const struct bootparams_request *rq)
{
	const struct image *im = rq->image;
	uint32_t ext = bootparams_ext_size(rq->map->nr);
	struct error e;

	if (im->kind != IMAGE_BZIMAGE)
		return error_hex(BOOTPARAMS_NOT_BZIMAGE, im->kind);
	if (ext > rq->ext_size)
		return error_hex(BOOTPARAMS_NO_ROOM, ext);
	e = check_place(im, rq->kernel_pa, im->load_size);
	if (!e.code)
		e = check_place(im, rq->cmdline_pa,
				(uint64_t)im->cmdline_max + 1);
	if (!e.code)
		e = check_place(im, rq->page_pa, sizeof(struct boot_params));
	if (!e.code && ext)
		e = check_place(im, rq->ext_pa, ext);
	if (!e.code)
		e = check_initrd(rq);
	return e;
}

/* Only the header is copied: anything before it would set the sentinel. */
static void copy_header(struct boot_params *bp, const struct image *im,
			const uint8_t *file)
{
	uint32_t size = im->setup_size;

	if (size > SETUP_HEADER_MAX)
		size = SETUP_HEADER_MAX;
	memcpy((uint8_t *)bp + SETUP_HEADER_OFFSET, file + im->setup_offset,
	       size);
}

static void fill_header(struct boot_params *bp,
			const struct bootparams_request *rq)
{
	struct setup_header *h = &bp->hdr;

	h->type_of_loader = SETUP_LOADER_UNDEFINED;
	h->ext_loader_ver = 0;
	h->ext_loader_type = 0;
	h->loadflags |= LOADED_HIGH;
	h->loadflags &= (uint8_t)~CAN_USE_HEAP; /* there is no setup heap */
	if (rq->kernel_pa < FOUR_GIB)
		h->code32_start = low_half(rq->kernel_pa);
	h->cmd_line_ptr = low_half(rq->cmdline_pa);
	bp->ext_cmd_line_ptr = high_half(rq->cmdline_pa);
	h->ramdisk_image = 0;
	h->ramdisk_size = 0;
	if (!rq->initrd_size)
		return;
	h->ramdisk_image = low_half(rq->initrd_pa);
	bp->ext_ramdisk_image = high_half(rq->initrd_pa);
	h->ramdisk_size = low_half(rq->initrd_size);
	bp->ext_ramdisk_size = high_half(rq->initrd_size);
}

static struct boot_e820_entry e820_entry(const struct memmap_entry *e)
{
	return (struct boot_e820_entry){
		.addr = e->start,
		.size = e->end - e->start,
		.type = e->type, /* both number types as ACPI does */
	};
}

/* The map is sorted: KASLR looks at the page's table only, the low ranges. */
static void fill_e820(struct boot_params *bp,
		      const struct bootparams_request *rq)
{
	const struct memmap *map = rq->map;
	const uint32_t in_page = map->nr < E820_MAX_ENTRIES_ZEROPAGE
					 ? map->nr
					 : E820_MAX_ENTRIES_ZEROPAGE;
	struct boot_e820_entry e;
	struct setup_data head = {.type = SETUP_E820_EXT};
	uint8_t *out;
	uint32_t i;

	for (i = 0; i < in_page; i++)
		bp->e820_table[i] = e820_entry(&map->e[i]);
	bp->e820_entries = (uint8_t)in_page;
	bp->hdr.setup_data = 0;
	if (map->nr == in_page)
		return;
	out = rq->ext + sizeof(head);
	for (; i < map->nr; i++, out += sizeof(e)) {
		e = e820_entry(&map->e[i]);
		memcpy(out, &e, sizeof(e));
	}
	head.len = (map->nr - in_page) * (uint32_t)sizeof(e);
	memcpy(rq->ext, &head, sizeof(head));
	bp->hdr.setup_data = rq->ext_pa;
}

uint32_t bootparams_ext_size(uint32_t nr_ranges)
{
	if (nr_ranges <= E820_MAX_ENTRIES_ZEROPAGE)
		return 0;
	return (uint32_t)(sizeof(struct setup_data) +
			  (nr_ranges - E820_MAX_ENTRIES_ZEROPAGE) *
				  sizeof(struct boot_e820_entry));
}

struct error bootparams_fill(struct boot_params *bp,
			     const struct bootparams_request *rq)
{
	struct error e;

	e = check_request(rq);
	if (e.code)
		return e;
	memset(bp, 0, sizeof(*bp));
	copy_header(bp, rq->image, rq->file);
	fill_header(bp, rq);
	bp->acpi_rsdp_addr = rq->rsdp_pa;
	fill_e820(bp, rq);
	return NO_ERROR;
}
