/* SPDX-License-Identifier: MIT */
/*
 * Errors of sidecarctl, and its exit code. docs/man/sidecarctl.8.
 */
#include <inttypes.h>
#include <string.h>

#include "report.h"

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
	case SIDECAR_E_ARGUMENT:
		break;
	}
	return 1;
}

void report_exit(struct ctl *c, enum sidecar_error e)
{
	if (!c->exit)
		c->exit = c->exits_as_job && e ? EXIT_WAIT : exit_code(e);
}

/* The last error that concerns no CPU more than another, and who else met it.
 */
static struct {
	enum sidecar_error e;
	char cause[SIDECAR_DETAIL_SIZE];
	uint32_t nr_more;
} common;

/* The detail is "CPU ...: CAUSE". */
static bool is_repeated(enum sidecar_error e, const char *detail)
{
	const char *cause = strstr(detail, "): ");

	if (!cause || (e != SIDECAR_E_WAY && e != SIDECAR_E_MEM))
		return false;
	if (e == common.e && !strcmp(cause, common.cause)) {
		common.nr_more++;
		return true;
	}
	report_repeats();
	common.e = e;
	snprintf(common.cause, sizeof(common.cause), "%s", cause);
	return false;
}

void report_repeats(void)
{
	if (common.nr_more)
		fprintf(stderr,
			"sidecarctl: the same for %" PRIu32 " more CPU%s\n",
			common.nr_more, common.nr_more > 1 ? "s" : "");
	common.nr_more = 0;
	common.e = SIDECAR_OK;
}

/* In JSON each CPU has its own. */
void report_cpu(struct ctl *c, uint32_t cpu, enum sidecar_error e)
{
	char detail[SIDECAR_DETAIL_SIZE];

	sidecar_get_detail(c->s, detail, sizeof(detail));
	if (c->show.json || !is_repeated(e, detail))
		show_error(&c->show, cpu, e, detail);
	report_exit(c, e);
}

void report_item_text(struct ctl *c, enum sidecar_error e, const char *detail)
{
	show_error(&c->show, -1, e, detail);
	report_exit(c, e);
}

void report_item(struct ctl *c, enum sidecar_error e)
{
	char detail[SIDECAR_DETAIL_SIZE];

	sidecar_get_detail(c->s, detail, sizeof(detail));
	report_item_text(c, e, detail);
}

void report_all_text(struct ctl *c, enum sidecar_error e, const char *detail)
{
	show_begin(&c->show);
	report_item_text(c, e, detail);
	show_end(&c->show);
}

void report_all(struct ctl *c, enum sidecar_error e)
{
	char detail[SIDECAR_DETAIL_SIZE];

	sidecar_get_detail(c->s, detail, sizeof(detail));
	report_all_text(c, e, detail);
}

void report_restarted(const struct sidecar_vcpu *v,
		      const struct sidecar_answer *a)
{
	int32_t cpu = sidecar_vcpu_linux_cpu(v);

	if (a->restarted)
		fprintf(stderr,
			"sidecarctl: %sCPU %" PRIu32
			" did not answer: reset by INIT, started again\n",
			cpu < 0 ? "v" : "",
			cpu < 0 ? sidecar_vcpu_id(v) : (uint32_t)cpu);
}

/* Changes the exit code only if the command is for whole nodes. */
void report_bad_node(struct ctl *c)
{
	const char *text = sidecar_bad_node(c->s);

	if (!text)
		return;
	fprintf(stderr, "sidecarctl: %s: %s: skipping this node\n",
		sidecar_error_text(SIDECAR_E_CONTROL), text);
	if (c->all || c->vnode >= 0)
		report_exit(c, SIDECAR_E_CONTROL);
}

int report_end(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	perror("sidecarctl: standard output");
	return code ? code : exit_code(SIDECAR_E_SYSTEM);
}
