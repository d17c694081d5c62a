/* SPDX-License-Identifier: MIT */
/*
 * vCPUs between the sidecar and Linux. INIT stops a vCPU for sure and before
 * the write returns, so it is never sent to one that Linux may have.
 */
#include <string.h>

#include "client.h"
#include "status.h"

enum sidecar_error move_check_linux(struct sidecar *s, const struct vcpu *v)
{
	switch (cpus_state(s, v)) {
	case SIDECAR_LINUX_NONE:
	case SIDECAR_LINUX_OFFLINE:
		return SIDECAR_OK;
	case SIDECAR_LINUX_ONLINE:
		return fail_vcpu(
			s, SIDECAR_E_LINUX, v,
			"Linux has it online (sidecarctl return takes it back)");
	case SIDECAR_LINUX_MOVING:
		break;
	}
	return fail_vcpu(s, SIDECAR_E_LINUX, v,
			 "Linux is bringing it up or down: try again");
}

enum sidecar_error move_hold(struct sidecar *s, const struct vcpu *v, int *fd)
{
	enum sidecar_error e = lock_hold(s, v, fd);

	if (e)
		return e;
	/* before too: on its way down Linux must not meet a refusal */
	e = move_check_linux(s, v);
	if (e) {
		lock_drop(*fd);
		return e;
	}
	cpus_refuse(s, v, true);
	e = move_check_linux(s, v);
	if (e)
		move_release(s, v, *fd);
	return e;
}

void move_release(struct sidecar *s, const struct vcpu *v, int fd)
{
	cpus_refuse(s, v, false);
	lock_drop(fd);
}

/*
 * Xen ignores INIT for a vCPU that was not started since the guest was
 * restored, and an NMI that was to wake it meets the real mode of its start.
 * Where nobody can ask Xen, it is started, to be stopped by the INIT that
 * counts.
 */
static int init(struct sidecar *s, const struct vcpu *v)
{
	int r = wake_init(s, v);

	if (r || s->waker.is_up)
		return r;
	r = wake_sipi(s, v);
	return r ? r : wake_init(s, v);
}

/*
 * From here on @v runs nothing, wherever it was. It is held. REMOVED comes
 * first: should we die, nobody may take what is left for a job.
 */
static enum sidecar_error stop_held(struct sidecar *s, struct vcpu *v)
{
	int r;

	status_set(v->status, ANY, REMOVED, CLIENT);
	r = init(s, v);
	if (r)
		return fail_vcpu(s, SIDECAR_E_WAY, v, "INIT: %s", strerror(-r));
	return wait_down(s, v);
}

/* @f, while nobody else can reach @v. It sends INIT. */
static enum sidecar_error while_held(struct sidecar *s, struct vcpu *v,
				     enum sidecar_error (*f)(struct sidecar *s,
							     struct vcpu *v))
{
	enum sidecar_error e = wake_check_init(s, v);
	int hold;

	if (!e)
		e = move_hold(s, v, &hold);
	if (e)
		return e;
	e = f(s, v);
	move_release(s, v, hold);
	return e;
}

static enum sidecar_error stop(struct sidecar *s, struct vcpu *v)
{
	return while_held(s, v, stop_held);
}

static enum sidecar_error restart_held(struct sidecar *s, struct vcpu *v)
{
	enum sidecar_error e = stop_held(s, v);
	int r;

	/* Linux may have tried twice while it went DOWN, or later */
	if (!e)
		e = move_check_linux(s, v);
	if (e)
		return e;
	/* whoever sees RUN must not take it for the job that INIT ended */
	v->command->job_state = SIDECAR_JOB_NONE;
	status_set(v->status, ANY, RUN, CLIENT);
	r = wake_sipi(s, v);
	e = r ? fail_vcpu(s, SIDECAR_E_WAY, v, "SIPI: %s", strerror(-r))
	      : wait_idle(s, v);
	if (e) {
		/* nobody may find it half started, nor it find RUN later */
		status_set(v->status, ANY, REMOVED, CLIENT);
		if (move_check_linux(s, v))
			return SIDECAR_E_LINUX;
		wake_init(s, v);
		return e;
	}
	/* from here on it is Linux's that has had it */
	lock_note_softirqs(s, v, softirqs_of(s, v));
	return e;
}

