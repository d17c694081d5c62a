/* SPDX-License-Identifier: MIT */
/*
 * Commands for one vCPU after the other.
 */
#include "report.h"
#include "vcpus.h"

enum sidecar_error vcpus_ping(struct ctl *c, struct sidecar_vcpu *v)
{
	uint64_t ns[3] = {UINT64_MAX, 0, 0}, sum = 0;
	struct sidecar_answer a = {.size = sizeof(a)};
	enum sidecar_error e;
	uint32_t nr;

	for (nr = 0; nr < c->count; nr++) {
		e = sidecar_vcpu_command(v, SIDECAR_COMMAND_PING, NULL, 0, &a);
		report_restarted(v, &a);
		if (e)
			return e;
		sum += a.elapsed_ns;
		if (a.elapsed_ns < ns[0])
			ns[0] = a.elapsed_ns;
		if (a.elapsed_ns > ns[2])
			ns[2] = a.elapsed_ns;
	}
	ns[1] = nr ? sum / nr : 0;
	show_ping(&c->show, v, c->count, ns);
	return SIDECAR_OK;
}

enum sidecar_error vcpus_stats(struct ctl *c, struct sidecar_vcpu *v)
{
	struct sidecar_answer a = {.size = sizeof(a)};
	enum sidecar_error e =
		sidecar_vcpu_command(v, SIDECAR_COMMAND_STATS, NULL, 0, &a);

	report_restarted(v, &a);
	if (!e)
		show_stats(&c->show, v, &a);
	return e;
}

/* With --force a job that runs on it is ended first. */
static enum sidecar_error end_job(struct ctl *c, struct sidecar_vcpu *v)
{
	return c->force ? sidecar_job_end(v, NULL) : SIDECAR_OK;
}

enum sidecar_error vcpus_online(struct ctl *c, struct sidecar_vcpu *v)
{
	enum sidecar_error e = end_job(c, v);

	if (!e)
		e = sidecar_vcpu_online(v);
	if (!e)
		show_done(&c->show, v, "online in Linux");
	return e;
}

enum sidecar_error vcpus_return(struct ctl *c, struct sidecar_vcpu *v)
{
	enum sidecar_error e = sidecar_vcpu_check_return(v);

	if (!e)
		e = end_job(c, v);
	if (!e)
		e = sidecar_vcpu_return(v);
	if (!e)
		show_done(&c->show, v, "in the sidecar");
	return e;
}
