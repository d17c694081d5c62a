/* SPDX-License-Identifier: MIT */
/*
 * Unified kernel images: Linux, its initrd and its command line as sections of
 * an EFI program (UAPI group, UAPI.5 "Unified Kernel Image"; systemd-stub(7)).
 * Pure; reads only inside the file, follows nothing.
 */
#ifndef UKI_H
#define UKI_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

/* More of them are counted. */
#define UKI_MAX_PROFILES 8

/* A section's bytes in the file; without padding; none if @size is 0. */
struct uki_part {
	uint64_t offset, size;
};

struct uki {
	struct uki_part linux_image, initrd, cmdline, osrel;
	uint32_t nr_profiles; /* 0: of an image that has no .profile */
	struct uki_part profile[UKI_MAX_PROFILES]; /* .profile of each */
};

/* An EFI program; a bzImage, which has such headers too, is none here. */
bool uki_is(const uint8_t *file, uint64_t size);
/*
 * Finds the parts in the @size bytes at @file. Of several profiles the first
 * is taken: its sections, then those before all profiles. The parts lie in the
 * file, apart from each other.
 */
struct error uki_parse(struct uki *u, const uint8_t *file, uint64_t size);
/*
 * The part's text up to its first zero, without the blanks around it. Control
 * characters in it are made blanks, where they lie.
 */
struct text uki_line(uint8_t *file, struct uki_part part);
/* The value of @key ("ID=") in lines as of os-release(5); empty if none. */
struct text uki_value(const uint8_t *file, struct uki_part part,
		      struct text key);

#endif
