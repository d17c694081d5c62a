/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl: the sidecar from a shell in the guest. CPUs are Linux's CPU
 * numbers. docs/man/sidecarctl.8.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "ctl.h"
#include "abi/jitter.h"
#include "printable.h"

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
	case SIDECAR_E_JOB:
		return EXIT_ANSWER;
	case SIDECAR_E_SYSTEM:
		break;
	}
	return 1;
}

void ctl_note(struct ctl *c, enum sidecar_error e)
{
	if (!c->exit)
		c->exit = exit_code(e);
}

void ctl_failed(struct ctl *c, uint32_t cpu, enum sidecar_error e,
		const char *detail)
{
	show_error(&c->show, cpu, e, detail);
	ctl_note(c, e);
}

void ctl_failed_all(struct ctl *c, enum sidecar_error e, const char *detail)
{
	show_begin(&c->show);
	show_error(&c->show, -1, e, detail);
	show_end(&c->show);
	ctl_note(c, e);
}

void ctl_no_such(struct ctl *c, uint32_t cpu)
{
	bool bad = *sidecar_left_out(c->s);
	char detail[96];

	snprintf(detail, sizeof(detail),
		 "CPU %" PRIu32 " is in no %ssidecar node (sidecarctl list)",
		 cpu, bad ? "good " : "");
	ctl_failed(c, cpu, bad ? SIDECAR_E_CONTROL : SIDECAR_E_CPU, detail);
}

int ctl_end(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	perror("sidecarctl: standard output");
	return code ? code : exit_code(SIDECAR_E_SYSTEM);
}

/* ---- Commands ----------------------------------------------------------- */

void ctl_say_restarted(const struct sidecar_vcpu_info *v,
		       const struct sidecar_answer *a)
{
	if (a->restarted)
		fprintf(stderr,
			"sidecarctl: CPU %" PRId32
			" did not answer: INIT, started again\n",
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
		ctl_say_restarted(&v, &a);
		if (e)
			return e;
		sum += a.elapsed_ns;
		if (a.elapsed_ns < ns[0])
			ns[0] = a.elapsed_ns;
		if (a.elapsed_ns > ns[2])
			ns[2] = a.elapsed_ns;
	}
	ns[1] = sum / c->count;
	show_ping(&c->show, &v, c->count, ns);
	return SIDECAR_OK;
}

static enum sidecar_error stats(struct ctl *c, uint32_t i)
{
	struct sidecar_answer a;
	struct sidecar_vcpu_info v;
	enum sidecar_error e;

	sidecar_vcpu(c->s, i, &v);
	e = sidecar_request(c->s, i, SIDECAR_COMMAND_STATS, NULL, &a);
	ctl_say_restarted(&v, &a);
	if (!e)
		show_stats(&c->show, &v, &a);
	return e;
}

/* With --force a job that runs on it is ended first. */
static enum sidecar_error end_job(struct ctl *c, uint32_t i)
{
	bool restarted;

	return c->force ? sidecar_stop(c->s, i, &restarted) : SIDECAR_OK;
}

static enum sidecar_error online(struct ctl *c, uint32_t i)
{
	struct sidecar_vcpu_info v;
	enum sidecar_error e = end_job(c, i);

	if (!e)
		e = sidecar_online(c->s, i);
	sidecar_vcpu(c->s, i, &v);
	if (!e)
		show_done(&c->show, &v, "online in Linux");
	return e;
}

static enum sidecar_error give_back(struct ctl *c, uint32_t i)
{
	struct sidecar_vcpu_info v;
	enum sidecar_error e = sidecar_check_return(c->s, i);

	if (!e)
		e = end_job(c, i);
	if (!e)
		e = sidecar_return(c->s, i);
	sidecar_vcpu(c->s, i, &v);
	if (!e)
		show_done(&c->show, &v, "in the sidecar");
	return e;
}

static enum sidecar_error list(struct ctl *c)
{
	show_list(&c->show, c->s);
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
		putchar(printable_text(text[i]));
	free(text);
	return SIDECAR_OK;
}

#define CPUS   .has_cpus = true
#define NEEDED CPUS, .needs_cpus = true

