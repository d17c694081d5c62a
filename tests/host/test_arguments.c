/* SPDX-License-Identifier: MIT */
/*
 * The command line of sidecarctl: what it means, and what is said of one that
 * makes no sense.
 */
#include "ctl_line.h"
#include "../../sidecar/ctl/help.h"
#include "../../sidecar/ctl/options.h"

static void means(const char *line, const char *command_name)
{
	const struct command *cmd = arguments(line);

	assert_non_null(cmd);
	assert_string_equal(cmd->name, command_name);
}

static uint32_t nr_chosen(void)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i <= MAX_CPU; i++)
		nr += c.chosen[i];
	return nr;
}

static void cpus(void **state)
{
	(void)state;
	means("ping", "ping");
	assert_true(c.all);
	means("ping 3,5-7 4095", "ping");
	assert_false(c.all);
	assert_int_equal(nr_chosen(), 5);
	assert_true(c.chosen[3] && c.chosen[5] && c.chosen[7] &&
		    c.chosen[4095]);
	means("-c 2 ping --cpu=0-1", "ping");
	assert_int_equal(nr_chosen(), 3);
	means("stats -N 1", "stats");
	assert_int_equal(c.vnode, 1);
	assert_false(c.all);
	means("online -A", "online");
	means("run hello", "run");
	assert_false(c.all);
	assert_true(c.first_idle);
	assert_string_equal(c.job, "hello");
	means("translate 0x1000 2", "translate");
	assert_int_equal(c.address, 0x1000);
}

static void options(void **state)
{
	(void)state;
	means("run x -a 010 -a 0x1f -a 18446744073709551615 -t 3 -p -f", "run");
	assert_int_equal(c.nr_args, 3);
	assert_int_equal(c.arg[0], 10);
	assert_int_equal(c.arg[1], 31);
	assert_true(c.arg[2] == UINT64_MAX);
	assert_int_equal(c.seconds, 3);
	assert_true(c.prepare && c.force);
	means("-jq -n 100000000 -w 3600 ping", "ping");
	assert_true(c.show.json && c.quiet);
	assert_int_equal(c.count, 100000000);
	assert_int_equal(c.timeout_ms, 3600000);
}

static void sizes(void **state)
{
	(void)state;
	means("run x -a 64K -a 3m -a 0x2G", "run");
	assert_int_equal(c.arg[0], 65536);
	assert_int_equal(c.arg[1], 3 << 20);
	assert_true(c.arg[2] == UINT64_C(2) << 30);
	means("list -W5 2", "list");
	assert_int_equal(c.watch_seconds, 5);
	means("list --watch", "list");
	assert_int_equal(c.watch_seconds, 2);
	assert_true(c.all);
}

/* ---- Help --------------------------------------------------------------- */

static char *help_text;

/* Of @cmd, or of all; until the next call. */
static const char *help_of(const struct command *cmd)
{
	size_t n;
	FILE *to;

	free(help_text);
	to = open_memstream(&help_text, &n);
	assert_non_null(to);
	if (cmd)
		help_of_command(to, cmd);
	else
		help_of_all(to, main_commands);
	fclose(to);
	return help_text;
}

static bool helps_with(const char *text, const char *name)
{
	const char *at;
	size_t n = strlen(name);

	for (at = strstr(text, name); at; at = strstr(at + n, name))
		if (strchr(" [=,\n", at[n]))
			return true;
	return false;
}

static bool fits_columns(const char *text)
{
	for (size_t n; *text; text += n + (text[n] != 0)) {
		n = strcspn(text, "\n");
		if (n > 79)
			return false;
	}
	return true;
}

/* Each command has a help of its own, which begins with how it is called. */
static void helps(void **state)
{
	char usage[64];

	(void)state;
	for (const struct command *i = main_commands; i->name; i++) {
		const char *text = help_of(i);

		snprintf(usage, sizeof(usage), "Usage: sidecarctl %s", i->name);
		assert_int_equal(strncmp(text, usage, strlen(usage)), 0);
		assert_int_equal(!!strstr(text, " CPU...") ||
					 !!strstr(text, "[CPU...]"),
				 i->has_cpus);
		assert_true(fits_columns(text));
	}
	assert_true(fits_columns(help_of(NULL)));
}

