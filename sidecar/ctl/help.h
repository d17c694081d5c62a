/* SPDX-License-Identifier: MIT */
/* What sidecarctl COMMAND --help prints. */
#ifndef HELP_H
#define HELP_H

/* NULL: there is no such command. */
const char *help_text(const char *command);

#endif
