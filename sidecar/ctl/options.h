/* SPDX-License-Identifier: MIT */
/* sidecarctl: its options. */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include "ctl.h"

struct ctl_option {
	char letter;
	const char *name;
	const char *value; /* what help calls it; NULL: it takes none */
	bool value_may_miss;
	bool about_cpus; /* of commands that take CPUs */
	const char
		*help; /* NULL: not every command has it, see options_text() */
};

/* Ends with one that has no name. */
extern const struct ctl_option options_all[];

/*
 * Into @c; other words come last in @argv then, from optind on. False after a
 * line on stderr. Does not return from -h.
 */
bool options_read(struct ctl *c, int argc, char **argv);
/* What an option does for @cmd alone; NULL: nothing, or the same for all. */
const char *options_text(const struct command *cmd, int letter);
/*
 * Whether @cmd, of @commands, takes them all; false after a line on stderr.
 */
bool options_are_for(const struct ctl *c, const struct command *commands,
		     const struct command *cmd);

#endif
