/* SPDX-License-Identifier: MIT */
/*
 * The line about a bad command line.
 */
#include <stdio.h>

#include "usage.h"

bool usage_error(const char *about, const char *what, const char *word)
{
	fprintf(stderr, "sidecarctl: %s%s%s%s%s%s (try --help)\n", about,
		*about ? ": " : "", what, word ? " \"" : "", word ? word : "",
		word ? "\"" : "");
	return false;
}
