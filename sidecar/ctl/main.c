/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl: the sidecar from a shell in the guest. CPUs are Linux's CPU
 * numbers. docs/man/sidecarctl.8.
 */
#include <stdlib.h>
#include <unistd.h>

#include "arguments.h"
#include "choose.h"
#include "abi/jitter.h"
#include "lines.h"
#include "main.h"
#include "measure.h"
#include "printable.h"
#include "registers.h"
#include "report.h"
#include "run.h"
#include "show_list.h"
#include "vcpus.h"

/* Those that were named, or all, base vCPUs among them. */
static enum sidecar_error list_chosen(struct ctl *c)
{
	struct show_list_choice choice = {.all = c->all, .vnode = c->vnode};
	struct sidecar_vcpu *v;
	enum sidecar_error e;

	for (uint32_t cpu = 0; cpu <= MAX_CPU; cpu++) {
		if (!c->chosen[cpu])
			continue;
		e = sidecar_find_cpu(c->s, cpu, &v);
		if (e)
			report_cpu(c, cpu, e);
		else if (sidecar_vcpu_id(v) < SHOW_LIST_VCPUS)
			choice.vcpu[sidecar_vcpu_id(v)] = true;
	}
	show_list(&c->show, c->s, &choice);
	return SIDECAR_OK;
}

static enum sidecar_error print_boot_log(struct ctl *c)
{
	char *text;
	size_t n;
	enum sidecar_error e = sidecar_boot_log(c->s, &text, &n);

	if (e)
		return e;
	for (size_t i = 0; i < n; i++)
		putchar(printable_text(text[i]));
	free(text);
	return SIDECAR_OK;
}

#define CLEAR_SCREEN "\033[H\033[2J"

#define CPUS   .has_cpus = true
#define NEEDED CPUS, .needs_cpus = true

const struct command main_commands[] = {
	{.name = "list", .line = &line_list, .once = list_chosen, CPUS},
	{.name = "ping", .line = &line_ping, .for_vcpu = vcpus_ping, CPUS},
	{.name = "run",
	 .line = &line_run,
	 .once = run_job,
	 .first = FIRST_JOB,
	 CPUS,
	 .one_idle = true},
	{.name = "jitter",
	 .line = &line_jitter,
	 .once = measure_jitter,
	 CPUS,
	 .one_idle = true,
	 .most_seconds = JITTER_MAX_SECONDS},
	{.name = "attach", .line = &line_attach, .once = run_attach, NEEDED},
	{.name = "wait", .line = &line_wait, .once = run_wait, NEEDED},
	{.name = "stop", .line = &line_stop, .for_vcpu = run_stop, CPUS},
	{.name = "stats", .line = &line_stats, .for_vcpu = vcpus_stats, CPUS},
	{.name = "regs", .line = &line_regs, .for_vcpu = registers_show, CPUS},
	{.name = "translate",
	 .line = &line_translate,
	 .for_vcpu = registers_translate,
	 .first = FIRST_ADDRESS,
	 CPUS},
	{.name = "online",
	 .line = &line_online,
	 .for_vcpu = vcpus_online,
	 NEEDED},
	{.name = "return",
	 .line = &line_return,
	 .for_vcpu = vcpus_return,
	 NEEDED},
	{.name = "log", .line = &line_log, .once = print_boot_log},
	{0},
};

static void for_chosen(struct ctl *c, const struct command *cmd)
{
	struct sidecar_vcpu *v;
	enum sidecar_error e;

	show_begin(&c->show);
	for (uint32_t cpu = 0; cpu <= MAX_CPU; cpu++) {
		if (!choose_cpu(c, cpu, &v, &e))
			continue;
		if (!e)
			e = cmd->for_vcpu(c, v);
		if (e)
			report_cpu(c, cpu, e);
	}
	show_end(&c->show);
}

void main_run(struct ctl *c, const struct command *cmd)
{
	enum sidecar_error e;

	if (cmd->for_vcpu) {
		for_chosen(c, cmd);
		return;
	}
	e = cmd->once(c);
	if (e)
		report_all(c, e);
}

static void run_opened(struct ctl *c, const struct command *cmd)
{
	sidecar_set_timeout(c->s, c->timeout_ms);
	report_bad_node(c);
	if (c->verbose)
		fprintf(stderr, "sidecarctl: %s\n", sidecar_wake_method(c->s));
	main_run(c, cmd);
}

/* Opened each time: CPUs of Linux come and go. */
static void open_and_run(struct ctl *c, const struct command *cmd)
{
	enum sidecar_error e = sidecar_open(&c->s);

	if (e)
		report_all(c, e);
	else
		run_opened(c, cmd);
	report_repeats();
	/* closing says that nobody looks after its jobs */
	if (!c->is_kept)
		sidecar_close(c->s);
}

int main(int argc, char **argv)
{
	static struct ctl c = {.count = 1, .vnode = -1};
	const struct command *cmd;

	c.show.to = stdout;
	cmd = arguments_read(&c, main_commands, argc, argv);
	if (!cmd)
		return EXIT_USAGE;
	open_and_run(&c, cmd);
	while (c.watch_seconds && !ferror(stdout)) {
		fflush(stdout);
		sleep(c.watch_seconds);
		if (!c.show.json && isatty(STDOUT_FILENO))
			fputs(CLEAR_SCREEN, stdout);
		open_and_run(&c, cmd);
	}
	return report_end(c.exit);
}
