/* SPDX-License-Identifier: MIT */
/*
 * Moving vCPUs between the sidecar and Linux. INIT stops a vCPU for sure, and
 * before the write returns: it must never reach one that Linux may have.
 */
#include <string.h>

#include "hold.h"
#include "lock.h"
#include "move.h"
#include "softirqs.h"
#include "status.h"
#include "sysfs.h"
#include "vcpu.h"
#include "wait.h"

/*
 * Xen ignores INIT for a vCPU that was not started since the guest was
 * restored, and an NMI that was to wake it meets the real mode of its start.
 * Where nobody can ask Xen, it is started, to be stopped by the INIT that
 * counts.
 */
static int stop_for_sure(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	int r = b->stop(b, &v->cpu);

	if (r || b->can_tell_up)
		return r;
	r = b->start(b, &v->cpu, v->s->scar.low_pa);
	return r ? r : b->stop(b, &v->cpu);
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
	r = b->start(b, &v->cpu, v->s->scar.low_pa);
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
	status_set(v->status, ANY, REMOVED, CLIENT);
	if (vcpu_check_linux(v))
		return SIDECAR_E_LINUX;
	v->s->backend->stop(v->s->backend, &v->cpu);
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
	enum sidecar_error e = vcpu_check_can_stop(v);
	int hold;

	if (!e)
		e = hold_vcpu(v, &hold);
	if (e)
		return e;
	e = f(v);
	hold_release(v, hold);
	return e;
}

enum sidecar_error move_restart(const struct sidecar_vcpu *v)
{
	return while_held(v, restart_held);
}

/* ---- To Linux ----------------------------------------------------------- */

/* To leave, a vCPU is woken, and must be seen to go DOWN: else INIT is needed.
 */
static enum sidecar_error check_can_leave(const struct sidecar_vcpu *v)
{
	enum sidecar_error e = vcpu_check_can_wake(v);

	return e || v->s->backend->can_tell_up ? e : vcpu_check_can_stop(v);
}

/* SIDECAR_OK: it has left by itself, REMOVED and DOWN. */
static enum sidecar_error leave_by_itself(const struct sidecar_vcpu *v)
{
	enum sidecar_error e = wait_settled(v);

	if (!e && status_swap(v->status, IDLE, REMOVE, CLIENT))
		e = wait_woken(v, SIDECAR_REMOVE);
	/* one that cannot be woken at all has not seen it */
	if (e == SIDECAR_E_WAY)
		status_swap(v->status, REMOVE, IDLE, CLIENT);
	if (e)
		return e;
	if (vcpu_state(v) != SIDECAR_REMOVED || !v->s->backend->can_tell_up)
		return SIDECAR_E_TIMEOUT;
	return wait_down(v) ? SIDECAR_E_TIMEOUT : SIDECAR_OK;
}

/* By itself, or by INIT. */
static enum sidecar_error leave_sidecar(const struct sidecar_vcpu *v)
{
	enum sidecar_error e = leave_by_itself(v);

	if (e && e != SIDECAR_E_TIMEOUT)
		return e;
	/* one that is DOWN can stay so where there is no INIT: Linux wakes it
	 */
	if (e && !(vcpu_is_up(v) == 0 && !v->s->backend->can_stop)) {
		e = while_held(v, stop_held);
		if (e)
			return e;
	}
	status_set(v->status, ANY, REMOVED, CLIENT);
	return SIDECAR_OK;
}

static enum sidecar_error to_linux(const struct sidecar_vcpu *v, int lock)
{
	enum sidecar_error e = vcpu_check_linux(v);

	if (!e && sysfs_state(v) == SIDECAR_LINUX_NONE)
		e = error_vcpu(
			v, SIDECAR_E_REFUSED,
			"Linux has no such CPU (nr_cpus=, possible_cpus=?)");
	if (!e)
		e = leave_sidecar(v);
	if (!e)
		e = sysfs_set_online(v, true);
	if (!e)
		v->s->backend->note_linux(v->s->backend, lock);
	return e;
}

enum sidecar_error sidecar_vcpu_online(struct sidecar_vcpu *v)
{
	enum sidecar_error e =
		v->command ? check_can_leave(v) : error_base_vcpu(v);
	int lock;

	if (!e)
		e = lock_vcpu(v, &lock, true);
	if (e)
		return e;
	e = to_linux(v, lock);
	lock_release(v, lock);
	return e;
}

/* ---- From Linux --------------------------------------------------------- */

static enum sidecar_error from_linux(const struct sidecar_vcpu *v, int lock)
{
	enum sidecar_error e = SIDECAR_OK;

	if (sysfs_state(v) == SIDECAR_LINUX_ONLINE) {
		v->s->backend->note_linux(v->s->backend, lock);
		e = sysfs_set_online(v, false);
	} else if (vcpu_has_job(v)) {
		e = error_vcpu(v, SIDECAR_E_BUSY,
			       "a job runs on it: stop it first");
	}
	if (!e)
		e = wait_down(v);
	if (!e || e == SIDECAR_E_TIMEOUT)
		e = move_restart(v);
	return e;
}

enum sidecar_error sidecar_vcpu_check_return(struct sidecar_vcpu *v)
{
	return v->command ? vcpu_check_can_stop(v) : error_base_vcpu(v);
}

enum sidecar_error sidecar_vcpu_return(struct sidecar_vcpu *v)
{
	/* before Linux gives it up: without INIT nobody would have it */
	enum sidecar_error e = sidecar_vcpu_check_return(v);
	int lock;

	if (!e)
		e = lock_vcpu(v, &lock, true);
	if (e)
		return e;
	e = from_linux(v, lock);
	lock_release(v, lock);
	return e;
}
