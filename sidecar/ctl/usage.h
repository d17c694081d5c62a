/* SPDX-License-Identifier: MIT */
/* sidecarctl: help. */
#ifndef USAGE_H
#define USAGE_H

#include <stdbool.h>

void usage_print_help(void);
/*
 * Always false, after a line on stderr: "@about: @what "@word"", without an
 * @about that is empty and a @word that is NULL.
 */
bool usage_error(const char *about, const char *what, const char *word);

#endif
