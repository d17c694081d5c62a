/* SPDX-License-Identifier: MIT */
/*
 * The command line of sidecarctl.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "abi/jitter.h"

#define MAX_COUNT   100000000u
#define MAX_SECONDS 1000000000u
_Static_assert(MAX_CPU == 4095 && SIDECAR_MAX_TIMEOUT_MS == 3600000 &&
		       JITTER_MAX_SECONDS == 3600 && MAX_COUNT == 100000000 &&
		       MAX_SECONDS == 1000000000,
	       "the lines name these");

static const char help[] =
	"Usage: sidecarctl [OPTION...] COMMAND [CPU...]\n"
	"  list                  nodes, vCPUs, states, memory\n"
	"  ping [CPU...]         wake and get an answer\n"
	"  run JOB [CPU...]      a job on the first idle one, or on those named\n"
	"  jitter [CPU...]       how long a vCPU is ever away, the same choice\n"
	"  stop [CPU...]         end the jobs that run\n"
	"  stats [CPU...]        counters\n"
	"  regs [CPU...]         registers\n"
	"  translate ADDRESS [CPU...]  virtual to physical\n"
	"  online CPU...         give parked vCPUs to Linux\n"
	"  return CPU...         take CPUs from Linux back into the sidecar\n"
	"  log                   the shim's boot log\n"
	"CPU is Linux's CPU number, a range (2-5), or a list of both (2,4-6). If\n"
	"none is named, all that are in the sidecar, unless said otherwise.\n"
	"JOB is a file, or the name of one in " JOBS_DIR ".\n"
	"  -c, --cpu=LIST     the same as CPU\n"
	"  -N, --node=VNODE   all of a vnode that are in the sidecar\n"
	"  -A, --all          all that are in the sidecar\n"
	"  -a, --arg=N        run: the job's next argument, up to four\n"
	"  -t, --timeout=SEC  run: the job is stopped after so long; jitter: for\n"
	"                     so long (1)\n"
	"  -C[CPU], --compare[=CPU]\n"
	"                     jitter: the same on a CPU of Linux, CPU if given\n"
	"  -p, --prepare      run, jitter: Linux has the CPU for a moment first\n"
	"  -f, --force        online, return: end a job that runs; run: what the\n"
	"                     job would refuse\n"
	"  -n, --count=N      ping: pings per CPU\n"
	"  -w, --wait=SEC     longest wait for a vCPU (5)\n"
	"  -j, --json         JSON\n"
	"  -q, --quiet        not how vCPUs are woken, no warnings\n"
	"  -h, --help         this\n"
	"Exit: 0 done, 1 system error, 2 usage, 3 no sidecar, 4 no access (not\n"
	"root, /dev/mem, xen-privcmd, msr), 5 bad table or control page, 6 not a\n"
	"CPU of the sidecar, or not in it, 7 Linux has it or refuses, 8 busy, no\n"
	"answer, or the command or job failed. The first error counts.\n";

/* Always false, after a line that names the word. */
static bool usage_error(const char *about, const char *what, const char *word)
{
	fprintf(stderr, "sidecarctl: %s%s%s%s%s%s (try --help)\n", about,
		*about ? ": " : "", what, *word ? " \"" : "", word,
		*word ? "\"" : "");
	return false;
}

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

/* Decimal, or hexadecimal with 0x. */
static bool any_number(const char *p, uint64_t *v)
{
	char *end;

	if (*p < '0' || *p > '9')
		return false;
	errno = 0;
	*v = strtoull(p, &end, p[0] == '0' && p[1] == 'x' ? 16 : 10);
	return !errno && !*end;
}

static bool job_arg(struct ctl *c, const char *p)
{
	return c->nr_args < 4 && any_number(p, &c->arg[c->nr_args++]);
}

static bool wait_seconds(struct sidecar_config *config, const char *p)
{
	uint32_t seconds;

	if (!whole_number(p, SIDECAR_MAX_TIMEOUT_MS / 1000, &seconds))
		return false;
	config->timeout_ms = seconds * 1000;
	return true;
}

static bool vnode(struct ctl *c, const char *p)
{
	uint64_t n;

	if (!any_number(p, &n) || n > UINT32_MAX)
		return false;
	c->vnode = (int64_t)n;
	return true;
}

static bool compare(struct ctl *c, const char *p)
{
	uint32_t cpu;

	c->compare = true;
	c->compare_cpu = -1;
	if (!p)
		return true;
	if (!number(&p, MAX_CPU, &cpu) || *p)
		return false;
	c->compare_cpu = (int32_t)cpu;
	return true;
}

