/* SPDX-License-Identifier: MIT */
/*
 * Text without a C library. Texts may be empty with a null pointer, which is
 * why nothing here adds to a pointer or calls mem*() for zero bytes.
 */
#include "text.h"

#include <string.h>

/* Linux's isspace(), which has the no-break space of ISO 8859-1 as well. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

/* The first @n bytes of @t, which are taken off it. */
static struct text text_take(struct text *t, size_t n)
{
	struct text head = {t->p, n};

	if (n) {
		t->p += n;
		t->len -= n;
	}
	return head;
}

static void trim_front(struct text *t)
{
	while (t->len && is_blank(t->p[0]))
		text_take(t, 1);
}

static void trim_back(struct text *t)
{
	while (t->len && is_blank(t->p[t->len - 1]))
		t->len--;
}

struct text text_from(const char *s, size_t max)
{
	struct text t = {s, 0};

	while (t.len < max && s[t.len])
		t.len++;
	return t;
}

bool text_eq(struct text a, struct text b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

bool text_skip(struct text *t, struct text prefix)
{
	if (t->len < prefix.len ||
	    !text_eq((struct text){t->p, prefix.len}, prefix))
		return false;
	text_take(t, prefix.len);
	return true;
}

bool text_word(struct text *rest, struct text *word)
{
	bool quoted = false;
	size_t n;

	trim_front(rest);
	for (n = 0; n < rest->len; n++) {
		if (is_blank(rest->p[n]) && !quoted)
			break;
		if (rest->p[n] == '"')
			quoted = !quoted;
	}
	*word = text_take(rest, n);
	return n > 0;
}

struct text text_until(struct text *rest, char sep)
{
	struct text head;
	size_t n = 0;

	while (n < rest->len && rest->p[n] != sep)
		n++;
	head = text_take(rest, n);
	if (rest->len)
		text_take(rest, 1);
	return head;
}

/* Linux takes the quotes around a word off before it looks for "--". */
static bool is_dashes(struct text word)
{
	if (text_skip(&word, TEXT("\"")) && word.len &&
	    word.p[word.len - 1] == '"')
		word.len--;
	return text_eq(word, TEXT("--"));
}

bool text_split_dashes(struct text line, struct text *before,
		       struct text *after)
{
	struct text rest = line, word;

	while (text_word(&rest, &word)) {
		if (!is_dashes(word))
			continue;
		*before = (struct text){line.p, (size_t)(word.p - line.p)};
		trim_back(before);
		trim_front(&rest);
		*after = rest;
		return true;
	}
	*before = line;
	*after = (struct text){NULL, 0};
	return false;
}

bool text_number(struct text *t, uint64_t *value)
{
	uint64_t v = 0;
	size_t n;

	for (n = 0; n < t->len; n++) {
		char c = t->p[n];

		if (c < '0' || c > '9')
			break;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(c - '0'), &v))
			return false;
	}
	if (!n)
		return false;
	text_take(t, n);
	*value = v;
	return true;
}

bool text_is_number(struct text t, uint64_t max, uint64_t *value)
{
	uint64_t v;

	if (!text_number(&t, &v) || t.len || v > max)
		return false;
	*value = v;
	return true;
}

bool text_is_span(struct text t, uint64_t max, uint64_t *first, uint64_t *last)
{
	uint64_t a, b;

	if (!text_number(&t, &a))
		return false;
	b = a;
	if (text_skip(&t, TEXT("-")) && !text_number(&t, &b))
		return false;
	if (t.len || a > b || b > max)
		return false;
	*first = a;
	*last = b;
	return true;
}

bool text_is_size(struct text t, uint64_t *bytes)
{
	uint64_t unit = 1, v;

	if (!text_number(&t, &v))
		return false;
	if (text_skip(&t, TEXT("K")) || text_skip(&t, TEXT("k")))
		unit = UINT64_C(1) << 10;
	else if (text_skip(&t, TEXT("M")) || text_skip(&t, TEXT("m")))
		unit = UINT64_C(1) << 20;
	else if (text_skip(&t, TEXT("G")) || text_skip(&t, TEXT("g")))
		unit = UINT64_C(1) << 30;
	if (t.len || __builtin_mul_overflow(v, unit, &v))
		return false;
	*bytes = v;
	return true;
}

