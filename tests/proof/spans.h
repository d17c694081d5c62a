/* SPDX-License-Identifier: MIT */
/*
 * For harnesses: lists of spans. Which words are spans, and of what, is any
 * that text_is_span() may say, which has a proof of its own; but the same word
 * is the same span each time. So a list's characters only matter as separators
 * and others. All else of lib/text.c is as it is.
 */
#ifndef PROOF_SPANS_H
#define PROOF_SPANS_H

#include "bytes.h"

#define text_is_span text_is_span_itself
#include "lib/text.c"
#undef text_is_span

struct span {
	bool is_one;
	uint64_t first, last;
};

/* By where in bytes[] it begins and how long it is. */
static struct span span[BYTES + 1][BYTES + 1];

static struct span *span_of(struct text t)
{
	return &span[(const uint8_t *)t.p - bytes][t.len];
}

bool text_is_span(struct text t, uint64_t max, uint64_t *first, uint64_t *last)
{
	const struct span *s = span_of(t);

	if (!t.len || !s->is_one || s->last > max)
		return false;
	*first = s->first;
	*last = s->last;
	return true;
}

static inline struct text any_list(void)
{
	__CPROVER_havoc_object(span);
	for (uint32_t i = 0; i <= BYTES; i++)
		for (uint32_t k = 0; k <= BYTES; k++)
			assume(span[i][k].first <= span[i][k].last);
	return any_text();
}

/* The span that begins at @from of @list and ends before a @sep or the end. */
static inline struct text item_at(struct text list, size_t from, char sep)
{
	struct text item = {list.p + from, 0};

	while (from + item.len < list.len && item.p[item.len] != sep)
		item.len++;
	return item;
}

#endif
