/* SPDX-License-Identifier: MIT */
/*
 * Linux's command line. The whole line is put together in the caller's buffer
 * and then searched, because an open quote in the user's line spans the tail as
 * well. Our words are then rotated into place.
 */
#include "cmdline.h"

#include "pvh/read/cmdline_cpus.h"

/* All that is written goes through here, so that @needed is exact. */
struct sink {
	struct textbuf *out;
	uint64_t needed;
};

static void sink_put(struct sink *s, struct text t)
{
	s->needed += t.len;
	textbuf_add(s->out, t);
}

static void sink_put_number(struct sink *s, uint32_t n)
{
	char digits[11];
	struct textbuf b;

	textbuf_init(&b, digits, sizeof(digits));
	textbuf_printf(&b, "%u", n);
	sink_put(s, (struct text){b.p, b.len});
}

static bool leaves_quote_open(struct text word)
{
	bool open = false;
	size_t i;

	for (i = 0; i < word.len; i++)
		open ^= word.p[i] == '"';
	return open;
}

/*
 * Where to add a word to @line so that Linux sees it: after the last word
 * before the bare "--", or before a word whose open quote swallows the rest.
 */
static size_t place_for_words(struct text line)
{
	struct text before, after, word;
	size_t at = 0;

	text_split_dashes(line, &before, &after);
	while (text_word(&before, &word) && !leaves_quote_open(word))
		at = (size_t)(word.p - line.p) + word.len;
	return at;
}

static void sink_put_words(struct sink *s, const struct cmdline_request *rq,
			   bool maxcpus)
{
	uint32_t i;

	if (maxcpus) {
		sink_put(s, TEXT("maxcpus="));
		sink_put_number(s, rq->nr_boot);
		sink_put(s, TEXT(" "));
	}
	sink_put(s, TEXT("boot_cpus="));
	for (i = 0; i < rq->nr_boot; i++) {
		if (i)
			sink_put(s, TEXT(","));
		sink_put_number(s, rq->boot_cpus[i]);
	}
}

static void bytes_reverse(char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len / 2; i++) {
		char c = p[i];

		p[i] = p[len - 1 - i];
		p[len - 1 - i] = c;
	}
}

/* Swaps the first @head bytes of [p, p + len) with the rest. */
static void bytes_rotate(char *p, size_t head, size_t len)
{
	bytes_reverse(p, head);
	bytes_reverse(p + head, len - head);
	bytes_reverse(p, len);
}

/*
 * @line, in s->out, is the line so far. Each of its words ends at a blank or at
 * the end of the line, so one blank separates ours.
 */
static void insert_words(struct sink *s, const struct cmdline_request *rq,
			 struct text line, bool maxcpus)
{
	size_t at = place_for_words(line), rest = line.len - at;
	char *p = s->out->p + (s->out->len - rest);
	bool alone = !s->needed;

	if (at)
		sink_put(s, TEXT(" "));
	sink_put_words(s, rq, maxcpus);
	if (!at && !alone)
		sink_put(s, TEXT(" "));
	if (!s->out->full)
		bytes_rotate(p, rest, s->out->len - (size_t)(p - s->out->p));
}

bool cmdline_build(const struct cmdline_request *rq, struct textbuf *out,
		   struct cmdline_result *r)
{
	struct sink s = {out, 0};
	size_t start = out->len;
	struct text line;

	sink_put(&s, rq->user);
	if (rq->user.len && rq->tail.len)
		sink_put(&s, TEXT(" "));
	sink_put(&s, rq->tail);
	line = (struct text){out->p + start, out->len - start};
	r->maxcpus = rq->sidecar && rq->maxcpus &&
		     !cmdline_cpus(line).boots.word.len;
	if (rq->sidecar)
		insert_words(&s, rq, line, r->maxcpus);
	r->needed = s.needed;
	return !out->full && s.needed <= rq->max_len;
}