static bool is_taken(const struct command *cmd, const struct ctl_option *o)
{
	FILE *saved = stderr;
	bool taken;

	memset(&c, 0, sizeof(c));
	c.given[(int)o->letter] = true;
	stderr = fopen("/dev/null", "w");
	assert_non_null(stderr);
	taken = options_are_for(&c, main_commands, cmd);
	fclose(stderr);
	stderr = saved;
	return taken;
}

/* What its help has is what a command takes, and no other option. */
static void help_has_what_is_taken(void **state)
{
	char name[32];

	(void)state;
	for (const struct ctl_option *o = options_all; o->name; o++) {
		uint32_t nr = 0;

		snprintf(name, sizeof(name), "--%s", o->name);
		assert_true(helps_with(help_of(NULL), name));
		for (const struct command *i = main_commands; i->name; i++) {
			bool taken = is_taken(i, o);

			if (o->about_cpus && !i->has_cpus)
				taken = false;
			nr += taken;
			if (taken != helps_with(help_of(i), name))
				fail_msg("%s %s", i->name, name);
		}
		assert_true(nr > 0);
	}
}

static void help_lines(void **state)
{
	const struct command *run = main_commands;

	(void)state;
	while (strcmp(run->name, "run") != 0)
		run++;
	assert_non_null(
		strstr(help_of(run),
		       "\n  -o, --out=FILE     where its output goes, of one "
		       "CPU or rank 0; - is standard\n"
		       "                     output\n"));
	assert_non_null(
		strstr(help_of(NULL),
		       "\n  -t, --timeout=SEC  run: stop the job after SEC "
		       "seconds; jitter: measure for\n"
		       "                     SEC seconds (1)\n"));
	assert_non_null(strstr(help_text, "\n  -p, --prepare      run, jitter: "
					  "bring each CPU online in Linux "
					  "once before\n"));
	assert_non_null(strstr(help_text, "\n  -W[SEC], --watch[=SEC]  list: "
					  "again every"));
	assert_non_null(strstr(help_text, "\n  log                   show the "
					  "shim's boot log\n"));
	free(help_text);
	help_text = NULL;
}

