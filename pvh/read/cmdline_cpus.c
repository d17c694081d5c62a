/* SPDX-License-Identifier: MIT */
/*
 * The words that limit Linux's CPUs, read as Linux reads them: maxcpus= and
 * nosmp say how many it boots, nr_cpus= and possible_cpus= how many there are.
 * Pure.
 */
#include "cmdline_cpus.h"

/* Of maxcpus= and possible_cpus= the last counts, of nr_cpus= the smallest. */
struct limits {
	struct cmdline_limit maxcpus, nr_cpus, possible_cpus;
};

/* Linux takes '-' and '_' in the name of an option for the same. */
static bool skip_name(struct text *word, struct text name)
{
	size_t i;

	if (word->len < name.len)
		return false;
	for (i = 0; i < name.len; i++) {
		char c = word->p[i] == '-' ? '_' : word->p[i];

		if (c != name.p[i])
			return false;
	}
	return text_skip(word, (struct text){word->p, name.len});
}

/* 16 and more: no digit. */
static uint32_t digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10 : 16;
}

static uint32_t take_base(struct text *t)
{
	if (!t->len || t->p[0] != '0')
		return 10;
	if (t->len < 3 || (t->p[1] | 0x20) != 'x' || digit_of(t->p[2]) > 15)
		return 8;
	*t = (struct text){t->p + 2, t->len - 2};
	return 16;
}

/* get_option(): an int of base 0 that wraps around; 0 if there is no digit. */
static uint32_t linux_int(struct text t)
{
	bool minus = text_skip(&t, TEXT("-"));
	uint32_t base = take_base(&t), n = 0;

	for (size_t i = 0; i < t.len && digit_of(t.p[i]) < base; i++)
		n = n * base + digit_of(t.p[i]);
	return minus ? -n : n;
}

/* NAME=VALUE; where there is no value get_option() leaves all as it was. */
static bool has_value(struct text word, struct text name, uint32_t *value)
{
	if (!skip_name(&word, name) || !text_skip(&word, TEXT("=")))
		return false;
	text_skip(&word, TEXT("\""));
	if (!word.len || word.p[0] == '"')
		return false;
	*value = linux_int(word);
	return true;
}

static bool is_nosmp(struct text word)
{
	return skip_name(&word, TEXT("nosmp")) &&
	       (!word.len || word.p[0] == '=' || word.p[0] == '"');
}

static void read_word(struct limits *l, struct text word)
{
	struct text bare = word;
	uint32_t n = 0;

	/* Linux drops the quote of a word that starts with one. */
	text_skip(&bare, TEXT("\""));
	if (is_nosmp(bare) || has_value(bare, TEXT("maxcpus"), &n))
		l->maxcpus = (struct cmdline_limit){n, word};
	else if (has_value(bare, TEXT("possible_cpus"), &n))
		l->possible_cpus = (struct cmdline_limit){n, word};
	else if (has_value(bare, TEXT("nr_cpus"), &n) && n && n <= INT32_MAX &&
		 n < l->nr_cpus.nr)
		l->nr_cpus = (struct cmdline_limit){n, word};
}

/* A negative number is no limit; 0 still leaves the boot CPU. */
static void clamp_possible(struct cmdline_limit *l)
{
	if (l->nr > INT32_MAX)
		*l = (struct cmdline_limit){.nr = CMDLINE_ALL_CPUS};
	else if (!l->nr)
		l->nr = 1;
}

struct cmdline_cpus cmdline_cpus(struct text line)
{
	const struct cmdline_limit none = {.nr = CMDLINE_ALL_CPUS};
	struct limits l = {none, none, none};
	struct text before, after, word;
	struct cmdline_cpus c;

	text_split_dashes(line, &before, &after);
	while (text_word(&before, &word))
		read_word(&l, word);
	clamp_possible(&l.possible_cpus);
	c.possible =
		l.nr_cpus.nr < l.possible_cpus.nr ? l.nr_cpus : l.possible_cpus;
	c.boots = l.maxcpus;
	c.no_smp = !l.maxcpus.nr;
	if (c.no_smp) {
		c.boots.nr = 1;
		c.possible = c.boots;
	}
	return c;
}
