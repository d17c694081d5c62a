/* SPDX-License-Identifier: MIT */
/*
 * Kernel images: recognises and checks a bzImage (Linux
 * Documentation/arch/x86/boot.rst) and an ELF with a PVH note (Xen
 * public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY). Pure; reads only inside the
 * image, follows nothing.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_kind {
	IMAGE_BZIMAGE,
	IMAGE_ELF,
};

#define IMAGE_MAX_SEGMENTS 16

struct image {
	enum image_kind kind;
	/* Memory that the kernel needs while it unpacks itself or runs. */
	uint64_t load_pa;     /* preferred (bzImage) or fixed (ELF) */
	uint64_t load_size;   /* init_size, or extent of the segments */
	uint64_t align;	      /* bzImage: kernel_alignment; power of two */
	bool relocatable;     /* may be placed at another multiple of align */
	uint64_t entry;	      /* bzImage: offset in the copy; ELF: address */
	uint32_t cmdline_max; /* without the terminating zero */
	/*
	 * A bzImage, or an ELF with a note of Linux's. Words on the command
	 * line of any other, as GRUB is one, reach no Linux.
	 */
	bool is_linux;
	/* bzImage only */
	uint64_t payload_offset, payload_size; /* what is copied, in the file */
	uint64_t initrd_max; /* highest address of its last byte */
	bool above_4g;	     /* initrd and command line may be above 4 GiB */
	uint32_t setup_offset, setup_size; /* setup header, in the file */
	/* ELF only; filesz <= memsz, sorted by pa, disjoint */
	uint32_t nr_segments;
	struct image_segment {
		uint64_t offset, filesz, memsz, pa;
	} segment[IMAGE_MAX_SEGMENTS];
};

/* It has the setup header of one; nothing else is looked at. */
bool image_is_bzimage(const uint8_t *file, uint64_t size);
/* Checks the @size bytes at @file. */
struct error image_parse(struct image *im, const uint8_t *file, uint64_t size);

#endif
