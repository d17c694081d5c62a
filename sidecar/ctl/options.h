/* SPDX-License-Identifier: MIT */
/* sidecarctl: its options. */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include "ctl.h"

/*
 * Into @c; other words come last in @argv then, from optind on. False after a
 * line on stderr. Does not return from -h.
 */
bool options_read(struct ctl *c, int argc, char **argv);
/* Whether the command @name takes them all; false after a line on stderr. */
bool options_are_for(const struct ctl *c, const char *name);

#endif
