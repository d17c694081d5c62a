/* SPDX-License-Identifier: MIT */
/*
 * Paths below a folder. Apart from file.c: a test that has its own files uses
 * it too.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "file.h"

bool file_path(char *path, size_t size, const char *dir, const char *fmt, ...)
{
	va_list ap;
	size_t len = strlen(dir);
	int n;

	if (len >= size)
		return false;
	memcpy(path, dir, len);
	va_start(ap, fmt);
	n = vsnprintf(path + len, size - len, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < size - len;
}
