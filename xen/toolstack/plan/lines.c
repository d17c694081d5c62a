/* SPDX-License-Identifier: MIT */
/* Text from a config is shown on terminals: no control characters get there. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"

__attribute__((noreturn)) static void no_memory(size_t size)
{
	fprintf(stderr, "sidecar-plan: out of memory, wanted %zu bytes\n",
		size);
	exit(LINES_EXIT_NO_MEMORY);
}

void *lines_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		no_memory(size);
	return p;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

void lines_add(struct lines *l, const char *text, size_t len)
{
	char **more = lines_alloc((l->nr + 1u) * sizeof(*more));
	char *p = lines_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		p[i] = is_control(text[i]) ? '?' : text[i];
	if (l->nr)
		memcpy(more, l->line, l->nr * sizeof(*more));
	free(l->line);
	l->line = more;
	l->line[l->nr++] = p;
}

void lines_printf(struct lines *l, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		no_memory(strlen(fmt));
	lines_add(l, text, (size_t)len);
	free(text);
}

void lines_free(struct lines *l)
{
	for (uint32_t i = 0; i < l->nr; i++)
		free(l->line[i]);
	free(l->line);
	*l = (struct lines){0};
}
