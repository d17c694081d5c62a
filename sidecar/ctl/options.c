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

/* The first : makes getopt_long() tell a missing value from another error. */
static const char letters[] = ":c:N:Aa:t:C::pdgm:K:i:o:fn:w:W::jqvhV";

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
	if (!strchr(letters, optopt))
		return usage_error("", "unknown option", letter);
	return usage_error("", "takes no value", word);
}

bool options_read(struct ctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{"cpu", required_argument, NULL, 'c'},
		{"node", required_argument, NULL, 'N'},
		{"all", no_argument, NULL, 'A'},
		{"arg", required_argument, NULL, 'a'},
		{"timeout", required_argument, NULL, 't'},
		{"compare", optional_argument, NULL, 'C'},
		{"prepare", no_argument, NULL, 'p'},
		{"core", required_argument, NULL, 'K'},
		{"in", required_argument, NULL, 'i'},
		{"out", required_argument, NULL, 'o'},
		{"detach", no_argument, NULL, 'd'},
		{"gang", no_argument, NULL, 'g'},
		{"memory", required_argument, NULL, 'm'},
		{"force", no_argument, NULL, 'f'},
		{"count", required_argument, NULL, 'n'},
		{"wait", required_argument, NULL, 'w'},
		{"json", no_argument, NULL, 'j'},
		{"watch", optional_argument, NULL, 'W'},
		{"quiet", no_argument, NULL, 'q'},
		{"verbose", no_argument, NULL, 'v'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (!read_option(c, o))
			return bad_option(o, argv[optind - 1]);
		c->given[o] = true;
	}
	return true;
}

/* Whether the command @name takes option @o; if not, after a line. */
static bool option_is_for(int o, const char *name)
{
	const char letter[] = {'-', (char)o, 0};
	bool run = !strcmp(name, "run"), jitter = !strcmp(name, "jitter");

	switch (o) {
	case 'a':
	case 'd':
	case 'g':
	case 'i':
	case 'K':
	case 'm':
	case 'o':
		return run || usage_error(letter, "for run, not for", name);
	case 'p':
	case 't':
		return run || jitter ||
		       usage_error(letter, "for run and jitter, not for", name);
	case 'C':
		return jitter ||
		       usage_error(letter, "for jitter, not for", name);
	case 'f':
		return run || !strcmp(name, "online") ||
		       !strcmp(name, "return") ||
		       usage_error(letter,
				   "for online, return and run, not for", name);
	case 'n':
		return !strcmp(name, "ping") ||
		       usage_error(letter, "for ping, not for", name);
	case 'W':
		return !strcmp(name, "list") ||
		       usage_error(letter, "for list, not for", name);
	default:
		return true;
	}
}

bool options_are_for(const struct ctl *c, const char *name)
{
	for (int o = 0; o <= 'z'; o++)
		if (c->given[o] && !option_is_for(o, name))
			return false;
	return true;
}
