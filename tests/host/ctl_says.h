/* SPDX-License-Identifier: MIT */
/*
 * What a command line of sidecarctl prints: for the tests of sidecarctl, one
 * run at a time.
 */
#ifndef CTL_SAYS_H
#define CTL_SAYS_H

#include "ctl_line.h"
#include "../../sidecar/ctl/report.h"

static char *text;
static size_t nr_text;

static inline void forget(void)
{
	free(text);
	text = NULL;
}

/* What a command says of Linux's CPUs that the line names. */
static inline void says(const char *line)
{
	const struct command *cmd;
	FILE *to;

	free(text);
	assert_int_equal(open_again(), SIDECAR_OK);
	cmd = arguments(line);
	assert_non_null(cmd);
	c.s = s;
	to = c.show.to = open_memstream(&text, &nr_text);
	main_run(&c, cmd);
	report_repeats();
	fclose(to);
}

static inline void has(const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in: %s", part, text);
}

/* The same, and what it says on stderr has @part, or not. */
static inline void warns(const char *line, const char *part, bool expected)
{
	FILE *saved = stderr;
	char *said = NULL;
	size_t n;

	stderr = open_memstream(&said, &n);
	says(line);
	fclose(stderr);
	stderr = saved;
	if (expected != !!strstr(said, part))
		fail_msg("%s: %s", line, said);
	free(said);
}

#endif