const struct command commands[] = {
	{.name = "list", .whole = list},
	{.name = "ping", .one = ping, CPUS},
	{.name = "run",
	 .whole = jobs_run,
	 .first = FIRST_JOB,
	 CPUS,
	 .one_idle = true},
	{.name = "jitter",
	 .whole = jitter_all,
	 CPUS,
	 .one_idle = true,
	 .most_seconds = JITTER_MAX_SECONDS},
	{.name = "stop", .one = jobs_stop, CPUS},
	{.name = "stats", .one = stats, CPUS},
	{.name = "regs", .one = look_regs, CPUS},
	{.name = "translate",
	 .one = look_translate,
	 .first = FIRST_ADDRESS,
	 CPUS},
	{.name = "online", .one = online, NEEDED},
	{.name = "return", .one = give_back, NEEDED},
	{.name = "log", .whole = boot_log},
	{0},
};

/* ---- Which CPUs --------------------------------------------------------- */

/* It may be given a command. */
static bool is_in_sidecar(const struct sidecar_vcpu_info *v)
{
	return !v->base && v->state != SIDECAR_REMOVED &&
	       (v->in_linux == SIDECAR_LINUX_OFFLINE ||
		v->in_linux == SIDECAR_LINUX_NONE);
}

/* Of those that nobody named only the ones that are in the sidecar. */
bool ctl_is_chosen(struct ctl *c, uint32_t cpu, int32_t *i)
{
	struct sidecar_node_info n;
	struct sidecar_vcpu_info v;

	*i = sidecar_find_cpu(c->s, cpu);
	if (c->chosen[cpu])
		return true;
	if (*i < 0 || (!c->all && c->vnode < 0))
		return false;
	sidecar_vcpu(c->s, (uint32_t)*i, &v);
	sidecar_node(c->s, v.node, &n);
	return (c->all || c->vnode == n.vnode) && is_in_sidecar(&v);
}

bool ctl_is_idle(struct ctl *c, uint32_t i)
{
	struct sidecar_vcpu_info v;

	sidecar_vcpu(c->s, i, &v);
	return is_in_sidecar(&v) && v.state == SIDECAR_IDLE;
}

static void for_cpu(struct ctl *c, const struct command *cmd, uint32_t cpu,
		    int32_t i)
{
	enum sidecar_error e;

	if (i < 0) {
		ctl_no_such(c, cpu);
		return;
	}
	e = cmd->one(c, (uint32_t)i);
	if (e)
		ctl_failed(c, cpu, e, sidecar_detail(c->s));
}

static void for_cpus(struct ctl *c, const struct command *cmd)
{
	int32_t i;

	show_begin(&c->show);
	for (uint32_t cpu = 0; cpu <= MAX_CPU; cpu++)
		if (ctl_is_chosen(c, cpu, &i))
			for_cpu(c, cmd, cpu, i);
	show_end(&c->show);
}

/* It counts for those that nobody named. */
static void say_left_out(struct ctl *c)
{
	const char *text = sidecar_left_out(c->s);

	if (!*text)
		return;
	fprintf(stderr, "sidecarctl: %s: %s: this node is left out\n",
		sidecar_error_text(SIDECAR_E_CONTROL), text);
	if (c->all || c->vnode >= 0)
		ctl_note(c, SIDECAR_E_CONTROL);
}

static void run(struct ctl *c, const struct command *cmd)
{
	enum sidecar_error e;

	say_left_out(c);
	if (cmd->has_cpus && !c->quiet)
		fprintf(stderr, "sidecarctl: %s\n", sidecar_way(c->s));
	if (cmd->one) {
		for_cpus(c, cmd);
		return;
	}
	e = cmd->whole(c);
	if (e)
		ctl_failed_all(c, e, sidecar_detail(c->s));
}

int main(int argc, char **argv)
{
	static struct ctl c = {.count = 1, .vnode = -1};
	struct sidecar_config config = {0};
	const struct command *cmd;
	enum sidecar_error e;

	c.show.to = stdout;
	cmd = arguments_read(&c, &config, argc, argv);
	if (!cmd)
		return EXIT_USAGE;
	e = sidecar_open(&config, &c.s);
	if (e)
		ctl_failed_all(&c, e, sidecar_detail(c.s));
	else
		run(&c, cmd);
	sidecar_close(c.s);
	return ctl_end(c.exit);
}
