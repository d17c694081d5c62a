/* SPDX-License-Identifier: MIT */
/*
 * INIT and SIPI. INIT stops a vCPU for sure, and before the write returns: it
 * must never reach one that Linux may have.
 */
#include <string.h>

#include "hold.h"
#include "restart.h"
#include "softirqs.h"
#include "status.h"
#include "vcpu.h"
#include "wait.h"

/*
 * Xen ignores INIT for a vCPU that was not started since the guest was
 * restored; an NMI that was to wake it waits for its start.
 * Where nobody can ask Xen, it is started, to be stopped by the INIT that
 * counts.
 */
static int stop_for_sure(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	int r = b->send_init(b, &v->cpu);

	if (r || b->can_tell_up)
		return r;
	r = b->send_sipi(b, &v->cpu, v->s->scar.low_pa);
	return r ? r : b->send_init(b, &v->cpu);
}

/*
 * @v is held; afterwards it runs nothing, wherever it was. REMOVED comes first:
 * if this client dies here, nobody may take what is left for a job.
 */
static enum sidecar_error stop_held(const struct sidecar_vcpu *v)
{
	int r;

	status_set(v->status, ANY, REMOVED, CLIENT);
	r = stop_for_sure(v);
	if (r)
		return error_vcpu(v, SIDECAR_E_WAY, "INIT: %s", strerror(-r));
	return wait_down(v);
}

static enum sidecar_error start_held(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	int r;

	/* whoever sees RUN must not take it for the job that INIT ended */
	v->command->job_state = SIDECAR_JOB_NONE;
	status_set(v->status, ANY, RUN, CLIENT);
	r = b->send_sipi(b, &v->cpu, v->s->scar.low_pa);
	return r ? error_vcpu(v, SIDECAR_E_WAY, "SIPI: %s", strerror(-r))
		 : wait_idle(v);
}

/*
 * Half started: no client may take it for idle, and it may not find RUN if it
 * comes up after all.
 */
static enum sidecar_error give_up_held(const struct sidecar_vcpu *v,
				       enum sidecar_error e)
{
	enum sidecar_error linux_has_it;

	status_set(v->status, ANY, REMOVED, CLIENT);
	linux_has_it = vcpu_check_linux(v);
	if (linux_has_it)
		return linux_has_it;
	v->s->backend->send_init(v->s->backend, &v->cpu);
	return e;
}

static enum sidecar_error restart_held(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	enum sidecar_error e = stop_held(v);

	/* Linux may have tried twice while it went DOWN, or later */
	if (!e)
		e = vcpu_check_linux(v);
	if (e)
		return e;
	e = start_held(v);
	if (e)
		return give_up_held(v, e);
	/* if this count changes, Linux has had it */
	b->note_softirqs(b, v->cpu.vcpu_id, softirqs_count(v));
	return SIDECAR_OK;
}

/* Calls @f, which sends INIT, while nobody else can reach @v. */
static enum sidecar_error while_held(
	const struct sidecar_vcpu *v,
	enum sidecar_error (*f)(const struct sidecar_vcpu *v))
{
	enum sidecar_error e = vcpu_check_can_init(v);
	int hold;

	if (!e)
		e = hold_vcpu(v, &hold);
	if (e)
		return e;
	e = f(v);
	hold_release(v, hold);
	return e;
}

enum sidecar_error restart_vcpu(const struct sidecar_vcpu *v)
{
	return while_held(v, restart_held);
}

enum sidecar_error restart_only_stop(const struct sidecar_vcpu *v)
{
	return while_held(v, stop_held);
}
