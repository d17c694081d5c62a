/* SPDX-License-Identifier: MIT */
/*
 * Inside sidecarctl: one run of it, and its command line.
 */
#ifndef CTL_H
#define CTL_H

#include "show.h"

#define MAX_CPU 4095u /* Linux CPU number */

/* Exit codes, docs/sidecarctl.md */
#define EXIT_USAGE  2
#define EXIT_ABSENT 3
#define EXIT_ACCESS 4
#define EXIT_BAD    5
#define EXIT_CPU    6
#define EXIT_LINUX  7
#define EXIT_ANSWER 8

struct ctl {
	struct sidecar *s;
	struct show show;
	uint32_t count; /* pings */
	bool quiet;
	bool chosen[MAX_CPU + 1]; /* Linux CPU numbers */
	bool all;		  /* none was named */
	int exit;		  /* of the first error */
};

struct command {
	const char *name;
	/* for each CPU, */
	enum sidecar_error (*one)(struct ctl *c, uint32_t i);
	/* or once */
	enum sidecar_error (*whole)(struct ctl *c);
	bool needs_cpus; /* they have to be named */
};

/* Ends with one that has no name. */
extern const struct command commands[];

/*
 * The command line into @c and @config; NULL, after the help on stderr, if it
 * makes no sense. Does not return from -h.
 */
const struct command *arguments_read(struct ctl *c,
				     struct sidecar_config *config, int argc,
				     char **argv);

#endif
