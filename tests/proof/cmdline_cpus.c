/* SPDX-License-Identifier: MIT */
/*
 * The words of Linux's line that limit its CPUs, in steps: a number of up to
 * BYTES characters; an option in a word of up to BYTES, one name for all, as
 * they are compared character by character; and what 3 words say together, each
 * of which may be any option with any number, or none. Which words a line has
 * is text_word()'s, which has a proof of its own. The source is included, to
 * reach its static functions.
 */
#include <string.h>

#include "bytes.h"

#define text_word	  text_word_itself
#define text_split_dashes text_split_dashes_itself
#include "lib/text.c"
#undef text_word
#undef text_split_dashes

static bool any_value(struct text word, struct text name, uint32_t *value);
static bool any_nosmp(struct text word);

/* These calls go to stand-ins, as proof.h says. */
#define VALUE_struct		     has_value_itself(struct
#define VALUE_bare		     any_value(bare
#define has_value(word, name, value) VALUE_##word, name, value)
#define NOSMP_struct		     is_nosmp_itself(struct
#define NOSMP_bare		     any_nosmp(bare
#define is_nosmp(word)		     NOSMP_##word)
#include SOURCE
#undef has_value
#undef is_nosmp

/* ---- A number ----------------------------------------------------------- */

static uint32_t digit_wanted(char c)
{
	static const char digit[] = "0123456789abcdef";

	for (uint32_t i = 0; i < 16; i++)
		if (c == digit[i] || (i >= 10 && c == digit[i] - 'a' + 'A'))
			return i;
	return 16;
}

static char char_at(struct text t, uint32_t i)
{
	return i < t.len ? t.p[i] : '\0';
}

/* As of strtol() with base 0, of any length. */
static uint32_t number_wanted(struct text t)
{
	uint32_t at = char_at(t, 0) == '-', base = 10, n = 0;
	bool minus = at;

	if (char_at(t, at) == '0') {
		base = 8;
		if ((char_at(t, at + 1) == 'x' || char_at(t, at + 1) == 'X') &&
		    digit_wanted(char_at(t, at + 2)) < 16) {
			base = 16;
			at += 2;
		}
	}
	for (; digit_wanted(char_at(t, at)) < base; at++)
		n = n * base + digit_wanted(t.p[at]);
	return minus ? 0 - n : n;
}

void proof_cpus_number(void)
{
	struct text t = any_text();

	prove(linux_int(t) == number_wanted(t));
}

/* ---- A word ------------------------------------------------------------- */

static bool is_name(struct text t, struct text name)
{
	for (uint32_t i = 0; i < name.len; i++)
		if (char_at(t, i) != name.p[i] &&
		    !(name.p[i] == '_' && char_at(t, i) == '-'))
			return false;
	return true;
}

void proof_cpus_word(void)
{
	const struct text name = TEXT("r_c");
	struct text t = any_text();
	uint32_t value = nondet_u32(), old = value, at = 4;
	bool has = is_name(t, name) && char_at(t, 3) == '=';

	at += has && char_at(t, at) == '"';
	has = has && at < t.len && t.p[at] != '"';
	prove(has_value_itself(t, name, &value) == has);
	prove(has ? value == number_wanted((struct text){t.p + at, t.len - at})
		  : value == old);
	prove(is_nosmp_itself(t) ==
	      (is_name(t, TEXT("nosmp")) &&
	       (t.len == 5 || t.p[5] == '=' || t.p[5] == '"')));
}

/* ---- Words together ----------------------------------------------------- */

#define WORDS 3u

enum option {
	NONE,
	NOSMP,
	MAXCPUS,
	POSSIBLE,
	NR_CPUS
};

static struct {
	enum option option;
	uint32_t value;
} word_said[WORDS];

static uint32_t nr_words, next_word;

bool text_split_dashes(struct text line, struct text *before,
		       struct text *after)
{
	*before = line;
	*after = TEXT("");
	return false;
}

bool text_word(struct text *rest, struct text *word)
{
	(void)rest;
	*word = (struct text){(const char *)bytes + next_word, 1};
	return next_word++ < nr_words;
}

static bool any_nosmp(struct text word)
{
	return word_said[(const uint8_t *)word.p - bytes].option == NOSMP;
}

static bool any_value(struct text word, struct text name, uint32_t *value)
{
	uint32_t i = (uint32_t)((const uint8_t *)word.p - bytes);
	enum option option = name.p[0] == 'm'	? MAXCPUS
			     : name.p[0] == 'p' ? POSSIBLE
						: NR_CPUS;

	if (word_said[i].option != option)
		return false;
	*value = word_said[i].value;
	return true;
}

static bool is_word(struct cmdline_limit l, uint32_t i)
{
	return l.word.p == (const char *)bytes + i && l.word.len == 1;
}

/* Whose value counts; WORDS if none. */
static uint32_t counts[NR_CPUS + 1];

static void find_counts(void)
{
	for (uint32_t i = 0; i <= NR_CPUS; i++)
		counts[i] = WORDS;
	for (uint32_t i = 0; i < nr_words; i++) {
		uint32_t n = word_said[i].value, *c = &counts[NR_CPUS];

		if (word_said[i].option != NR_CPUS)
			counts[word_said[i].option == NOSMP
				       ? MAXCPUS
				       : word_said[i].option] = i;
		else if (n && n <= INT32_MAX &&
			 (*c == WORDS || n < word_said[*c].value))
			*c = i;
	}
}

static uint32_t value_of(uint32_t i)
{
	if (i == WORDS)
		return CMDLINE_ALL_CPUS;
	return word_said[i].option == NOSMP ? 0 : word_said[i].value;
}

static void check_possible(const struct cmdline_limit *l)
{
	uint32_t nr = value_of(counts[NR_CPUS]);
	uint32_t possible = value_of(counts[POSSIBLE]);
	bool is_limit = possible <= INT32_MAX;

	possible = possible ? possible : 1;
	if (is_limit && possible <= nr)
		prove(l->nr == possible && is_word(*l, counts[POSSIBLE]));
	else if (counts[NR_CPUS] < WORDS)
		prove(l->nr == nr && is_word(*l, counts[NR_CPUS]));
	else
		prove(l->nr == CMDLINE_ALL_CPUS && !l->word.len);
}

void proof_cpus_line(void)
{
	struct cmdline_cpus c;
	uint32_t boots;

	/* no quote that begins a word, as it is one character */
	__CPROVER_havoc_object(bytes);
	for (uint32_t i = 0; i < WORDS; i++) {
		assume(bytes[i] != '"');
		word_said[i].option = (enum option)any_up_to(NR_CPUS);
		word_said[i].value = nondet_u32();
	}
	nr_words = any_up_to(WORDS);
	find_counts();
	c = cmdline_cpus(TEXT(""));
	boots = value_of(counts[MAXCPUS]);
	prove(c.boots.nr == (boots ? boots : 1));
	prove(counts[MAXCPUS] < WORDS ? is_word(c.boots, counts[MAXCPUS])
				      : !c.boots.word.len);
	prove(c.no_smp == !boots);
	if (c.no_smp)
		prove(c.possible.nr == 1 &&
		      is_word(c.possible, counts[MAXCPUS]));
	else
		check_possible(&c.possible);
}
