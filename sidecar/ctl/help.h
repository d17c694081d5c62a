/* SPDX-License-Identifier: MIT */
/* What sidecarctl --help and sidecarctl COMMAND --help print. */
#ifndef HELP_H
#define HELP_H

#include "ctl.h"

/* @commands ends with one that has no name. */
void help_of_all(FILE *to, const struct command *commands);
void help_of_command(FILE *to, const struct command *cmd);

#endif
