/* SPDX-License-Identifier: MIT */
/*
 * What a line of the log looks like. Pure: sidecar-plan prints the same.
 */
#include "shim.h"

size_t log_format(char *line, const char *fmt, va_list ap)
{
	struct textbuf b;

	textbuf_init(&b, line, LOG_LINE_BYTES - 1);
	textbuf_add(&b, TEXT("shim: "));
	textbuf_vprintf(&b, fmt, ap);
	if (b.full)
		__builtin_memcpy(line + b.len - 3, "...", 3);
	/* the byte that textbuf was not told of */
	line[b.len] = '\n';
	return b.len + 1;
}
