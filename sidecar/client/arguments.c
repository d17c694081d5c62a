/* SPDX-License-Identifier: MIT */
/*
 * The command line of sidecarctl.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define MAX_COUNT 100000000u

static const char help[] =
	"Usage: sidecarctl [OPTION...] COMMAND [CPU...]\n"
	"  list           nodes, vCPUs, states, memory\n"
	"  ping [CPU...]  wake and get an answer; all in the sidecar if none\n"
	"  stats [CPU...] counters of parked vCPUs\n"
	"  online CPU...  give parked vCPUs to Linux\n"
	"  return CPU...  take CPUs from Linux back into the sidecar\n"
	"  log            the shim's boot log\n"
	"CPU is Linux's CPU number, a range (2-5), or a list of both (2,4-6).\n"
	"  -j, --json         JSON\n"
	"  -n, --count=N      pings per CPU\n"
	"  -t, --timeout=SEC  longest wait for a vCPU (5)\n"
	"  -q, --quiet        do not say how vCPUs are woken\n"
	"  -h, --help         this\n"
	"Exit: 0 done, 1 system error, 2 usage, 3 no sidecar, 4 no access (not\n"
	"root, /dev/mem, xen-privcmd, msr), 5 bad table or control page, 6 not a\n"
	"CPU of the sidecar, or not in it, 7 Linux has it or refuses, 8 busy, no\n"
	"answer, or the command failed. The first error counts.\n";

static bool number(const char **p, uint32_t max, uint32_t *v)
{
	unsigned long long n;
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	n = strtoull(*p, &end, 10);
	if (errno || n > max)
		return false;
	*p = end;
	*v = (uint32_t)n;
	return true;
}

static bool whole_number(const char *p, uint32_t max, uint32_t *v)
{
	return number(&p, max, v) && !*p && *v;
}

static bool cpu_list(struct ctl *c, const char *p)
{
	uint32_t first, last;

	for (;; p++) {
		if (!number(&p, MAX_CPU, &first))
			return false;
		last = first;
		if (*p == '-') {
			p++;
			if (!number(&p, MAX_CPU, &last) || last < first)
				return false;
		}
		for (uint32_t i = first; i <= last; i++)
			c->chosen[i] = true;
		if (!*p)
			return true;
		if (*p != ',')
			return false;
	}
}

static bool options(struct ctl *c, struct sidecar_config *config, int argc,
		    char **argv)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},
		{"count", required_argument, NULL, 'n'},
		{"timeout", required_argument, NULL, 't'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	uint32_t seconds;
	int o;

	while ((o = getopt_long(argc, argv, "jn:t:qh", longs, NULL)) != -1) {
		switch (o) {
		case 'j':
			c->show.json = true;
			break;
		case 'n':
			if (!whole_number(optarg, MAX_COUNT, &c->count))
				return false;
			break;
		case 't':
			if (!whole_number(optarg, SIDECAR_MAX_TIMEOUT_MS / 1000,
					  &seconds))
				return false;
			config->timeout_ms = seconds * 1000;
			break;
		case 'q':
			c->quiet = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			return false;
		}
	}
	return true;
}

/* The command and its CPUs; NULL if they make no sense. */
static const struct command *command_read(struct ctl *c, int argc, char **argv)
{
	const struct command *cmd = NULL;

	for (const struct command *i = commands; argc && i->name; i++)
		if (!strcmp(argv[0], i->name))
			cmd = i;
	if (!cmd || (cmd->whole && argc > 1) || (cmd->needs_cpus && argc < 2))
		return NULL;
	c->all = argc < 2;
	for (int i = 1; i < argc; i++)
		if (!cpu_list(c, argv[i]))
			return NULL;
	return cmd;
}

const struct command *arguments_read(struct ctl *c,
				     struct sidecar_config *config, int argc,
				     char **argv)
{
	const struct command *cmd = NULL;

	if (options(c, config, argc, argv))
		cmd = command_read(c, argc - optind, argv + optind);
	if (!cmd)
		fputs(help, stderr);
	return cmd;
}
