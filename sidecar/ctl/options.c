/* SPDX-License-Identifier: MIT */
/*
 * The options of sidecarctl.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "abi/jitter.h"
#include "lib/release.h"
#include "options.h"
#include "report.h"
#include "usage.h"
#include "words.h"

#define WATCH_SECONDS 2u
#define MAX_WATCH     3600u
#define MAX_COUNT     100000000u
#define MAX_SECONDS   1000000000u
_Static_assert(MAX_CPU == 4095 && SIDECAR_MAX_TIMEOUT_MS == 3600000 &&
		       JITTER_MAX_SECONDS == 3600 && MAX_COUNT == 100000000 &&
		       MAX_SECONDS == 1000000000,
	       "the lines name these");

#define CPUS .about_cpus = true

const struct ctl_option options_all[] = {
	{.letter = 'c',
	 .name = "cpu",
	 .value = "LIST",
	 .help = "the same as CPU",
	 CPUS},
	{.letter = 'N',
	 .name = "node",
	 .value = "VNODE",
	 .help = "every parked CPU of a vnode",
	 CPUS},
	{.letter = 'A', .name = "all", .help = "every parked CPU", CPUS},
	{.letter = 'a', .name = "arg", .value = "N"},
	{.letter = 't', .name = "timeout", .value = "SEC"},
	{.letter = 'C',
	 .name = "compare",
	 .value = "CPU",
	 .value_may_miss = true},
	{.letter = 'p', .name = "prepare"},
	{.letter = 'g', .name = "gang"},
	{.letter = 'm', .name = "memory", .value = "SIZE"},
	{.letter = 'K', .name = "core", .value = "FILE"},
	{.letter = 'i', .name = "in", .value = "FILE"},
	{.letter = 'o', .name = "out", .value = "FILE"},
	{.letter = 'd', .name = "detach"},
	{.letter = 'f', .name = "force"},
	{.letter = 'n', .name = "count", .value = "N"},
	{.letter = 'w',
	 .name = "wait",
	 .value = "SEC",
	 .help = "longest wait for a vCPU (5)"},
	{.letter = 'W',
	 .name = "watch",
	 .value = "SEC",
	 .value_may_miss = true},
	{.letter = 'j', .name = "json", .help = "print JSON"},
	{.letter = 'v', .name = "verbose", .help = "tell how vCPUs are woken"},
	{.letter = 'q', .name = "quiet", .help = "no advice about CPUs"},
	{.letter = 'V', .name = "version", .help = "show the version"},
	{.letter = 'h',
	 .name = "help",
	 .help = "show this help, or that of COMMAND"},
	{0},
};

#define NR_OPTIONS (sizeof(options_all) / sizeof(options_all[0]))

static const struct ctl_option *find_option(int letter)
{
	const struct ctl_option *o = options_all;

	while (o->name && o->letter != letter)
		o++;
	return o->name ? o : NULL;
}

static bool read_job_arg(struct ctl *c, const char *p)
{
	return c->nr_args < 4 && words_size(p, &c->arg[c->nr_args++]);
}

static bool read_wait(struct ctl *c, const char *p)
{
	uint32_t seconds;

	if (!words_count(p, SIDECAR_MAX_TIMEOUT_MS / 1000, &seconds))
		return false;
	c->timeout_ms = seconds * 1000;
	return true;
}

static bool read_vnode(struct ctl *c, const char *p)
{
	uint64_t n;

	if (!words_any_number(p, &n) || n > UINT32_MAX)
		return false;
	c->vnode = (int64_t)n;
	return true;
}

static bool read_watch(struct ctl *c, const char *p)
{
	c->watch_seconds = WATCH_SECONDS;
	return !p || words_count(p, MAX_WATCH, &c->watch_seconds);
}

static bool read_compare_cpu(struct ctl *c, const char *p)
{
	uint32_t cpu;

	c->compare = true;
	c->compare_cpu = -1;
	if (!p)
		return true;
	if (!words_number(&p, MAX_CPU, &cpu) || *p)
		return false;
	c->compare_cpu = (int32_t)cpu;
	return true;
}

static bool read_option(struct ctl *c, int o)
{
	switch (o) {
	case 'c':
		return words_cpu_list(optarg, c->chosen);
	case 'N':
		return read_vnode(c, optarg);
	case 'A':
		c->all = true;
		return true;
	case 'a':
		return read_job_arg(c, optarg);
	case 't':
		return words_count(optarg, MAX_SECONDS, &c->seconds);
	case 'C':
		return read_compare_cpu(c, optarg);
	case 'p':
		c->prepare = true;
		return true;
	case 'd':
		c->detach = true;
		return true;
	case 'i':
		c->in = optarg;
		return *optarg;
	case 'o':
		c->out = optarg;
		return *optarg;
	case 'g':
		c->gang = true;
		return true;
	case 'm':
		return words_size(optarg, &c->memory_bytes) && c->memory_bytes;
	case 'K':
		c->core = optarg;
		return *optarg;
	case 'f':
		c->force = true;
		return true;
	case 'n':
		return words_count(optarg, MAX_COUNT, &c->count);
	case 'w':
		return read_wait(c, optarg);
	case 'j':
		c->show.json = true;
		return true;
	case 'q':
		c->quiet = true;
		return true;
	case 'v':
		c->verbose = true;
		return true;
	case 'W':
		return read_watch(c, optarg);
	case 'h':
		c->help = true;
		return true;
	case 'V':
		puts("sidecarctl " RELEASE);
		exit(report_end(0));
	default:
		return false;
	}
}

/* Always false, after a line that names what is wanted instead. */
static bool bad_value(int o, const char *letter)
{
	switch (o) {
	case 'c':
		return usage_error(
			letter, "want CPUs like 2,4-6, 0 to 4095, not", optarg);
	case 'N':
		return usage_error(letter, "want the number of a vnode, not",
				   optarg);
	case 'a':
		return usage_error(
			letter,
			"want at most four numbers like 5, 0x1f or 64K, not",
			optarg);
	case 't':
		return usage_error(letter, "want 1 to 1000000000 seconds, not",
				   optarg);
	case 'C':
		return usage_error(letter, "want a CPU, 0 to 4095, not",
				   optarg);
	case 'K':
		return usage_error(letter, "want a file, not", optarg);
	case 'i':
	case 'o':
		return usage_error(letter, "want a file, or -, not", optarg);
	case 'm':
		return usage_error(letter, "want a size like 16M, not", optarg);
	case 'n':
		return usage_error(letter, "want 1 to 100000000, not", optarg);
	default:
		return usage_error(letter, "want 1 to 3600 seconds, not",
				   optarg);
	}
}