/* A line that makes no sense, and what is said of it. */
static const struct {
	const char *line, *says;
} senseless_lines[] = {
	{"", "no command given"},
	{"nothing", "unknown command \"nothing\""},
	{"log 2", "log: takes no CPU \"2\""},
	{"log -A", "log: takes no CPU"},
	{"list -W0", "-W: want 1 to 3600 seconds, not \"0\""},
	{"ping --watch", "-W is for list: not for \"ping\""},
	{"ping -t 5", "-t is for run and jitter: not for \"ping\""},
	{"stop --out=x", "-o is for run: not for \"stop\""},
	{"jitter -a 5", "-a is for run: not for \"jitter\""},
	{"run x -C", "-C is for jitter: not for \"run\""},
	{"ping -f", "-f is for run, online and return: not for \"ping\""},
	{"online -n 5 3", "-n is for ping: not for \"online\""},
	{"run x --in=", "-i: want a file, or -, not \"\""},
	{"online", "online: no CPU named"},
	{"return", "return: no CPU named"},
	{"run", "run: JOB is missing"},
	{"translate", "translate: ADDRESS is missing"},
	{"translate x",
	 "translate: want an address, decimal or 0x..., not \"x\""},
	{"translate 1x",
	 "translate: want an address, decimal or 0x..., not \"1x\""},
	{"translate 0x",
	 "translate: want an address, decimal or 0x..., not \"0x\""},
	{"ping 4096", "ping: want CPUs like 2,4-6, 0 to 4095, not \"4096\""},
	{"ping 3-2", "ping: want CPUs like 2,4-6, 0 to 4095, not \"3-2\""},
	{"ping 3-", "ping: want CPUs like 2,4-6, 0 to 4095, not \"3-\""},
	{"ping 3,", "ping: want CPUs like 2,4-6, 0 to 4095, not \"3,\""},
	{"ping ,3", "ping: want CPUs like 2,4-6, 0 to 4095, not \",3\""},
	{"ping 2 x", "ping: want CPUs like 2,4-6, 0 to 4095, not \"x\""},
	{"ping -1", "unknown option \"-1\""},
	{"ping 3;4", "ping: want CPUs like 2,4-6, 0 to 4095, not \"3;4\""},
	{"ping 99999999999999999999",
	 "ping: want CPUs like 2,4-6, 0 to 4095, not \"99999999999999999999\""},
	{"ping -n 0", "-n: want 1 to 100000000, not \"0\""},
	{"ping -n 100000001", "-n: want 1 to 100000000, not \"100000001\""},
	{"ping -n x", "-n: want 1 to 100000000, not \"x\""},
	{"ping --cpu=x", "-c: want CPUs like 2,4-6, 0 to 4095, not \"x\""},
	{"ping -w 3601", "-w: want 1 to 3600 seconds, not \"3601\""},
	{"ping -w 0", "-w: want 1 to 3600 seconds, not \"0\""},
	{"ping -N 4294967296",
	 "-N: want the number of a vnode, not \"4294967296\""},
	{"ping -N -1", "-N: want the number of a vnode, not \"-1\""},
	{"jitter --compare=x", "-C: want a CPU, 0 to 4095, not \"x\""},
	{"run x -t 0", "-t: want 1 to 1000000000 seconds, not \"0\""},
	{"jitter -t 3601", "jitter: -t: want 1 to 3600 seconds"},
	{"run x -a -1",
	 "-a: want at most four numbers like 5, 0x1f or 64K, not \"-1\""},
	{"run x -a 17179869184G",
	 "-a: want at most four numbers like 5, 0x1f or 64K, not \"17179869184G\""},
	{"run x -a 4KB",
	 "-a: want at most four numbers like 5, 0x1f or 64K, not \"4KB\""},
	{"run x -a 18446744073709551616",
	 "-a: want at most four numbers like 5, 0x1f or 64K, not \"18446744073709551616\""},
	{"run x -a 1 -a 2 -a 3 -a 4 -a 5",
	 "-a: want at most four numbers like 5, 0x1f or 64K, not \"5\""},
	{"--unknown ping", "unknown option \"--unknown\""},
	{"-xj ping", "unknown option \"-x\""},
	{"--all=1 ping", "takes no value \"--all=1\""},
	{"ping -c", "-c: a value is missing"},
	{"ping --count", "--count: a value is missing"},
};

/* Each in one line that names the word. */
static void senseless(void **state)
{
	FILE *saved = stderr;
	char want[128], *text;
	size_t nr_text;

	(void)state;
	for (size_t i = 0;
	     i < sizeof(senseless_lines) / sizeof(senseless_lines[0]); i++) {
		const char *line = senseless_lines[i].line;
		const struct command *cmd;

		snprintf(want, sizeof(want), "sidecarctl: %s (try --help)\n",
			 senseless_lines[i].says);
		stderr = open_memstream(&text, &nr_text);
		cmd = arguments(line);
		fclose(stderr);
		stderr = saved;
		if (cmd)
			fail_msg("accepted: %s", line);
		assert_string_equal(text, want);
		free(text);
	}
}

/*
 * With words: only whether they are a command line, by the exit code of
 * sidecarctl. For test_docs.sh.
 */
static int parse(int argc, char **argv)
{
	c.vnode = -1;
	return arguments_read(&c, main_commands, argc, argv) ? 0 : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpus),
		cmocka_unit_test(options),
		cmocka_unit_test(sizes),
		cmocka_unit_test(helps),
		cmocka_unit_test(senseless),
		cmocka_unit_test(help_has_what_is_taken),
		cmocka_unit_test(help_lines),
	};

	if (argc > 1)
		return parse(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