enum sidecar_error move_restart(struct sidecar *s, struct vcpu *v)
{
	return while_held(s, v, restart_held);
}

/* ---- To Linux ----------------------------------------------------------- */

/* A wake, and somebody who knows when it is DOWN; or INIT in place of him. */
static enum sidecar_error check_leave(struct sidecar *s, const struct vcpu *v)
{
	enum sidecar_error e = wake_check(s, v);

	return e || s->waker.is_up ? e : wake_check_init(s, v);
}

/* It leaves by itself, or INIT makes it. */
static enum sidecar_error leave(struct sidecar *s, struct vcpu *v)
{
	enum sidecar_error e = wait_settled(s, v);

	if (!e && status_swap(v->status, IDLE, REMOVE, CLIENT))
		e = wait_woken(s, v, SIDECAR_REMOVE);
	/* one that cannot be woken at all has not seen it */
	if (e == SIDECAR_E_WAY)
		status_swap(v->status, REMOVE, IDLE, CLIENT);
	if (e && e != SIDECAR_E_TIMEOUT)
		return e;
	if (!e && load_acquire(v->status) == SIDECAR_REMOVED && s->waker.is_up)
		e = wait_down(s, v);
	else
		e = SIDECAR_E_TIMEOUT;
	/* without INIT: DOWN, and nobody but Linux will wake it */
	if (e && !(wake_is_up(s, v) == 0 && !s->waker.icr))
		e = stop(s, v);
	else
		e = SIDECAR_OK;
	if (!e)
		status_set(v->status, ANY, REMOVED, CLIENT);
	return e;
}

enum sidecar_error sidecar_online(struct sidecar *s, uint32_t i)
{
	struct vcpu *v = &s->vcpu[i];
	enum sidecar_error e = v->command ? check_leave(s, v) : fail_base(s, v);
	int lock;

	if (!e)
		e = lock_take(s, v, &lock, true);
	if (e)
		return e;
	e = move_check_linux(s, v);
	if (!e && cpus_state(s, v) == SIDECAR_LINUX_NONE)
		e = fail_vcpu(
			s, SIDECAR_E_REFUSED, v,
			"Linux has no such CPU (nr_cpus=, possible_cpus=?)");
	if (!e)
		e = leave(s, v);
	if (!e)
		e = cpus_set_online(s, v, true);
	if (!e)
		lock_note_linux(lock);
	lock_drop(lock);
	return e;
}

/* ---- From Linux --------------------------------------------------------- */

enum sidecar_error sidecar_check_return(struct sidecar *s, uint32_t i)
{
	struct vcpu *v = &s->vcpu[i];

	return v->command ? wake_check_init(s, v) : fail_base(s, v);
}

enum sidecar_error sidecar_return(struct sidecar *s, uint32_t i)
{
	struct vcpu *v = &s->vcpu[i];
	/* before Linux gives it up: without INIT nobody would have it */
	enum sidecar_error e = sidecar_check_return(s, i);
	int lock;

	if (!e)
		e = lock_take(s, v, &lock, true);
	if (e)
		return e;
	if (cpus_state(s, v) == SIDECAR_LINUX_ONLINE) {
		lock_note_linux(lock);
		e = cpus_set_online(s, v, false);
	} else if (run_is_job(s, v)) {
		e = fail_vcpu(
			s, SIDECAR_E_BUSY, v,
			"a job runs on it (sidecarctl stop or -f ends it)");
	}
	if (!e)
		e = wait_down(s, v);
	if (!e || e == SIDECAR_E_TIMEOUT)
		e = move_restart(s, v);
	lock_drop(lock);
	return e;
}
