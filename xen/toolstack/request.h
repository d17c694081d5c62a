/* SPDX-License-Identifier: MIT */
/*
 * How a guest asks for the shim whose toolstack has no pvshim=: with the first
 * words of its kernel's command line, xen-sidecar[=FILE|=off] and the shim's
 * options. For libxl-vnuma and sidecar-plan. Pure.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "lib/text.h"

/* A kernel's behind a shim: libxenguest asserts it (MAX_GUEST_CMDLINE). */
#define REQUEST_LINE_MAX 1023

/* Slices of the line that was read. */
struct request {
	bool asked, off;
	struct text path;	/* NULL: the default */
	struct text options;	/* sidecar=... and sidecar.NAME=... */
	struct text linux_line; /* what is left, to the end of the line */
};

/* @line may be NULL. */
void request_read(struct request *r, const char *line);

#endif
