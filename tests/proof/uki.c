/* SPDX-License-Identifier: MIT */
/*
 * Of a UKI: uki_check() on parts of any place and size, uki_is() and
 * uki_sections() on any file of up to BYTES bytes, which has room for the
 * headers and one section's, and uki_line() on any part of one.
 */
#include SOURCE

#include "bytes.h"

static bool is_inside(struct uki_part p, uint64_t size)
{
	return !p.size || (p.offset <= size && p.size <= size - p.offset);
}

static bool are_apart(struct uki_part a, struct uki_part b)
{
	return !a.size || !b.size || a.offset + a.size <= b.offset ||
	       b.offset + b.size <= a.offset;
}

/*
 * Small numbers: they are only added, in 64 bits of 32 each, and compared.
 * These are enough for each order of the ends of four parts and of the file.
 */
#define NUMBER_MAX 15u

static struct uki_part any_part(void)
{
	return (struct uki_part){any_up_to(NUMBER_MAX), any_up_to(NUMBER_MAX)};
}

/* What the shim takes of it lies in the file, and apart. */
void proof_uki_check(void)
{
	uint64_t size = any_up_to(2 * NUMBER_MAX);
	struct uki u = {any_part(), any_part(), any_part(), any_part()};

	for (uint32_t i = 0; i < UKI_MAX_PROFILES; i++)
		u.profile[i] = any_part();
	if (uki_check(&u, size).code)
		return;
	prove(is_inside(u.linux_image, size) && is_inside(u.initrd, size));
	prove(is_inside(u.cmdline, size) && is_inside(u.osrel, size));
	prove(are_apart(u.linux_image, u.initrd));
	prove(are_apart(u.linux_image, u.cmdline));
	prove(are_apart(u.initrd, u.osrel));
	prove(is_inside(u.profile[any_up_to(UKI_MAX_PROFILES - 1)], size));
}

/* Read nowhere outside, wherever it says that its headers are. */
void proof_uki_is(void)
{
	uint32_t nr;
	const uint8_t *file = any_bytes(&nr);

	if (uki_is(file, nr))
		prove(nr >= 64 && file[0] == 'M' && file[1] == 'Z');
}

/* The line that is made of a part stays in it. */
void proof_uki_line(void)
{
	uint32_t nr;
	uint8_t *file = (uint8_t *)any_bytes(&nr);
	struct uki_part part = {any_up_to(nr), 0};
	struct text t;

	part.size = any_up_to((uint32_t)(nr - part.offset));
	t = uki_line(file, part);
	prove(text_is_inside(
		t, (struct text){(char *)file + part.offset, part.size}));
	prove(!t.len || (t.p[0] != ' ' && t.p[t.len - 1] != ' '));
	for (size_t i = 0; i < t.len; i++)
		prove((uint8_t)t.p[i] >= ' ' && t.p[i] != '\x7f');
}

/* ---- Sections ----------------------------------------------------------- */

/* Wherever the headers are, those of all sections are in the file. */
void proof_uki_sections(void)
{
	uint32_t nr, i = nondet_u32();
	const uint8_t *file = any_bytes(&nr);
	struct sections s;
	struct pe_section h;

	if (uki_sections(&s, file, nr).code || i >= s.nr)
		return;
	prove(s.nr <= PE_MAX_SECTIONS);
	h = uki_section(&s, i);
	prove(s.first >= file && s.first - file + (i + 1) * sizeof(h) <= nr);
	prove(!memcmp(&h, s.first + i * sizeof(h), sizeof(h)));
}
