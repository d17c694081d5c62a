/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl: the sidecar from a shell in the guest. CPUs are Linux's CPU
 * numbers. docs/sidecarctl.md.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

#define MAX_CPU	  4095u
#define MAX_COUNT 100000000u

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
	struct print print;
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

static int exit_code(enum sidecar_error e)
{
	switch (e) {
	case SIDECAR_OK:
		return 0;
	case SIDECAR_E_ABSENT:
		return EXIT_ABSENT;
	case SIDECAR_E_ROOT:
	case SIDECAR_E_MEM:
	case SIDECAR_E_WAY:
		return EXIT_ACCESS;
	case SIDECAR_E_TABLE:
	case SIDECAR_E_ABI:
	case SIDECAR_E_CONTROL:
	case SIDECAR_E_CPUS:
	case SIDECAR_E_STATE:
		return EXIT_BAD;
	case SIDECAR_E_CPU:
	case SIDECAR_E_REMOVED:
		return EXIT_CPU;
	case SIDECAR_E_LINUX:
	case SIDECAR_E_REFUSED:
		return EXIT_LINUX;
	case SIDECAR_E_BUSY:
	case SIDECAR_E_TIMEOUT:
	case SIDECAR_E_COMMAND:
		return EXIT_ANSWER;
	case SIDECAR_E_SYSTEM:
		break;
	}
	return 1;
}

static void failed(struct ctl *c, uint32_t cpu, enum sidecar_error e,
		   const char *detail)
{
	print_error(&c->print, cpu, e, detail);
	if (!c->exit)
		c->exit = exit_code(e);
}

/* ---- Commands ----------------------------------------------------------- */

static void say_restarted(const struct sidecar_vcpu_info *v,
			  const struct sidecar_answer *a)
{
	if (a->restarted)
		fprintf(stderr,
			"sidecarctl: CPU %" PRId32 " did not answer: INIT, "
			"started again\n",
			v->linux_cpu);
}

static enum sidecar_error ping(struct ctl *c, uint32_t i)
{
	uint64_t ns[3] = {UINT64_MAX, 0, 0}, sum = 0;
	struct sidecar_answer a;
	struct sidecar_vcpu_info v;
	enum sidecar_error e;

	sidecar_vcpu(c->s, i, &v);
	for (uint32_t nr = 0; nr < c->count; nr++) {
		e = sidecar_request(c->s, i, SIDECAR_COMMAND_PING, NULL, &a);
		say_restarted(&v, &a);
		if (e)
			return e;
		sum += a.elapsed_ns;
		if (a.elapsed_ns < ns[0])
			ns[0] = a.elapsed_ns;
		if (a.elapsed_ns > ns[2])
			ns[2] = a.elapsed_ns;
	}
	ns[1] = sum / c->count;
	print_ping(&c->print, &v, c->count, ns);
	return SIDECAR_OK;
}

static enum sidecar_error stats(struct ctl *c, uint32_t i)
{
	struct sidecar_answer a;
	struct sidecar_vcpu_info v;
	enum sidecar_error e;

	sidecar_vcpu(c->s, i, &v);
	e = sidecar_request(c->s, i, SIDECAR_COMMAND_STATS, NULL, &a);
	say_restarted(&v, &a);
	if (!e)
		print_stats(&c->print, &v, &a);
	return e;
}

static enum sidecar_error online(struct ctl *c, uint32_t i)
{
	struct sidecar_vcpu_info v;
	enum sidecar_error e = sidecar_online(c->s, i);

	sidecar_vcpu(c->s, i, &v);
	if (!e)
		print_done(&c->print, &v, "online in Linux");
	return e;
}

static enum sidecar_error give_back(struct ctl *c, uint32_t i)
{
	struct sidecar_vcpu_info v;
	enum sidecar_error e = sidecar_return(c->s, i);

	sidecar_vcpu(c->s, i, &v);
	if (!e)
		print_done(&c->print, &v, "in the sidecar");
	return e;
}

static enum sidecar_error list(struct ctl *c)
{
	print_list(&c->print, c->s);
	return SIDECAR_OK;
}

