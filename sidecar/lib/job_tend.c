/* SPDX-License-Identifier: MIT */
/*
 * A job that was started needs somebody who looks after its vCPU, without
 * waiting: wakes until it has seen the job, NMIs while its state is STOP, and
 * looks whether Linux took it.
 */
#include "command.h"
#include "file.h"
#include "hold.h"
#include "job_start.h"
#include "job_tend.h"
#include "restart.h"
#include "status.h"
#include "sysfs.h"
#include "vcpu.h"
#include "wait.h"

/* How often to look at the vCPU of a job that nothing is told of ... */
#define LOOK_NS 100000000u
/* ... and of one of which all is told. */
#define LOOK_RARELY_NS UINT64_C(10000000000)

/* ---- Until the vCPU has seen its job ------------------------------------ */

static enum sidecar_error wake_for_job(struct sidecar_vcpu *v)
{
	struct wait *w = &v->job.wait;

	/* its time begins with the first wake */
	if (!w->nr_sent)
		*w = wait_begin();
	if (wait_is_over(v, w))
		return error_vcpu(
			v, SIDECAR_E_TIMEOUT,
			"the job was not started within %u ms, %u wakes: a longer timeout may help",
			error_timeout_ms(v->s), w->nr_sent);
	return wait_is_due(w) ? hold_and_wake(v, w) : hold_look(v, w);
}

/*
 * A rank that has begun at last may have come to the gang's first barrier: once
 * more, and that would end without another one.
 */
static enum sidecar_error stop_rank(struct sidecar_vcpu *v)
{
	enum sidecar_error e = restart_only_stop(v);

	if (e || v->command->nr_commands == v->job.nr_commands)
		return e;
	v->job.restarted = true;
	e = restart_vcpu(v);
	return e ? e
		 : error_vcpu(
			   v, SIDECAR_E_TIMEOUT,
			   "the job was not started within %u ms, and then late: a longer timeout may help",
			   error_timeout_ms(v->s));
}

/* It may be started again for that, once. */
static enum sidecar_error tend_start(struct sidecar_vcpu *v)
{
	enum sidecar_error e = wake_for_job(v);
	bool stop;

	if (e != SIDECAR_E_TIMEOUT || v->job.restarted ||
	    !v->s->backend->can_init)
		return e;
	/* just now */
	if (v->command->nr_commands != v->job.nr_commands)
		return SIDECAR_OK;
	stop = vcpu_state(v) == SIDECAR_STOP;
	e = v->job.gang ? stop_rank(v) : SIDECAR_OK;
	if (!e)
		e = job_start_again(v);
	if (!e && stop)
		status_swap(v->status, RUN, STOP, CLIENT);
	return e;
}

/* ---- While it runs ------------------------------------------------------ */

/* Until it has ended: the vCPU is started again if NMIs do not do it. */
static enum sidecar_error tend_stop(struct sidecar_vcpu *v)
{
	struct job *job = &v->job;

	if (!wait_is_over(v, &job->wait))
		return wait_is_due(&job->wait)
			       ? hold_and_interrupt(v, &job->wait, true)
			       : SIDECAR_OK;
	if (vcpu_state(v) != SIDECAR_STOP)
		return SIDECAR_OK;
	job->restarted = job->killed = true;
	job->name = vcpu_last_job(v);
	return restart_vcpu(v);
}

/*
 * Of its end and log, and of Linux taking it. The vCPU tells its job's client
 * alone, and that tells who watches.
 */
static bool tells_all(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;

	return vcpu_tells(v) && b->tells_changes &&
	       (!v->job.attached || (b->watch && b->watch(b, v->cpu.vcpu_id)));
}

/*
 * Of a client that dies Linux tells before it drops the lock (__fput() in
 * fs/file_table.c): who watches and was told of a change, or has just begun to
 * be told, looks once more.
 */
static bool lock_may_go(const struct sidecar_vcpu *v)
{
	return v->job.attached &&
	       v->job.nr_changes != v->s->backend->nr_changes;
}

/*
 * A vCPU with a job is never DOWN: Linux had it, and gave it up. That it is
 * DOWN is looked at first, as it is for a moment while Linux brings it up.
 */
static enum sidecar_error check_still_ours(struct sidecar_vcpu *v)
{
	bool down = vcpu_is_down_in_job(v);
	struct job *job = &v->job;
	bool again = lock_may_go(v);
	enum sidecar_error e;

	job->wait.next_ns = file_clock_ns() + LOOK_NS;
	/* it may still be ours: what came of it is seen later */
	if (sysfs_state(v) == SIDECAR_LINUX_MOVING)
		return SIDECAR_OK;
	job->nr_changes = v->s->backend->nr_changes;
	e = vcpu_check_linux(v);
	if (tells_all(v) && !again)
		job->wait.next_ns += LOOK_RARELY_NS - LOOK_NS;
	/* the driver sees to that itself, and has the end until all text is
	 * read */
	if (!e && down && !v->s->backend->is_driver &&
	    vcpu_state(v) == SIDECAR_RUN)
		e = error_vcpu(
			v, SIDECAR_E_TIMEOUT,
			"went DOWN in the middle of its job, which is lost: run it again");
	return e;
}

enum sidecar_error job_tend_look(struct sidecar_vcpu *v)
{
	if (v->job.nr_changes == v->s->backend->nr_changes &&
	    !wait_is_due(&v->job.wait))
		return SIDECAR_OK;
	return check_still_ours(v);
}

enum sidecar_error job_tend(struct sidecar_vcpu *v, uint8_t state)
{
	struct job *job = &v->job;

	if (!job->begun && v->command->nr_commands != job->nr_commands) {
		job->begun = true;
		job_start_waiting(job, state);
		/* the next wait ends at once, for who waits for just this */
		return SIDECAR_OK;
	}
	if (state != job->state)
		job_start_waiting(job, state);
	if (!job->begun)
		return tend_start(v);
	if (state == SIDECAR_STOP)
		return tend_stop(v);
	return job_tend_look(v);
}

/* ---- When it is lost ---------------------------------------------------- */

void job_tend_failed(const struct sidecar_vcpu *v, enum sidecar_error e)
{
	command_take_back(v, e);
	/* if the vCPU still picks up the job, it must stop */
	if (!v->job.begun)
		status_swap(v->status, RUN, STOP, CLIENT);
	/* nobody may find it here when Linux gives the vCPU up again */
	if (e == SIDECAR_E_LINUX && sysfs_state(v) == SIDECAR_LINUX_ONLINE) {
		v->command->job_state = SIDECAR_JOB_NONE;
		v->command->command = SIDECAR_COMMAND_NONE;
	}
}
