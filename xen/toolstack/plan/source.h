/* SPDX-License-Identifier: MIT */
/* The text of a config: where a key is set, and which keys are misspelt. */
#ifndef PLAN_SOURCE_H
#define PLAN_SOURCE_H

#include "lib/text.h"
#include "lines.h"

/* The file, then KEY=VALUE words of the command line, as xl appends them. */
struct source {
	char *text; /* each word is a line of its own */
	size_t len;
	uint32_t nr_file_lines;
};

/* Appends; what comes first is the file. */
void source_add(struct source *s, const char *text, size_t len);
/* Line @nr, from 1 on, without its newline; empty if there is none. */
struct text source_line(const struct source *s, uint32_t nr);
/* What @line sets, and @value is all after the =; empty if it sets nothing. */
struct text source_key(struct text line, struct text *value);
/* The last line that begins with @key and =: xl uses that. 0 if none does. */
uint32_t source_find(const struct source *s, struct text key);
/* Adds "line N: @what", or "KEY=VALUE: @what" of the command line. */
void source_report(const struct source *s, uint32_t nr, struct lines *to,
		   const char *what);
/* xl ignores keys that it does not know: notes those close to the shim's. */
void source_note_misspelt(const struct source *s, struct lines *notes);
/* The one of @nr @names that @word is most likely meant to be, or NULL. */
const char *source_meant(struct text word, const char *const *names,
			 uint32_t nr);
/* "4G" is 4096 MiB; 0 if @value is no size with a unit. */
uint64_t source_mib(struct text value);

#endif
