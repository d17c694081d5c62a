/* SPDX-License-Identifier: MIT */
/*
 * Reads unified kernel images. Headers are copied before use, as they may be
 * unaligned; every offset is checked against the file's size first.
 */
#include "uki.h"

#include <string.h>

#include "abi/pe.h"
#include "image.h"

/* The section headers, with all of them inside the file. */
struct sections {
	const uint8_t *first;
	uint32_t nr;
};

static uint32_t uki_word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* False if it is no EFI program. */
static bool uki_header(struct pe_header *h, uint64_t *at, const uint8_t *file,
		       uint64_t size)
{
	uint16_t dos;

	if (size < PE_OFFSET_AT + sizeof(uint32_t))
		return false;
	memcpy(&dos, file, sizeof(dos));
	*at = uki_word(file + PE_OFFSET_AT);
	if (dos != PE_DOS_MAGIC || *at > size || sizeof(*h) > size - *at)
		return false;
	memcpy(h, file + *at, sizeof(*h));
	*at += sizeof(*h);
	return h->magic == PE_MAGIC;
}

bool uki_is(const uint8_t *file, uint64_t size)
{
	struct pe_header h;
	uint64_t at;

	return uki_header(&h, &at, file, size) && !image_is_bzimage(file, size);
}

static struct error uki_sections(struct sections *s, const uint8_t *file,
				 uint64_t size)
{
	struct pe_header h;
	uint64_t at, bytes;

	if (!uki_header(&h, &at, file, size))
		return error_plain(IMAGE_UNKNOWN);
	if (h.machine != PE_MACHINE_AMD64)
		return error_hex(UKI_OTHER_MACHINE, h.machine);
	if (h.nr_sections > PE_MAX_SECTIONS)
		return error_number(UKI_MANY_SECTIONS, h.nr_sections);
	at += h.optional_size;
	bytes = (uint64_t)h.nr_sections * sizeof(struct pe_section);
	if (at > size || bytes > size - at)
		return error_hex(UKI_TRUNCATED, at + bytes);
	*s = (struct sections){file + at, h.nr_sections};
	return NO_ERROR;
}

static struct pe_section uki_section(const struct sections *s, uint32_t i)
{
	struct pe_section h;

	memcpy(&h, s->first + i * sizeof(h), sizeof(h));
	return h;
}

static bool uki_named(const struct pe_section *h, struct text name)
{
	uint8_t padded[PE_NAME_BYTES] = {0};

	memcpy(padded, name.p, name.len);
	return !memcmp(h->name, padded, sizeof(padded));
}

/* What stands in the file: one size is padded, the other may have no bytes. */
static struct uki_part uki_part(const struct pe_section *h)
{
	return (struct uki_part){
		.offset = h->file_offset,
		.size = h->size < h->file_size ? h->size : h->file_size,
	};
}

/* The first of that name in [from, to), as systemd-stub takes it. */
static struct uki_part uki_find(const struct sections *s, uint32_t from,
				uint32_t to, struct text name)
{
	for (uint32_t i = from; i < to; i++) {
		struct pe_section h = uki_section(s, i);

		if (uki_named(&h, name))
			return uki_part(&h);
	}
	return (struct uki_part){0, 0};
}

/* Where each profile starts; the first and the second are told to the caller.
 */
static void uki_profiles(struct uki *u, const struct sections *s,
			 uint32_t *first, uint32_t *second)
{
	*first = *second = s->nr;
	for (uint32_t i = 0; i < s->nr; i++) {
		struct pe_section h = uki_section(s, i);

		if (!uki_named(&h, TEXT(".profile")))
			continue;
		if (u->nr_profiles < UKI_MAX_PROFILES)
			u->profile[u->nr_profiles] = uki_part(&h);
		if (!u->nr_profiles)
			*first = i;
		else if (u->nr_profiles == 1)
			*second = i;
		u->nr_profiles++;
	}
}

static struct error uki_check_part(struct uki_part p, uint64_t size)
{
	if (p.size && (p.offset > size || p.size > size - p.offset))
		return error_hex(UKI_TRUNCATED, p.offset + p.size);
	return NO_ERROR;
}

static bool uki_overlap(struct uki_part a, struct uki_part b)
{
	return a.size && b.size && a.offset < b.offset + b.size &&
	       b.offset < a.offset + a.size;
}

static struct error uki_check(const struct uki *u, uint64_t size)
{
	const struct uki_part part[] = {u->linux_image, u->initrd, u->cmdline,
					u->osrel};
	const uint32_t nr = sizeof(part) / sizeof(part[0]);
	struct error e = NO_ERROR;

	for (uint32_t i = 0; !e.code && i < nr; i++) {
		e = uki_check_part(part[i], size);
		for (uint32_t k = 0; !e.code && k < i; k++)
			if (uki_overlap(part[i], part[k]))
				e = error_hex(UKI_OVERLAP, part[i].offset);
	}
	for (uint32_t i = 0; !e.code && i < UKI_MAX_PROFILES; i++)
		e = uki_check_part(u->profile[i], size);
	return e;
}

struct error uki_parse(struct uki *u, const uint8_t *file, uint64_t size)
{
	const struct {
		struct text name;
		struct uki_part *part;
	} wanted[] = {
		{TEXT(".linux"), &u->linux_image},
		{TEXT(".initrd"), &u->initrd},
		{TEXT(".cmdline"), &u->cmdline},
		{TEXT(".osrel"), &u->osrel},
	};
	uint32_t first, second;
	struct sections s;
	struct error e;

	memset(u, 0, sizeof(*u));
	e = uki_sections(&s, file, size);
	if (e.code)
		return e;
	uki_profiles(u, &s, &first, &second);
	for (uint32_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct uki_part *p = wanted[i].part;

		*p = uki_find(&s, first, second, wanted[i].name);
		if (!p->size)
			*p = uki_find(&s, 0, first, wanted[i].name);
	}
	if (!u->linux_image.size)
		return error_plain(UKI_NO_LINUX);
	return uki_check(u, size);
}

/* ---- Texts -------------------------------------------------------------- */

static bool is_control(char c)
{
	return (c > '\0' && c < ' ') || c == '\x7f';
}

struct text uki_line(uint8_t *file, struct uki_part part)
{
	char *p = (char *)file + part.offset;
	struct text t = text_from(p, part.size);

	for (size_t i = 0; i < t.len; i++)
		if (is_control(p[i]))
			p[i] = ' ';
	for (; t.len && t.p[0] == ' '; t.len--)
		t.p++;
	while (t.len && t.p[t.len - 1] == ' ')
		t.len--;
	return t;
}

static struct text uki_unquote(struct text t)
{
	char quote = t.len ? t.p[0] : '\0';

	if (t.len >= 2 && (quote == '"' || quote == '\'') &&
	    t.p[t.len - 1] == quote)
		return (struct text){t.p + 1, t.len - 2};
	return t;
}

struct text uki_value(const uint8_t *file, struct uki_part part,
		      struct text key)
{
	struct text rest =
		text_from((const char *)file + part.offset, part.size);

	while (rest.len) {
		struct text line = text_until(&rest, '\n');

		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (text_skip(&line, key))
			return uki_unquote(line);
	}
	return TEXT("");
}
