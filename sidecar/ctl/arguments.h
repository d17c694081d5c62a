/* SPDX-License-Identifier: MIT */
/* sidecarctl: its command line. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "ctl.h"

/*
 * The command line into @c; NULL, after a line on stderr that names the word,
 * if it makes no sense. @commands ends with one that has no name. Does not
 * return from -h.
 */
const struct command *arguments_read(struct ctl *c,
				     const struct command *commands, int argc,
				     char **argv);

#endif
