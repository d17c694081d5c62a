/* SPDX-License-Identifier: MIT */
/*
 * lib/text.c on any text of up to BYTES characters. Its loops look at one
 * character after the other and keep at most whether a quote is open.
 */
#include "bytes.h"

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

/* A word: not empty, its blanks are inside quotes, a blank or the end follows.
 */
void proof_text_word(void)
{
	struct text line = any_text(), rest = line, word;
	bool open = false;

	if (!text_word(&rest, &word)) {
		prove(!rest.len && !word.len);
		for (uint32_t i = 0; i < line.len; i++)
			prove(is_space(line.p[i]));
		return;
	}
	prove(word.len && text_is_inside(word, line));
	prove(word.p + word.len == rest.p);
	prove(rest.p + rest.len == line.p + line.len);
	prove(!is_space(word.p[0]));
	for (uint32_t i = 0; i < word.len; i++) {
		prove(open || !is_space(word.p[i]));
		open ^= word.p[i] == '"';
	}
	prove(!rest.len || (!open && is_space(rest.p[0])));
}

void proof_text_number(void)
{
	struct text t = any_text(), old = t;
	uint64_t value, wanted = 0;

	if (!text_number(&t, &value)) {
		prove(!t.len || t.p[0] < '0' || t.p[0] > '9');
		return;
	}
	prove(t.len < old.len && t.p + t.len == old.p + old.len);
	for (uint32_t i = 0; i < old.len - t.len; i++) {
		prove(old.p[i] >= '0' && old.p[i] <= '9');
		wanted = wanted * 10 + (uint64_t)(old.p[i] - '0');
	}
	prove(value == wanted);
	prove(!t.len || t.p[0] < '0' || t.p[0] > '9');
}

void proof_text_is_span(void)
{
	uint64_t first, last, max = nondet_u64();

	if (text_is_span(any_text(), max, &first, &last))
		prove(first <= last && last <= max);
}

/* A size that does not fit into 64 bits is none. */
void proof_text_is_size(void)
{
	struct text t = any_text();
	uint64_t value;

	if (text_is_size(t, &value)) {
		char last = t.p[t.len - 1];

		prove(t.len > 0 && t.p[0] >= '0' && t.p[0] <= '9');
		prove((last != 'G' && last != 'g') || !(value & 0x3fffffff));
		prove((last != 'M' && last != 'm') || !(value & 0xfffff));
		prove((last != 'K' && last != 'k') || !(value & 0x3ff));
	}
}

/* Never more than there is room for, always terminated, and nothing else
 * changed. */
void proof_textbuf_add(void)
{
	char room[BYTES + 1], old[BYTES + 1];
	struct textbuf b = {.p = room, .cap = 1 + any_up_to(BYTES - 1)};
	struct text t = any_text();
	size_t len, at = any_up_to(BYTES);

	b.len = any_up_to((uint32_t)b.cap - 1);
	len = b.len;
	for (uint32_t i = 0; i <= BYTES; i++)
		old[i] = room[i];
	room[len] = 0;
	old[len] = 0;
	textbuf_add(&b, t);
	prove(b.len < b.cap && b.p[b.len] == 0);
	prove(b.full == (t.len > b.cap - 1 - len));
	prove(b.full ? b.len == b.cap - 1 : b.len == len + t.len);
	if (at < len || at > b.len)
		prove(room[at] == old[at]);
	else if (at < b.len)
		prove(room[at] == t.p[at - len]);
}
