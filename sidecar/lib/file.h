/* SPDX-License-Identifier: MIT */
/* Small files, their paths, and the clock. */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @dir/@fmt; false if it is longer than @size. */
bool file_path(char *path, size_t size, const char *dir, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* At most @size bytes from the start; -errno, or how many. */
long file_read(const char *path, void *p, size_t size);
/* Writes @text to a file that exists; 0 or -errno. */
int file_write(const char *path, const char *text);
/* CLOCK_MONOTONIC */
uint64_t file_clock_ns(void);
/* A signal ends it early. */
void file_nap_ns(uint64_t ns);

#endif
