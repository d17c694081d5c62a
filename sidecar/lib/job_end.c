/* SPDX-License-Identifier: MIT */
/*
 * The end of a job before its time: asked for by its client, or by anybody.
 */
#include "lock.h"
#include "restart.h"
#include "status.h"
#include "vcpu.h"
#include "wait.h"

void sidecar_job_ask_to_end(struct sidecar_vcpu *v)
{
	/* the next sidecar_job_poll() has to send something */
	if (v->job.active && !v->job.attached &&
	    status_swap(v->status, RUN, STOP, CLIENT))
		v->job.wait.next_ns = 0;
}

/* The client that started it has died, or does not look after it. */
static enum sidecar_error end_by_restart(const struct sidecar_vcpu *v,
					 const struct job_name *job,
					 bool *restarted)
{
	enum sidecar_error e;
	int lock;

	e = lock_vcpu(v, &lock, true);
	if (e)
		return e;
	if (vcpu_has_job(v) && vcpu_is_last_job(v, job)) {
		e = restart_vcpu(v);
		*restarted = !e;
	}
	lock_release(v, lock);
	return e;
}

/*
 * Without the vCPU's lock: whoever has that waits for IDLE. The lock for
 * signals keeps other commands from beginning between the look and the swap.
 * Whether a job runs is read before its name, which is then not older.
 */
static enum sidecar_error ask_to_end(const struct sidecar_vcpu *v,
				     const struct job_name *job)
{
	enum sidecar_error e;
	int lock;

	e = lock_signals(v, &lock);
	if (e)
		return e;
	if (vcpu_has_job(v) && vcpu_is_last_job(v, job))
		status_swap(v->status, RUN, STOP, CLIENT);
	lock_release(v, lock);
	return SIDECAR_OK;
}

static enum sidecar_error end_job(const struct sidecar_vcpu *v, bool *restarted)
{
	enum sidecar_error e;
	struct job_name job;

	if (!v->command)
		return SIDECAR_OK;
	/* it is this job that is ended, or none; the look fetches its name */
	vcpu_state(v);
	job = vcpu_last_job(v);
	if (!vcpu_has_job(v))
		return SIDECAR_OK;
	e = vcpu_check_can_interrupt(v);
	if (!e)
		e = ask_to_end(v, &job);
	if (!e)
		e = wait_stopped(v, &job);
	return e == SIDECAR_E_TIMEOUT ? end_by_restart(v, &job, restarted) : e;
}

enum sidecar_error sidecar_job_end(struct sidecar_vcpu *v, bool *restarted)
{
	bool was_restarted = false;
	enum sidecar_error e = end_job(v, &was_restarted);

	if (restarted)
		*restarted = was_restarted;
	return e;
}
