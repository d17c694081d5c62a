/* SPDX-License-Identifier: MIT */
/*
 * A multiboot2 tag at any place in any information of up to BYTES bytes, and
 * what is read of each kind. Each step goes ahead, so the walk ends. What a map
 * does is memmap.c's, which has proofs of its own; here adding to it has any
 * result.
 */
#include SOURCE

#include "bytes.h"

struct error memmap_add(struct memmap *m, uint64_t start, uint64_t size,
			uint32_t type)
{
	struct error e;

	(void)m;
	(void)start;
	(void)size;
	(void)type;
	return e;
}

/* Some part of what is left: text_word() has a proof of its own. */
bool text_word(struct text *rest, struct text *word)
{
	uint32_t from = any_up_to((uint32_t)rest->len);
	uint32_t to = any_up_to((uint32_t)rest->len);

	assume(from <= to);
	*word = (struct text){rest->p + from, to - from};
	*rest = (struct text){rest->p + to, rest->len - to};
	return from < to;
}

bool text_eq(struct text a, struct text b)
{
	(void)a;
	(void)b;
	return nondet_bool();
}

/* Any length: the bytes are whatever they are. */
struct text text_from(const char *s, size_t max)
{
	return (struct text){s, any_up_to((uint32_t)max)};
}

static struct startinfo si;
static struct memmap map;

/* What info_open() leaves. */
static struct info any_info(void)
{
	struct info i = {0};

	i.bytes = any_bytes(&i.size);
	i.pa = nondet_u64();
	assume(i.size >= 16 && i.pa <= PA_END - MULTIBOOT2_MAX_BYTES);
	return i;
}

static struct text all_of(const struct info *i)
{
	return (struct text){(const char *)i->bytes, i->size};
}

void proof_multiboot2_tag(void)
{
	struct info i = any_info();
	uint32_t at = nondet_u32();

	if (info_tag(&i, at).code)
		return;
	prove(i.at == at && at <= i.size && i.tag.size <= i.size - at);
	prove(i.tag.size >= sizeof(i.tag));
}

static bool any_tag(struct info *i)
{
	*i = any_info();
	return !info_tag(i, any_up_to(BYTES)).code;
}

void proof_multiboot2_module(void)
{
	struct info i;

	si.nr_modules = any_up_to(STARTINFO_MAX_MODULES);
	if (!any_tag(&i) || add_module(&si, &i).code)
		return;
	prove(si.nr_modules >= 1 && si.nr_modules <= STARTINFO_MAX_MODULES);
	prove(si.module[si.nr_modules - 1].size);
	prove(text_is_inside(si.module[si.nr_modules - 1].cmdline, all_of(&i)));
}

void proof_multiboot2_line(void)
{
	struct info i;

	if (!any_tag(&i) || add_line(&si, &i).code)
		return;
	prove(i.has_line && si.cmdline.len < STARTINFO_MAX_CMDLINE);
	prove(text_is_inside(si.cmdline, all_of(&i)));
	/* with its end */
	prove(!si.cmdline.len ||
	      si.cmdline.p + si.cmdline.len < (const char *)i.bytes + i.size);
}

void proof_multiboot2_map(void)
{
	struct info i;

	if (any_tag(&i) && !add_map(&si, &map, &i).code)
		prove(si.has_memmap);
}
