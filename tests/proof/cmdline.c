/* SPDX-License-Identifier: MIT */
/*
 * Linux's command line, in two steps. First, where our words go: any line of
 * up to BYTES characters, which is enough for a word, the bare "--" and a word
 * after it, for quotes that are left open, or around the dashes. Then the whole
 * line, with our words at any place: any line and any tail of up to BYTES
 * characters together, without quotes, which only matter for the place; a
 * buffer of any size, any limit. Of our words two are built, for one CPU, with
 * maxcpus= or without: they are moved into place as one piece, whatever it is.
 * Whether the line decides on maxcpus= itself is another file's; here it may or
 * may not. The source is included, to reach its static functions.
 */
#include <string.h>

#include "bytes.h"

#define text_word	  text_word_itself
#define text_split_dashes text_split_dashes_itself
#include "lib/text.c"
#undef text_word
#undef text_split_dashes

#include SOURCE

#define WORDS_MAX sizeof(" maxcpus=1 boot_cpus=0")
/* line, blank, tail, our words, zero; and one more */
#define ROOM (BYTES + 1 + WORDS_MAX + 1)

/* In the second step our words go there, whatever the line's words are. */
static bool any_place;
static size_t place;

bool text_split_dashes(struct text line, struct text *before,
		       struct text *after)
{
	if (!any_place)
		return text_split_dashes_itself(line, before, after);
	*before = (struct text){line.p, place < line.len ? place : line.len};
	*after = TEXT("");
	return nondet_bool();
}

bool text_word(struct text *rest, struct text *word)
{
	if (!any_place)
		return text_word_itself(rest, word);
	*word = *rest;
	*rest = TEXT("");
	return word->len > 0;
}

struct cmdline_cpus cmdline_cpus(struct text line)
{
	struct cmdline_cpus c = {.boots = {.nr = 1}};

	(void)line;
	c.boots.word.len = nondet_bool();
	return c;
}

/* CBMC's own knows no bound. */
void *memcpy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}

/* ---- The place ---------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

static bool are_dashes(const char *p, size_t len)
{
	if (len == 4 && p[0] == '"' && p[3] == '"')
		return p[1] == '-' && p[2] == '-';
	return len == 2 && p[0] == '-' && p[1] == '-';
}

/*
 * The end of the last word that is before the bare dashes and whose quotes are
 * closed, found one character after the other.
 */
static size_t place_wanted(struct text line)
{
	size_t at = 0, begin = 0;
	bool open = false, in_word = false;

	for (size_t i = 0; i <= line.len; i++) {
		bool end = i == line.len || (is_space(line.p[i]) && !open);

		if (end && in_word) {
			if (open || are_dashes(line.p + begin, i - begin))
				return at;
			at = i;
			in_word = false;
		} else if (!end && !in_word) {
			begin = i;
			in_word = true;
		}
		open ^= i < line.len && line.p[i] == '"';
	}
	return at;
}

void proof_cmdline_place(void)
{
	struct text line = any_text();

	/* text_word() stays in its text: one that starts here is enough */
	line.p = (const char *)bytes;
	prove(place_for_words(line) == place_wanted(line));
}

/* ---- The line ----------------------------------------------------------- */

static char room[ROOM], tail[BYTES];

/* What is there without our words, and in it no quote. */
static char base[BYTES + 1];
static size_t base_len;

static void base_add(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		assume(t.p[i] != '"');
		base[base_len++] = t.p[i];
	}
}

static struct text any_tail(uint32_t max)
{
	uint32_t nr = any_up_to(max);

	__CPROVER_havoc_object(tail);
	return (struct text){tail + (BYTES - nr), nr};
}

/* The line's byte at @i, with @words and a blank at @place. */
static char wanted(size_t i, struct text words, size_t added)
{
	if (i < place)
		return base[i];
	if (i >= place + added)
		return base[i - added];
	if (place)
		return i == place ? ' ' : words.p[i - place - 1];
	return i == words.len ? ' ' : words.p[i];
}

void proof_cmdline_build(void)
{
	const uint32_t cpu = 0;
	struct cmdline_request rq = {.nr_boot = 1, .boot_cpus = &cpu};
	struct textbuf b = {.p = room, .cap = 1 + any_up_to(ROOM - 2)};
	struct text words = TEXT("");
	size_t added = 0, i = any_up_to(ROOM - 1);
	struct cmdline_result r;
	bool fits;

	rq.user = any_text();
	rq.tail = any_tail((uint32_t)(BYTES - rq.user.len));
	rq.sidecar = nondet_bool();
	rq.maxcpus = nondet_bool();
	rq.max_len = any_up_to(ROOM);
	base_add(rq.user);
	if (rq.user.len && rq.tail.len)
		base_add(TEXT(" "));
	base_add(rq.tail);
	any_place = true;
	place = any_up_to((uint32_t)base_len);

	fits = cmdline_build(&rq, &b, &r);
	prove(!r.maxcpus || (rq.sidecar && rq.maxcpus));
	if (rq.sidecar) {
		words = r.maxcpus ? TEXT("maxcpus=1 boot_cpus=0")
				  : TEXT("boot_cpus=0");
		added = words.len + (base_len > 0);
	}
	/* whole, or an error, and it says how long it would be */
	prove(r.needed == base_len + added);
	prove(fits == (r.needed < b.cap && r.needed <= rq.max_len));
	prove(b.len < b.cap && !room[b.len]);
	prove(i < b.cap || !room[i]);
	if (!fits)
		return;
	prove(b.len == r.needed);
	prove(i >= b.len || room[i] == wanted(i, words, added));
}
