/* SPDX-License-Identifier: MIT */
/*
 * Help, from what the commands and options say of themselves. The completions
 * of shells read it.
 */
#include <string.h>

#include "help.h"
#include "options.h"

#define WIDTH	79u
#define COMMAND 24u /* the columns where texts begin */
#define OPTION	21u

/* ---- Lines -------------------------------------------------------------- */

/* From column @at on; further lines from @indent on. */
static void print_words(FILE *to, const char *text, size_t at, size_t indent)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (!first && at + 1 + n > WIDTH) {
			fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', to);
			at++;
		}
		fprintf(to, "%.*s", (int)n, text);
		at += n;
		text += n + strspn(text + n, " ");
		first = false;
	}
	fputc('\n', to);
}

/* @left, and @text from column @indent on. */
static void print_entry(FILE *to, const char *left, const char *text,
			size_t indent)
{
	int n = fprintf(to, "  %s", left);
	size_t at = n > 0 ? (size_t)n : 0, pad = 2;

	if (at + pad < indent)
		pad = indent - at;
	fprintf(to, "%*s", (int)pad, "");
	print_words(to, text, at + pad, indent);
}

/* ---- Options ------------------------------------------------------------ */

static void print_option(FILE *to, const struct ctl_option *o, const char *text)
{
	char left[64];

	if (o->value_may_miss)
		snprintf(left, sizeof(left), "-%c[%s], --%s[=%s]", o->letter,
			 o->value, o->name, o->value);
	else
		snprintf(left, sizeof(left), "-%c, --%s%s%s", o->letter,
			 o->name, o->value ? "=" : "",
			 o->value ? o->value : "");
	print_entry(to, left, text, OPTION);
}

/* ", next", or "next" at the start of @text. */
static void add_text(char *text, size_t size, const char *between,
		     const char *next)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, "%s%s", n ? between : "", next);
}

/* The names of commands from @cmd on for which @letter does the same. */
static void add_commands(char *text, size_t size, const struct command *cmd,
			 char letter, const char *does)
{
	char names[64] = "";

	for (; cmd->name; cmd++) {
		const char *same = options_text(cmd, letter);

		if (same && !strcmp(same, does))
			add_text(names, sizeof(names), ", ", cmd->name);
	}
	add_text(text, size, "; ", names);
	add_text(text, size, ": ", does);
}

static bool is_said_before(const struct command *commands,
			   const struct command *cmd, char letter,
			   const char *does)
{
	for (; commands != cmd; commands++) {
		const char *said = options_text(commands, letter);

		if (said && !strcmp(said, does))
			return true;
	}
	return false;
}

/* Of an option that not all commands have: what it does for each. */
static void print_for_commands(FILE *to, const struct command *commands,
			       const struct ctl_option *o)
{
	char text[512] = "";

	for (const struct command *cmd = commands; cmd->name; cmd++) {
		const char *does = options_text(cmd, o->letter);

		if (does && !is_said_before(commands, cmd, o->letter, does))
			add_commands(text, sizeof(text), cmd, o->letter, does);
	}
	print_option(to, o, text);
}

static void print_own_options(FILE *to, const struct command *cmd)
{
	for (const struct ctl_option *o = options_all; o->name; o++) {
		const char *does = options_text(cmd, o->letter);

		if (does)
			print_option(to, o, does);
	}
}

/* Those that all commands have, in short. */
static void print_other_options(FILE *to, const struct command *cmd)
{
	char text[512] = "Also:";

	for (const struct ctl_option *o = options_all; o->name; o++) {
		if (!o->help || (o->about_cpus && !cmd->has_cpus))
			continue;
		add_text(text, sizeof(text), " --", o->name);
		if (o->value)
			add_text(text, sizeof(text), "=", o->value);
	}
	print_words(to, text, 0, 6);
}

/* ---- All of it ---------------------------------------------------------- */

static const char words_text[] =
	"CPU is a Linux CPU number, a range (2-5), or a list of both (2,4-6).\n"
	"Default: every parked CPU, unless noted.\n"
	"JOB is a file, or the name of one in " JOBS_DIR ".\n"
	"sidecarctl COMMAND --help: more about a command\n";

static const char exit_text[] =
	"Exit: 0 done, 1 system error, 2 usage, 3 no sidecar, 4 no access (not\n"
	"root, /dev/mem, xen-privcmd, msr), 5 bad table or control page, 6 not a\n"
	"CPU of the sidecar, or not in it, 7 Linux has it or refuses, 8 busy, no\n"
	"answer, or the command or job failed. The first error counts. wait: what the\n"
	"job returned, 124 stopped, 126 died, 125 an error of sidecarctl.\n";

static void print_commands(FILE *to, const struct command *commands)
{
	char left[64];

	for (const struct command *cmd = commands; cmd->name; cmd++) {
		snprintf(left, sizeof(left), "%s", cmd->name);
		add_text(left, sizeof(left), " ", cmd->line->words);
		print_entry(to, left, cmd->line->brief, COMMAND);
	}
}

void help_of_all(FILE *to, const struct command *commands)
{
	fputs("Usage: sidecarctl [OPTION...] COMMAND [CPU...]\n", to);
	print_commands(to, commands);
	fputs(words_text, to);
	for (const struct ctl_option *o = options_all; o->name; o++)
		if (o->help)
			print_option(to, o, o->help);
		else
			print_for_commands(to, commands, o);
	fputs(exit_text, to);
}

void help_of_command(FILE *to, const struct command *cmd)
{
	const struct command_line *line = cmd->line;

	fprintf(to, "Usage: sidecarctl %s%s%s\n", cmd->name,
		*line->words ? " " : "", line->words);
	print_words(to, line->about, 0, 0);
	print_own_options(to, cmd);
	print_other_options(to, cmd);
	if (line->example)
		fprintf(to, "Example: sidecarctl %s\n", line->example);
}
