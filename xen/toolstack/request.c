/* SPDX-License-Identifier: MIT */
/* The words of request.h, split as Linux and the shim split their lines. */
#include <string.h>

#include "request.h"

static bool is_option(struct text word)
{
	text_skip(&word, TEXT("\""));
	return text_skip(&word, TEXT("sidecar=")) ||
	       text_skip(&word, TEXT("sidecar."));
}

static struct text unquoted(struct text t)
{
	if (t.len >= 2 && t.p[0] == '"' && t.p[t.len - 1] == '"')
		return (struct text){t.p + 1, t.len - 2};
	return t;
}

static void read_options(struct request *r, struct text rest)
{
	struct text word, next = rest;
	const char *end = NULL;

	while (text_word(&next, &word) && is_option(word)) {
		if (!end)
			r->options.p = word.p;
		end = word.p + word.len;
		rest = next;
	}
	if (end)
		r->options.len = (size_t)(end - r->options.p);
	/* from its first word on, if it has one */
	next = rest;
	text_word(&next, &word);
	r->linux_line.p = word.p;
	r->linux_line.len = (size_t)(rest.p + rest.len - word.p);
}

void request_read(struct request *r, const char *line)
{
	struct text word, rest = text_from(line, line ? strlen(line) : 0);

	*r = (struct request){.linux_line = rest};
	if (!text_word(&rest, &word) ||
	    !text_skip(&word, TEXT("xen-sidecar")) ||
	    (word.len && word.p[0] != '='))
		return;
	r->asked = true;
	if (text_skip(&word, TEXT("="))) {
		r->path = unquoted(word);
		r->off = text_eq(r->path, TEXT("off"));
	}
	read_options(r, rest);
}
