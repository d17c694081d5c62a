/* SPDX-License-Identifier: MIT */
/*
 * Moving vCPUs between the sidecar and Linux.
 */
#include "lock.h"
#include "restart.h"
#include "status.h"
#include "sysfs.h"
#include "vcpu.h"
#include "wait.h"

/* ---- To Linux ----------------------------------------------------------- */

/* To leave, a vCPU is woken, and must be seen to go DOWN: else INIT is needed.
 */
static enum sidecar_error check_can_leave(const struct sidecar_vcpu *v)
{
	enum sidecar_error e = vcpu_check_can_wake(v);

	return e || v->s->backend->can_tell_up ? e : vcpu_check_can_init(v);
}

/* SIDECAR_OK: it has left by itself, REMOVED and DOWN. */
static enum sidecar_error leave_by_itself(const struct sidecar_vcpu *v)
{
	enum sidecar_error e = wait_settled(v);

	if (!e && status_swap(v->status, IDLE, REMOVE, CLIENT))
		e = wait_woken(v, SIDECAR_REMOVE);
	/* one that nobody has woken has not seen it */
	if (e && e != SIDECAR_E_TIMEOUT)
		status_swap(v->status, REMOVE, IDLE, CLIENT);
	if (e)
		return e;
	if (vcpu_state(v) != SIDECAR_REMOVED || !v->s->backend->can_tell_up)
		return SIDECAR_E_TIMEOUT;
	return wait_down(v) ? SIDECAR_E_TIMEOUT : SIDECAR_OK;
}

/* Makes it leave: by itself, or by INIT. */
static enum sidecar_error leave_sidecar(const struct sidecar_vcpu *v)
{
	enum sidecar_error e = leave_by_itself(v);

	if (e && e != SIDECAR_E_TIMEOUT)
		return e;
	/* one that is DOWN can stay so where there is no INIT: Linux wakes it
	 */
	if (e && !(vcpu_is_up(v) == 0 && !v->s->backend->can_init)) {
		e = restart_only_stop(v);
		if (e)
			return e;
	}
	status_set(v->status, ANY, REMOVED, CLIENT);
	return SIDECAR_OK;
}

/* A client that was killed while it held @v has left Linux's refusal. */
static enum sidecar_error let_linux_online(const struct sidecar_vcpu *v)
{
	enum sidecar_error e;
	int lock;

	e = lock_signals(v, &lock);
	if (e)
		return e;
	sysfs_refuse_online(v, false);
	lock_release(v, lock);
	return SIDECAR_OK;
}

static enum sidecar_error to_linux(const struct sidecar_vcpu *v, int lock)
{
	enum sidecar_error e = vcpu_check_linux(v);

	if (!e && sysfs_state(v) == SIDECAR_LINUX_NONE)
		e = sysfs_error_absent(v);
	if (!e)
		e = leave_sidecar(v);
	if (!e)
		e = let_linux_online(v);
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
	enum sidecar_linux state;
	enum sidecar_error e = wait_moved(v, &state);

	if (e)
		return e;
	if (state == SIDECAR_LINUX_ONLINE) {
		v->s->backend->note_linux(v->s->backend, lock);
		e = sysfs_set_online(v, false);
	} else if (vcpu_has_job(v)) {
		e = error_vcpu(v, SIDECAR_E_BUSY,
			       "a job runs on it: stop it first");
	}
	if (!e)
		e = wait_down(v);
	if (!e || e == SIDECAR_E_TIMEOUT)
		e = restart_vcpu(v);
	return e;
}

enum sidecar_error sidecar_vcpu_check_return(struct sidecar_vcpu *v)
{
	return v->command ? vcpu_check_can_init(v) : error_base_vcpu(v);
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