static enum sidecar_error boot_log(struct ctl *c)
{
	char *text;
	size_t n;
	enum sidecar_error e = sidecar_log(c->s, &text, &n);

	if (e)
		return e;
	for (size_t i = 0; i < n; i++)
		putchar((text[i] >= ' ' && text[i] <= '~') || text[i] == '\n'
				? text[i]
				: '?');
	free(text);
	return SIDECAR_OK;
}

static const struct command commands[] = {
	{.name = "list", .whole = list},
	{.name = "ping", .one = ping},
	{.name = "stats", .one = stats},
	{.name = "online", .one = online, .needs_cpus = true},
	{.name = "return", .one = give_back, .needs_cpus = true},
	{.name = "log", .whole = boot_log},
};

/* ---- Which CPUs --------------------------------------------------------- */

/* Of those that nobody named only the ones that are in the sidecar. */
static bool is_in_sidecar(struct ctl *c, uint32_t i)
{
	struct sidecar_vcpu_info v;

	sidecar_vcpu(c->s, i, &v);
	return !v.base && v.state != SIDECAR_REMOVED &&
	       (v.in_linux == SIDECAR_LINUX_OFFLINE ||
		v.in_linux == SIDECAR_LINUX_NONE);
}

static void for_cpu(struct ctl *c, const struct command *cmd, uint32_t cpu)
{
	int32_t i = sidecar_find_cpu(c->s, cpu);
	enum sidecar_error e;
	char detail[64];

	if (c->all && (i < 0 || !is_in_sidecar(c, (uint32_t)i)))
		return;
	if (i < 0) {
		snprintf(detail, sizeof(detail),
			 "CPU %" PRIu32 " is in no sidecar node", cpu);
		failed(c, cpu, SIDECAR_E_CPU, detail);
		return;
	}
	e = cmd->one(c, (uint32_t)i);
	if (e)
		failed(c, cpu, e, sidecar_detail(c->s));
}

static void for_cpus(struct ctl *c, const struct command *cmd)
{
	if (!c->quiet)
		fprintf(stderr, "sidecarctl: %s\n", sidecar_way(c->s));
	print_begin(&c->print);
	for (uint32_t cpu = 0; cpu <= MAX_CPU; cpu++)
		if (c->all || c->chosen[cpu])
			for_cpu(c, cmd, cpu);
	print_end(&c->print);
}

/* ---- Arguments ---------------------------------------------------------- */

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
			c->print.json = true;
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
static const struct command *arguments(struct ctl *c, int argc, char **argv)
{
	const struct command *cmd = NULL;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc && !strcmp(argv[0], commands[i].name))
			cmd = &commands[i];
	if (!cmd || (cmd->whole && argc > 1) || (cmd->needs_cpus && argc < 2))
		return NULL;
	c->all = argc < 2;
	for (int i = 1; i < argc; i++)
		if (!cpu_list(c, argv[i]))
			return NULL;
	return cmd;
}

static void run(struct ctl *c, const struct command *cmd)
{
	enum sidecar_error e;

	if (cmd->one) {
		for_cpus(c, cmd);
		return;
	}
	e = cmd->whole(c);
	if (!e)
		return;
	fprintf(stderr, "sidecarctl: %s: %s\n", sidecar_error_text(e),
		sidecar_detail(c->s));
	c->exit = exit_code(e);
}

int main(int argc, char **argv)
{
	static struct ctl c = {.count = 1};
	struct sidecar_config config = {0};
	const struct command *cmd;
	enum sidecar_error e;

	c.print.to = stdout;
	if (!options(&c, &config, argc, argv) ||
	    !(cmd = arguments(&c, argc - optind, argv + optind))) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	e = sidecar_open(&config, &c.s);
	if (e) {
		fprintf(stderr, "sidecarctl: %s: %s\n", sidecar_error_text(e),
			sidecar_detail(c.s));
		c.exit = exit_code(e);
	} else {
		run(&c, cmd);
	}
	sidecar_close(c.s);
	if (fflush(stdout) && !c.exit)
		c.exit = 1;
	return c.exit;
}
