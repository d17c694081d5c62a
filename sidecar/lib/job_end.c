/* SPDX-License-Identifier: MIT */
/*
 * The end of a job before its time: asked for by its client, or by anybody.
 */
#include "lock.h"
#include "move.h"
#include "status.h"
#include "vcpu.h"
#include "wait.h"

void sidecar_job_ask_to_end(struct sidecar_vcpu *v)
{
	if (v->job.active)
		status_swap(v->status, RUN, STOP, CLIENT);
}

/* Nobody looks after it: a client died, or does not care. */
static enum sidecar_error end_by_restart(const struct sidecar_vcpu *v,
					 bool *restarted)
{
	enum sidecar_error e;
	int lock;

	e = lock_vcpu(v, &lock, true);
	if (e)
		return e;
	if (vcpu_has_job(v)) {
		e = move_restart(v);
		if (restarted)
			*restarted = !e;
	}
	lock_release(v, lock);
	return e;
}

/*
 * Without its lock: whoever has that waits for IDLE. With the one for signals,
 * so that it is no other RUN that is turned into a STOP than the one of the
 * job.
 */
static enum sidecar_error ask_to_end(const struct sidecar_vcpu *v)
{
	enum sidecar_error e;
	int lock;

	e = lock_signals(v, &lock);
	if (e)
		return e;
	if (vcpu_has_job(v))
		status_swap(v->status, RUN, STOP, CLIENT);
	lock_release(v, lock);
	return SIDECAR_OK;
}

enum sidecar_error sidecar_job_end(struct sidecar_vcpu *v, bool *restarted)
{
	enum sidecar_error e;

	if (restarted)
		*restarted = false;
	if (!vcpu_has_job(v))
		return SIDECAR_OK;
	e = vcpu_check_can_interrupt(v);
	if (!e)
		e = ask_to_end(v);
	if (!e)
		e = wait_stopped(v);
	return e == SIDECAR_E_TIMEOUT ? end_by_restart(v, restarted) : e;
}
