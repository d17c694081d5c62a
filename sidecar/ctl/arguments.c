/* SPDX-License-Identifier: MIT */
/*
 * The command line of sidecarctl: the command, what it is about, and CPUs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "help.h"
#include "options.h"
#include "report.h"
#include "usage.h"
#include "words.h"

static const struct command *find_command(const struct command *commands,
					  const char *name)
{
	for (const struct command *i = commands; i->name; i++)
		if (!strcmp(name, i->name))
			return i;
	return NULL;
}

static bool read_first_word(struct ctl *c, enum first_word first, const char *p)
{
	if (first == FIRST_JOB)
		c->job = p;
	return first == FIRST_JOB || words_any_number(p, &c->address);
}

static bool none_named(const struct ctl *c)
{
	for (uint32_t i = 0; i <= MAX_CPU; i++)
		if (c->chosen[i])
			return false;
	return c->vnode < 0;
}

/* The words after the command's name: what it is about, and CPUs. */
static bool read_words(struct ctl *c, const struct command *cmd, int argc,
		       char **argv)
{
	int i = 1;

	if (cmd->first != FIRST_CPU && argc < 2)
		return usage_error(cmd->name,
				   cmd->first == FIRST_JOB
					   ? "JOB is missing"
					   : "ADDRESS is missing",
				   NULL);
	if (cmd->first != FIRST_CPU &&
	    !read_first_word(c, cmd->first, argv[i++]))
		return usage_error(cmd->name,
				   "want an address, decimal or 0x..., not",
				   argv[1]);
	for (; i < argc; i++) {
		if (!cmd->has_cpus)
			return usage_error(cmd->name, "takes no CPU", argv[i]);
		if (!words_cpu_list(argv[i], c->chosen))
			return usage_error(
				cmd->name,
				"want CPUs like 2,4-6, 0 to 4095, not",
				argv[i]);
	}
	return true;
}

/* Of jitter all time is measured, and it has an end. */
static bool time_ok(const struct ctl *c, const struct command *cmd)
{
	if (!cmd->most_seconds || c->seconds <= cmd->most_seconds)
		return true;
	return usage_error(cmd->name, "-t: want 1 to 3600 seconds", NULL);
}

/* Of several jobs the output would be mixed. */
static bool output_ok(const struct ctl *c, const struct command *cmd)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i <= MAX_CPU; i++)
		nr += c->chosen[i];
	if (c->out && !c->gang && (c->all || c->vnode >= 0 || nr > 1))
		return usage_error(cmd->name, "--out takes one CPU, or --gang",
				   NULL);
	if (c->out && c->detach && !strcmp(c->out, "-"))
		return usage_error(cmd->name,
				   "--out=- does not go with --detach", NULL);
	return true;
}

/* NULL if the words make no sense. */
static const struct command *read_command(struct ctl *c,
					  const struct command *commands,
					  int argc, char **argv)
{
	const struct command *cmd =
		argc ? find_command(commands, argv[0]) : NULL;

	if (!argc)
		usage_error("", "no command given", NULL);
	else if (!cmd)
		usage_error("", "unknown command", argv[0]);
	if (!cmd || !options_are_for(c, commands, cmd) ||
	    !read_words(c, cmd, argc, argv) || !time_ok(c, cmd) ||
	    !output_ok(c, cmd))
		return NULL;
	if (!none_named(c) || c->all) {
		if (!cmd->has_cpus)
			usage_error(cmd->name, "takes no CPU", NULL);
		return cmd->has_cpus ? cmd : NULL;
	}
	if (c->gang && cmd->one_idle) {
		usage_error(cmd->name, "--gang: no CPU named", NULL);
		return NULL;
	}
	c->first_idle = cmd->one_idle;
	c->all = !cmd->one_idle;
	if (cmd->needs_cpus)
		usage_error(cmd->name, "no CPU named", NULL);
	return cmd->needs_cpus ? NULL : cmd;
}

/* Of a word that is no command, the help of all. */
static void print_help(const struct command *commands, const char *word)
{
	const struct command *cmd = word ? find_command(commands, word) : NULL;

	if (cmd)
		help_of_command(stdout, cmd);
	else
		help_of_all(stdout, commands);
	exit(report_end(0));
}

/* Words behind -- are the job's own; that takes the place of its name. */
static bool take_words(struct ctl *c, const struct command *cmd, int argc,
		       char **argv)
{
	if (!argc)
		return true;
	if (cmd->first != FIRST_JOB)
		return usage_error(cmd->name, "takes no words behind --", NULL);
	argv[0] = (char *)(uintptr_t)c->job;
	c->argv = (const char *const *)argv;
	c->nr_argv = (uint32_t)argc;
	return true;
}

static int find_dashes(int argc, char **argv)
{
	int i = 1;

	while (i < argc && strcmp(argv[i], "--"))
		i++;
	return i;
}

const struct command *arguments_read(struct ctl *c,
				     const struct command *commands, int argc,
				     char **argv)
{
	int own = find_dashes(argc, argv);
	const struct command *cmd;

	/* getopt_long() may move what it is given */
	if (!options_read(c, own, argv))
		return NULL;
	if (c->help)
		print_help(commands, own > optind ? argv[optind] : NULL);
	cmd = read_command(c, commands, own - optind, argv + optind);
	return cmd && take_words(c, cmd, argc - own, argv + own) ? cmd : NULL;
}