/*
 * Reports an option for which getopt_long() returned ? or :, or whose value is
 * bad; always false.
 */
static bool bad_option(int o, const char *word)
{
	const char letter[] = {'-', (char)(o == '?' ? optopt : o), 0};

	if (o == ':')
		return usage_error(word, "a value is missing", NULL);
	if (o != '?')
		return bad_value(o, letter);
	if (!optopt)
		return usage_error("", "unknown option", word);
	if (!find_option(optopt))
		return usage_error("", "unknown option", letter);
	return usage_error("", "takes no value", word);
}

/* The first : makes getopt_long() tell a missing value from another error. */
static void for_getopt(char *letters, struct option *longs)
{
	*letters++ = ':';
	for (const struct ctl_option *o = options_all; o->name; o++, longs++) {
		longs->name = o->name;
		longs->val = o->letter;
		longs->has_arg = !o->value	     ? no_argument
				 : o->value_may_miss ? optional_argument
						     : required_argument;
		*letters++ = o->letter;
		for (int i = 0; i < longs->has_arg; i++)
			*letters++ = ':';
	}
	*letters = 0;
}

bool options_read(struct ctl *c, int argc, char **argv)
{
	struct option longs[NR_OPTIONS] = {0};
	char letters[3 * NR_OPTIONS + 1];
	int o;

	for_getopt(letters, longs);
	opterr = 0;
	while ((o = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (!read_option(c, o))
			return bad_option(o, argv[optind - 1]);
		c->given[o] = true;
	}
	return true;
}

const char *options_text(const struct command *cmd, int letter)
{
	const struct command_option *o = cmd->line->options;

	while (o->letter && o->letter != letter)
		o++;
	return o->letter ? o->does : NULL;
}

/* "ping", "run and jitter", "run, online and return" */
static void name_commands(char *text, size_t size,
			  const struct command *commands, int letter)
{
	const char *last = NULL;
	size_t n = 0;

	for (; commands->name; commands++) {
		if (!options_text(commands, letter))
			continue;
		if (last && n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%s",
					      n ? ", " : "", last);
		last = commands->name;
	}
	if (last && n < size)
		snprintf(text + n, size - n, "%s%s", n ? " and " : "", last);
}

bool options_are_for(const struct ctl *c, const struct command *commands,
		     const struct command *cmd)
{
	char about[128];

	for (const struct ctl_option *o = options_all; o->name; o++) {
		size_t n;

		if (!c->given[(int)o->letter] || o->help ||
		    options_text(cmd, o->letter))
			continue;
		n = (size_t)snprintf(about, sizeof(about), "-%c is for ",
				     o->letter);
		name_commands(about + n, sizeof(about) - n, commands,
			      o->letter);
		return usage_error(about, "not for", cmd->name);
	}
	return true;
}
