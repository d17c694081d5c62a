/* SPDX-License-Identifier: MIT */
/* A growing list of lines of text. */
#ifndef PLAN_LINES_H
#define PLAN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* sidecar-plan.1 */
#define LINES_EXIT_NO_MEMORY 4

struct lines {
	uint32_t nr;
	char **line; /* without newline, control characters shown as ? */
};

/* Ends the program with LINES_EXIT_NO_MEMORY if there is no memory. */
void lines_add(struct lines *l, const char *text, size_t len);
void lines_printf(struct lines *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void lines_free(struct lines *l);
/* Zeroed memory; ends the program if there is none. */
void *lines_alloc(size_t size);

#endif
