/* SPDX-License-Identifier: MIT */
/*
 * A command line of sidecarctl, as one text, and what it means: for the tests
 * of sidecarctl, one run at a time.
 */
#ifndef CTL_LINE_H
#define CTL_LINE_H

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/sidecar.h"
#include "../../sidecar/ctl/arguments.h"
#include "../../sidecar/ctl/main.h"

#define MAX_WORDS 16

static struct ctl c;

/* The words of a command line, split at blanks. */
static inline const struct command *arguments(const char *line)
{
	static char words[256];
	static char *argv[MAX_WORDS + 1];
	int argc = 1;

	memset(argv, 0, sizeof(argv));
	argv[0] = (char *)"sidecarctl";
	memset(&c, 0, sizeof(c));
	c.count = 1;
	c.vnode = -1;
	assert_true(strlen(line) < sizeof(words));
	strcpy(words, line);
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " ")) {
		assert_true(argc < MAX_WORDS);
		argv[argc++] = w;
	}
	optind = 0;
	return arguments_read(&c, main_commands, argc, argv);
}

#endif
