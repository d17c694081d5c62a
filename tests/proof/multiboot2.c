/* SPDX-License-Identifier: MIT */
/*
 * A multiboot2 tag at any place in any information of up to BYTES bytes, and
 * what is read of each kind. Each step goes ahead, so the walk ends; that goes
 * over any tags at the end of BYTES bytes of memory. What a map
 * does is memmap.c's, which has proofs of its own; here adding to it has any
 * result.
 */
#include "bytes.h"
#include "lib/memmap.h"
#include "pvh/read/start_info.h"

struct info;
static struct error any_tag_added(struct startinfo *si, struct memmap *map,
				  struct info *i);

/* Its call goes to a stand-in, as proof.h says. */
#define TAG_struct	    add_tag_itself(struct
#define TAG_si		    any_tag_added(si
#define add_tag(si, map, i) TAG_##si, map, i)
#include SOURCE
#undef add_tag

static uint32_t nr_added;

struct error memmap_add(struct memmap *m, uint64_t start, uint64_t size,
			uint32_t type)
{
	struct error e;

	(void)m;
	(void)start;
	(void)size;
	(void)type;
	nr_added++;
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

/* ---- The walk ----------------------------------------------------------- */

static uint64_t info_pa;
static uint32_t next_at;
static bool is_wrong;

static uint32_t word_at(uint32_t at)
{
	uint32_t word;

	memcpy(&word, bytes + (info_pa - GUEST_AT) + at, sizeof(word));
	return word;
}

/* Each tag before the one that ends them, once, in their order. */
static struct error any_tag_added(struct startinfo *to, struct memmap *m,
				  struct info *i)
{
	uint32_t size = word_at(next_at + 4);

	prove(to == &si && m == &map && !is_wrong);
	prove(i->pa == info_pa && i->bytes == bytes + (info_pa - GUEST_AT));
	prove(i->size == word_at(0) && i->at == next_at);
	prove(i->tag.type == word_at(next_at) && i->tag.size == size);
	prove(i->tag.type && size >= 8 && size <= i->size - next_at);
	next_at += (size + 7) / 8 * 8;
	is_wrong = nondet_bool();
	return is_wrong ? tag_bad(i) : NO_ERROR;
}

void proof_multiboot2_walk(void)
{
	struct guest_memory m = any_memory();

	info_pa = nondet_u64();
	next_at = 8;
	if (multiboot2_read(&si, &map, m, info_pa).code)
		return;
	prove(!is_wrong && next_at + 8 <= word_at(0) && !word_at(next_at));
	prove(info_pa >= GUEST_AT && word_at(0) <= 4096 - info_pa);
	prove(si.multiboot2 && si.nr_tables == 1);
	prove(si.table[0].start == info_pa &&
	      si.table[0].end == info_pa + word_at(0));
}

/* ---- Two of a kind ------------------------------------------------------ */

/* Of lines and maps the first counts; a newer RSDP goes before an older. */
void proof_multiboot2_order(void)
{
	struct startinfo old;
	struct info i;
	uint64_t here;
	bool had_line;

	__CPROVER_havoc_object(&si);
	si.has_memmap = nondet_bool();
	assume(si.nr_modules <= STARTINFO_MAX_MODULES);
	old = si;
	if (!any_tag(&i))
		return;
	i.has_line = had_line = nondet_bool();
	here = i.pa + i.at + sizeof(i.tag);
	if (add_tag_itself(&si, &map, &i).code)
		return;
	prove(i.has_line == (had_line || i.tag.type == MULTIBOOT2_LINE));
	if (had_line || i.tag.type != MULTIBOOT2_LINE)
		prove(si.cmdline.p == old.cmdline.p &&
		      si.cmdline.len == old.cmdline.len);
	prove(si.has_memmap ==
	      (old.has_memmap || i.tag.type == MULTIBOOT2_MAP));
	prove(!nr_added || (!old.has_memmap && i.tag.type == MULTIBOOT2_MAP));
	prove(si.nr_modules ==
	      old.nr_modules + (i.tag.type == MULTIBOOT2_MODULE));
	if (i.tag.type == MULTIBOOT2_RSDP_NEW ||
	    (i.tag.type == MULTIBOOT2_RSDP_OLD && !old.rsdp_pa))
		prove(si.rsdp_pa == here);
	else
		prove(si.rsdp_pa == old.rsdp_pa);
}
