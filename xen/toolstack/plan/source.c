/* SPDX-License-Identifier: MIT */
/*
 * libxlutil does not tell where a value was set. Keys stand at the start of a
 * line in practice; one that does not is only reported without its line.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/memmap.h"
#include "source.h"

#define MAX_WORD  24
#define MAX_EDITS 2

/* Keys of xl.cfg(5) that bring the shim and its vnodes. */
static const char *const ours[] = {"pvshim", "pvshim_path", "pvshim_cmdline",
				   "pvshim_extra", "vnuma"};
#define NR_OURS (sizeof(ours) / sizeof(ours[0]))

void source_add(struct source *s, const char *text, size_t len)
{
	char *p = lines_alloc(s->len + len + 1);

	if (s->len)
		memcpy(p, s->text, s->len);
	else
		s->nr_file_lines = 1;
	for (size_t i = 0; !s->len && i < len; i++)
		s->nr_file_lines += text[i] == '\n';
	memcpy(p + s->len, text, len);
	free(s->text);
	s->text = p;
	s->len += len;
}

struct text source_line(const struct source *s, uint32_t nr)
{
	struct text rest = {s->text, s->len}, line = {NULL, 0};

	for (uint32_t i = 0; i < nr && rest.len; i++)
		line = text_until(&rest, '\n');
	return line;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static void skip_blanks(struct text *t)
{
	while (t->len && (*t->p == ' ' || *t->p == '\t')) {
		t->p++;
		t->len--;
	}
}

struct text source_key(struct text line, struct text *value)
{
	struct text key;

	skip_blanks(&line);
	key = (struct text){line.p, 0};
	while (key.len < line.len && is_word(line.p[key.len]))
		key.len++;
	line.p += key.len;
	line.len -= key.len;
	skip_blanks(&line);
	if (!line.len || *line.p != '=')
		return (struct text){NULL, 0};
	line.p++;
	line.len--;
	skip_blanks(&line);
	*value = line;
	return key;
}

uint32_t source_find(const struct source *s, struct text key)
{
	struct text rest = {s->text, s->len}, value;
	uint32_t found = 0;

	for (uint32_t nr = 1; rest.len; nr++)
		if (text_eq(source_key(text_until(&rest, '\n'), &value), key))
			found = nr;
	return found;
}

void source_report(const struct source *s, uint32_t nr, struct lines *to,
		   const char *what)
{
	struct text line = source_line(s, nr);

	if (!nr)
		lines_printf(to, "%s", what);
	else if (nr <= s->nr_file_lines)
		lines_printf(to, "line %u: %s", nr, what);
	else
		lines_printf(to, "%.*s: %s", (int)line.len, line.p, what);
}

/* ---- Misspelt words ---------------------------------------------------- */

static uint32_t least(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* How many letters must be added, left out or replaced (Levenshtein). */
static uint32_t edits(struct text a, struct text b)
{
	uint32_t row[MAX_WORD + 1], left, above;

	if (a.len > MAX_WORD || b.len > MAX_WORD)
		return MAX_WORD;
	for (uint32_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (uint32_t i = 0; i < a.len; i++) {
		left = row[0];
		row[0] = i + 1;
		for (uint32_t k = 0; k < b.len; k++) {
			above = row[k + 1];
			row[k + 1] = least(left + (a.p[i] != b.p[k]), above + 1,
					   row[k] + 1);
			left = above;
		}
	}
	return row[b.len];
}

const char *source_meant(struct text word, const char *const *names,
			 uint32_t nr)
{
	const char *best = NULL;
	uint32_t fewest = MAX_EDITS + 1;

	for (uint32_t i = 0; i < nr; i++) {
		struct text name = text_from(names[i], SIZE_MAX);
		uint32_t n = edits(word, name);

		/* of a short word two letters are too much of it */
		if (n >= fewest || n * 3 > name.len)
			continue;
		fewest = n;
		best = names[i];
	}
	return best;
}

static bool is_ours(struct text key)
{
	for (uint32_t i = 0; i < NR_OURS; i++)
		if (text_eq(key, text_from(ours[i], SIZE_MAX)))
			return true;
	return false;
}

void source_note_misspelt(const struct source *s, struct lines *notes)
{
	struct text rest = {s->text, s->len}, key, value;
	const char *meant;
	char what[128];

	for (uint32_t nr = 1; rest.len; nr++) {
		key = source_key(text_until(&rest, '\n'), &value);
		if (!key.len || is_ours(key))
			continue;
		meant = source_meant(key, ours, NR_OURS);
		if (!meant)
			continue;
		snprintf(what, sizeof(what),
			 "xl ignores %.*s=, did you mean %s=?", (int)key.len,
			 key.p, meant);
		source_report(s, nr, notes, what);
	}
}

uint64_t source_mib(struct text value)
{
	uint64_t bytes, number;

	if (text_is_number(value, UINT64_MAX, &number) ||
	    !text_is_size(value, &bytes))
		return 0;
	return bytes / MIB;
}
