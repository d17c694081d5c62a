/* SPDX-License-Identifier: MIT */
/*
 * Jobs are looked after without waiting: wakes until the vCPU has seen its job,
 * then its log, and NMIs while its state is STOP.
 */
#include <string.h>

#include "command.h"
#include "file.h"
#include "hold.h"
#include "job_log.h"
#include "job_poll.h"
#include "job_start.h"
#include "lock.h"
#include "move.h"
#include "status.h"
#include "sysfs.h"
#include "vcpu.h"

/* How often to look whether Linux took the vCPU of a job. */
#define LOOK_NS	     100000000u
#define BEGIN_NAP_US 200u

/* False if a wake, an NMI or a look is not due yet. */
static bool is_due(struct job *job, uint64_t interval_ns)
{
	uint64_t now = file_clock_ns();

	if (now < job->next_ns)
		return false;
	job->next_ns = now + interval_ns;
	job->nr_sent++;
	return true;
}

static bool is_late(const struct sidecar_vcpu *v)
{
	return file_clock_ns() - v->job.since_ns > v->s->timeout_ns;
}

/* ---- Until the vCPU has seen its job ------------------------------------ */

static enum sidecar_error wake_for_job(struct sidecar_vcpu *v)
{
	struct job *job = &v->job;

	/* its time begins with the first wake */
	if (!job->nr_sent)
		job->since_ns = file_clock_ns();
	if (is_late(v))
		return error_vcpu(
			v, SIDECAR_E_TIMEOUT,
			"the job was not started within %u ms, %u wakes: a longer timeout may help",
			error_timeout_ms(v->s), job->nr_sent);
	if (!is_due(job, hold_wake_interval_ns(v, job->nr_sent)))
		return SIDECAR_OK;
	return hold_and_wake(v, job->nr_sent - 1);
}

/* It may be started again for that, once. */
static enum sidecar_error tend_start(struct sidecar_vcpu *v)
{
	enum sidecar_error e = wake_for_job(v);
	bool stop;

	if (e != SIDECAR_E_TIMEOUT || v->job.restarted ||
	    !v->s->backend->can_stop)
		return e;
	/* just now */
	if (v->command->nr_commands != v->job.nr_commands)
		return SIDECAR_OK;
	stop = vcpu_state(v) == SIDECAR_STOP;
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

	if (!is_late(v))
		return is_due(job, hold_interrupt_interval_ns(job->nr_sent))
			       ? hold_and_interrupt(v, true)
			       : SIDECAR_OK;
	if (vcpu_state(v) != SIDECAR_STOP)
		return SIDECAR_OK;
	job->restarted = job->killed = true;
	return move_restart(v);
}

/*
 * A vCPU with a job is never DOWN: Linux had it, and gave it up. That it is
 * DOWN is looked at first, as it is for a moment while Linux brings it up.
 */
static enum sidecar_error check_still_ours(const struct sidecar_vcpu *v)
{
	bool down = vcpu_is_up(v) == 0;
	enum sidecar_error e;

	/* it may still be ours: what came of it is seen later */
	if (sysfs_state(v) == SIDECAR_LINUX_MOVING)
		return SIDECAR_OK;
	e = vcpu_check_linux(v);
	if (!e && down && vcpu_state(v) == SIDECAR_RUN)
		e = error_vcpu(
			v, SIDECAR_E_TIMEOUT,
			"went DOWN in the middle of its job, which is lost: run it again");
	return e;
}

static enum sidecar_error tend_job(struct sidecar_vcpu *v, uint8_t state)
{
	struct job *job = &v->job;

	if (!job->begun && v->command->nr_commands != job->nr_commands) {
		job->begun = true;
		job_start_waiting(job, state);
	}
	if (state != job->state)
		job_start_waiting(job, state);
	if (!job->begun)
		return tend_start(v);
	if (state == SIDECAR_STOP)
		return tend_stop(v);
	return is_due(job, LOOK_NS) ? check_still_ours(v) : SIDECAR_OK;
}

/* ---- Its end ------------------------------------------------------------ */

/* What the end of a job that is not its own leaves behind. */
static void clean_up_lost_job(const struct sidecar_vcpu *v,
			      enum sidecar_error e)
{
	command_take_back(v, e);
	/* if the vCPU still picks up the job, it must stop */
	if ((e == SIDECAR_E_TIMEOUT || e == SIDECAR_E_LINUX) && !v->job.begun)
		status_swap(v->status, RUN, STOP, CLIENT);
	/* nobody may find it here when Linux gives the vCPU up again */
	if (e == SIDECAR_E_LINUX && sysfs_state(v) == SIDECAR_LINUX_ONLINE)
		v->command->job_state = SIDECAR_JOB_NONE;
}

static enum sidecar_error finish_job(struct sidecar_vcpu *v,
				     enum sidecar_error e,
				     struct sidecar_progress *p)
{
	struct job *job = &v->job;
	struct sidecar_answer *a = &p->answer;

	p->ended = !e;
	if (e)
		clean_up_lost_job(v, e);
	else if (job->killed)
		e = command_answer_killed(v, a);
	else
		e = command_read_answer(v, a);
	a->elapsed_ns = file_clock_ns() - job->start_ns;
	a->restarted = job->restarted;
	job->active = false;
	lock_release(v, job->lock);
	return e;
}

enum sidecar_error sidecar_job_poll(struct sidecar *s, uint32_t i,
				    struct sidecar_progress *p)
{
	struct sidecar_vcpu *v = &s->vcpu[i];
	enum sidecar_error e = SIDECAR_OK;
	uint8_t state;

	memset(p, 0, sizeof(*p));
	if (!v->job.active)
		return error_vcpu(v, SIDECAR_E_JOB,
				  "no job of this client runs on it");
	state = vcpu_state(v);
	if (vcpu_state_has_command(state))
		e = tend_job(v, state);
	state = vcpu_state(v);
	if (!e)
		job_log_read(v, p);
	if (!e && vcpu_state_has_command(state))
		return SIDECAR_OK;
	return finish_job(v, e, p);
}

/* Nobody else would wake it. INIT is not worth it any more. */
static void let_job_begin(struct sidecar_vcpu *v)
{
	enum sidecar_error e = SIDECAR_OK;
	uint8_t state = vcpu_state(v);

	v->job.restarted = true;
	while (!e && !v->job.begun && vcpu_state_has_command(state)) {
		e = tend_job(v, state);
		v->s->backend->wait(v->s->backend, BEGIN_NAP_US);
		state = vcpu_state(v);
	}
	if (e)
		clean_up_lost_job(v, e);
}

void job_poll_leave_all(struct sidecar *s)
{
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		if (s->vcpu[i].job.active) {
			let_job_begin(&s->vcpu[i]);
			lock_release(&s->vcpu[i], s->vcpu[i].job.lock);
		}
}
