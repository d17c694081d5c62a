/* SPDX-License-Identifier: MIT */
/* sidecarctl: what a test uses of its main file. */
#ifndef MAIN_H
#define MAIN_H

#include "ctl.h"

/* Ends with one that has no name. */
extern const struct command main_commands[];
/* With a handle that is open. */
void main_run(struct ctl *c, const struct command *cmd);

#endif
