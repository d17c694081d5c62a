/* SPDX-License-Identifier: MIT */
/* The files that a config names, as far as they are on this machine. */
#ifndef PLAN_FILE_H
#define PLAN_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* libxenguest takes no more: XC_DOM_DECOMPRESS_MAX. */
#define FILE_MAX_BYTES (UINT64_C(1) << 30)

struct file {
	uint8_t *bytes; /* malloc'ed; NULL: only its size is known */
	uint64_t size;
	/* What gunzip would make of it, by its trailer; 0: not gzipped. */
	uint64_t unzipped_size;
};

/*
 * Opens @path, below @root if that is not NULL, and reads its @size, whether
 * it is gzipped and, if @all, its bytes. Returns 0 or an errno: ENOENT if there
 * is none, EINVAL if it is not regular, ENODATA if it is empty, EFBIG beyond
 * @max bytes.
 */
int file_read(struct file *f, const char *root, const char *path, uint64_t max,
	      bool all);
/* Standard input to its end: a pipe, a terminal or a file. */
int file_read_input(struct file *f, uint64_t max);
/* What one of these errors means. */
const char *file_error(int e);
void file_free(struct file *f);

#endif