static bool option(struct ctl *c, struct sidecar_config *config, int o)
{
	switch (o) {
	case 'c':
		return cpu_list(c, optarg);
	case 'N':
		return vnode(c, optarg);
	case 'A':
		c->all = true;
		return true;
	case 'a':
		return job_arg(c, optarg);
	case 't':
		return whole_number(optarg, MAX_SECONDS, &c->seconds);
	case 'C':
		return compare(c, optarg);
	case 'p':
		c->prepare = true;
		return true;
	case 'f':
		c->force = true;
		return true;
	case 'n':
		return whole_number(optarg, MAX_COUNT, &c->count);
	case 'w':
		return wait_seconds(config, optarg);
	case 'j':
		c->show.json = true;
		return true;
	case 'q':
		c->quiet = true;
		return true;
	case 'h':
		fputs(help, stdout);
		exit(ctl_end(0));
	default:
		return false;
	}
}

/* The first : makes getopt_long() tell a missing value from another error. */
static const char letters[] = ":c:N:Aa:t:C::pfn:w:jqh";

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
			"want at most four numbers, decimal or 0x..., not",
			optarg);
	case 't':
		return usage_error(letter, "want 1 to 1000000000 seconds, not",
				   optarg);
	case 'C':
		return usage_error(letter, "want a CPU, 0 to 4095, not",
				   optarg);
	case 'n':
		return usage_error(letter, "want 1 to 100000000, not", optarg);
	default:
		return usage_error(letter, "want 1 to 3600 seconds, not",
				   optarg);
	}
}

/* What getopt_long() said ? or : to, or whose value is bad; always false. */
static bool bad_option(int o, const char *word)
{
	const char letter[] = {'-', (char)(o == '?' ? optopt : o), 0};

	if (o == ':')
		return usage_error(word, "a value is missing", "");
	if (o != '?')
		return bad_value(o, letter);
	if (!optopt)
		return usage_error("", "unknown option", word);
	if (!strchr(letters, optopt))
		return usage_error("", "unknown option", letter);
	return usage_error("", "takes no value", word);
}

static bool options(struct ctl *c, struct sidecar_config *config, int argc,
		    char **argv)
{
	static const struct option longs[] = {
		{"cpu", required_argument, NULL, 'c'},
		{"node", required_argument, NULL, 'N'},
		{"all", no_argument, NULL, 'A'},
		{"arg", required_argument, NULL, 'a'},
		{"timeout", required_argument, NULL, 't'},
		{"compare", optional_argument, NULL, 'C'},
		{"prepare", no_argument, NULL, 'p'},
		{"force", no_argument, NULL, 'f'},
		{"count", required_argument, NULL, 'n'},
		{"wait", required_argument, NULL, 'w'},
		{"json", no_argument, NULL, 'j'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, letters, longs, NULL)) != -1)
		if (!option(c, config, o))
			return bad_option(o, argv[optind - 1]);
	return true;
}

static const struct command *command_find(const char *name)
{
	for (const struct command *i = commands; i->name; i++)
		if (!strcmp(name, i->name))
			return i;
	return NULL;
}

static bool first_read(struct ctl *c, enum first first, const char *p)
{
	if (first == FIRST_JOB)
		c->job = p;
	return first == FIRST_JOB || any_number(p, &c->address);
}

static bool none_named(const struct ctl *c)
{
	for (uint32_t i = 0; i <= MAX_CPU; i++)
		if (c->chosen[i])
			return false;
	return c->vnode < 0;
}

/* The words behind the command's name: what it is about, and CPUs. */
static bool words_read(struct ctl *c, const struct command *cmd, int argc,
		       char **argv)
{
	int i = 1;

	if (cmd->first != FIRST_CPU && argc < 2)
		return usage_error(cmd->name,
				   cmd->first == FIRST_JOB
					   ? "JOB is missing"
					   : "ADDRESS is missing",
				   "");
	if (cmd->first != FIRST_CPU && !first_read(c, cmd->first, argv[i++]))
		return usage_error(cmd->name,
				   "want an address, decimal or 0x..., not",
				   argv[1]);
	for (; i < argc; i++) {
		if (!cmd->has_cpus)
			return usage_error(cmd->name, "takes no CPU", argv[i]);
		if (!cpu_list(c, argv[i]))
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
	return usage_error(cmd->name, "-t: want 1 to 3600 seconds", "");
}

/* NULL if the words make no sense. */
static const struct command *command_read(struct ctl *c, int argc, char **argv)
{
	const struct command *cmd = argc ? command_find(argv[0]) : NULL;

	if (!argc)
		usage_error("", "no command given", "");
	else if (!cmd)
		usage_error("", "unknown command", argv[0]);
	if (!cmd || !words_read(c, cmd, argc, argv) || !time_ok(c, cmd))
		return NULL;
	if (!none_named(c) || c->all) {
		if (!cmd->has_cpus)
			usage_error(cmd->name, "takes no CPU", "");
		return cmd->has_cpus ? cmd : NULL;
	}
	c->first_idle = cmd->one_idle;
	c->all = !cmd->one_idle;
	if (cmd->needs_cpus)
		usage_error(cmd->name, "no CPU named", "");
	return cmd->needs_cpus ? NULL : cmd;
}

const struct command *arguments_read(struct ctl *c,
				     struct sidecar_config *config, int argc,
				     char **argv)
{
	if (!options(c, config, argc, argv))
		return NULL;
	return command_read(c, argc - optind, argv + optind);
}
