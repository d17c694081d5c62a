/* SPDX-License-Identifier: MIT */
/*
 * What a job writes: printed line by line, so that those of several jobs do not
 * mix, or kept.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "job_text.h"
#include "printable.h"

/* A log that is kept is cut after this many bytes. */
#define KEPT_MAX (1u << 20)

static void put_line(struct job_text *t)
{
	if (t->named)
		fprintf(t->to, "CPU %" PRIu32 ": ", t->cpu);
	fwrite(t->line, 1, t->line_bytes, t->to);
	putc('\n', t->to);
	t->line_bytes = 0;
}

static void put_char(struct job_text *t, char c)
{
	if (c != '\n')
		t->line[t->line_bytes++] = c;
	if (c == '\n' || t->line_bytes == JOB_TEXT_LINE)
		put_line(t);
}

static void keep_text(struct job_text *t, const char *text, size_t bytes)
{
	char *more;

	if (t->kept_bytes + bytes > KEPT_MAX)
		return;
	more = realloc(t->kept, t->kept_bytes + bytes + 1);
	if (!more)
		return;
	t->kept = more;
	memcpy(more + t->kept_bytes, text, bytes);
	t->kept_bytes += bytes;
	more[t->kept_bytes] = 0;
}

void job_text_add(struct job_text *t, char *text, size_t bytes, uint32_t lost)
{
	if (lost)
		fprintf(stderr,
			"sidecarctl: CPU %" PRIu32 ": %" PRIu32
			" bytes of its log came too fast and are lost\n",
			t->cpu, lost);
	for (size_t k = 0; k < bytes; k++)
		text[k] = printable_text(text[k]);
	if (!t->to) {
		keep_text(t, text, bytes);
		return;
	}
	for (size_t k = 0; k < bytes; k++)
		put_char(t, text[k]);
}

void job_text_end(struct job_text *t)
{
	if (t->line_bytes)
		put_line(t);
}

void job_text_free(struct job_text *t)
{
	free(t->kept);
	t->kept = NULL;
	t->kept_bytes = 0;
}
