/* SPDX-License-Identifier: MIT */
/* sidecarctl: a command line that makes no sense. */
#ifndef USAGE_H
#define USAGE_H

#include <stdbool.h>

/*
 * Always false, after a line on stderr: "@about: @what "@word"", without an
 * @about that is empty and a @word that is NULL.
 */
bool usage_error(const char *about, const char *what, const char *word);

#endif
