/* SPDX-License-Identifier: MIT */
/*
 * Text without a C library: slices of somebody else's bytes, words of a
 * command line, numbers, and a bounded formatter. Pure.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes [p, p + len), not terminated, not owned. */
struct text {
	const char *p;
	size_t len;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

/* A zero-terminated string of at most @max bytes; longer ones are cut. */
struct text text_from(const char *s, size_t max);
bool text_eq(struct text a, struct text b);
/* True if @t starts with @prefix, which is then taken off @t. */
bool text_skip(struct text *t, struct text prefix);
/*
 * Takes the next word off @rest, as Linux splits its command line: words end
 * at white space outside double quotes. False when none is left.
 */
bool text_word(struct text *rest, struct text *word);
/* Takes what stands before the first @sep off @rest (all of it if none). */
struct text text_until(struct text *rest, char sep);
/*
 * Splits @line at its first bare word "--": what stands before it, and what
 * comes after it (both without the blanks around it). False if there is none;
 * then @before is all of it and @after empty.
 */
bool text_split_dashes(struct text line, struct text *before,
		       struct text *after);
/* Takes a decimal number off @t; false if there is none or it overflows. */
bool text_number(struct text *t, uint64_t *value);
/* The whole of @t is a decimal number of at most @max. */
bool text_is_number(struct text t, uint64_t max, uint64_t *value);
/* The whole of @t is A or A-B, A <= B <= @max; for A alone, B is A. */
bool text_is_span(struct text t, uint64_t max, uint64_t *first, uint64_t *last);
/* The whole of @t is NUMBER[K|M|G], in either case; no overflow. */
bool text_is_size(struct text t, uint64_t *bytes);

/* What follows a noun after the number @n: "1 vCPU", "2 vCPUs". */
static inline const char *text_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* A buffer being filled; always zero-terminated; @full is set on overflow. */
struct textbuf {
	char *p;
	size_t cap; /* including the terminating zero, at least 1 */
	size_t len;
	bool full;
};

void textbuf_init(struct textbuf *b, char *p, size_t cap);
void textbuf_add(struct textbuf *b, struct text t);
/*
 * Formats: %s (const char *), %u (unsigned), %d (int), %x (unsigned),
 * %ld %lu %lx (64 bits), %.*s (int, const char *), %%; '#' for 0x.
 * Anything else is copied as it stands.
 */
void textbuf_printf(struct textbuf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void textbuf_vprintf(struct textbuf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

#endif