void textbuf_init(struct textbuf *b, char *p, size_t cap)
{
	*b = (struct textbuf){.p = p, .cap = cap};
	p[0] = '\0';
}

void textbuf_add(struct textbuf *b, struct text t)
{
	size_t room = b->cap - 1 - b->len;

	if (t.len > room) {
		b->full = true;
		t.len = room;
	}
	if (!t.len)
		return;
	memcpy(b->p + b->len, t.p, t.len);
	b->len += t.len;
	b->p[b->len] = '\0';
}

static void textbuf_add_number(struct textbuf *b, uint64_t v, unsigned base)
{
	char digits[20]; /* 2^64 - 1 has as many */
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	textbuf_add(b, (struct text){digits + at, sizeof(digits) - at});
}

/* As in C, '#' leaves a zero without its 0x. */
static void textbuf_add_hex(struct textbuf *b, uint64_t v, bool prefix)
{
	if (prefix && v)
		textbuf_add(b, TEXT("0x"));
	textbuf_add_number(b, v, 16);
}

static void textbuf_add_int(struct textbuf *b, int64_t v)
{
	if (v < 0)
		textbuf_add(b, TEXT("-"));
	textbuf_add_number(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
}

/* As in C, a negative limit is none. */
static void textbuf_add_string(struct textbuf *b, int max, const char *s)
{
	textbuf_add(b, text_from(s, max < 0 ? SIZE_MAX : (size_t)max));
}

/* va_arg() through a pointer, which can be passed on, unlike a va_list. */
struct args {
	va_list ap;
};

/* Takes one conversion off @fmt, without its '%'; false if it is unknown. */
static bool textbuf_convert(struct textbuf *b, struct text *fmt, struct args *a)
{
	if (text_skip(fmt, TEXT("s")))
		textbuf_add_string(b, -1, va_arg(a->ap, const char *));
	else if (text_skip(fmt, TEXT("u")))
		textbuf_add_number(b, va_arg(a->ap, unsigned), 10);
	else if (text_skip(fmt, TEXT("d")))
		textbuf_add_int(b, va_arg(a->ap, int));
	else if (text_skip(fmt, TEXT("ld")))
		textbuf_add_int(b, va_arg(a->ap, int64_t));
	else if (text_skip(fmt, TEXT("lu")))
		textbuf_add_number(b, va_arg(a->ap, uint64_t), 10);
	else if (text_skip(fmt, TEXT("x")))
		textbuf_add_hex(b, va_arg(a->ap, unsigned), false);
	else if (text_skip(fmt, TEXT("lx")))
		textbuf_add_hex(b, va_arg(a->ap, uint64_t), false);
	else if (text_skip(fmt, TEXT("#x")))
		textbuf_add_hex(b, va_arg(a->ap, unsigned), true);
	else if (text_skip(fmt, TEXT("#lx")))
		textbuf_add_hex(b, va_arg(a->ap, uint64_t), true);
	else if (text_skip(fmt, TEXT(".*s"))) {
		int max = va_arg(a->ap, int);

		textbuf_add_string(b, max, va_arg(a->ap, const char *));
	} else if (text_skip(fmt, TEXT("%")))
		textbuf_add(b, TEXT("%"));
	else
		return false;
	return true;
}

void textbuf_vprintf(struct textbuf *b, const char *fmt, va_list ap)
{
	struct text rest = text_from(fmt, SIZE_MAX);
	struct args a;

	va_copy(a.ap, ap);
	while (rest.len) {
		size_t plain = 0;

		while (plain < rest.len && rest.p[plain] != '%')
			plain++;
		textbuf_add(b, text_take(&rest, plain));
		if (text_skip(&rest, TEXT("%")) &&
		    !textbuf_convert(b, &rest, &a))
			textbuf_add(b, TEXT("%"));
	}
	va_end(a.ap);
}

void textbuf_printf(struct textbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	textbuf_vprintf(b, fmt, ap);
	va_end(ap);
}
