/* SPDX-License-Identifier: MIT */
/*
 * Watching a job that any client has started: nothing is sent to its vCPU, and
 * nothing written to its pages. How it ended is on the command page until the
 * next command, and in the note of the client that looked after it until the
 * next job.
 */
#include "command.h"
#include "file.h"
#include "job_attach.h"
#include "job_fault.h"
#include "job_log.h"
#include "job_tend.h"
#include "vcpu.h"
#include "wait.h"

/* How long its client may take to note how a job ended that INIT has ended. */
#define NOTE_NS UINT64_C(1000000000)
/* How often to look meanwhile, and before it begins. */
#define AGAIN_NS 1000000u

enum sidecar_error sidecar_job_attach(struct sidecar_vcpu *v)
{
	if (!v->command)
		return error_base_vcpu(v);
	if (v->job.active)
		return error_vcpu(v, SIDECAR_E_JOB,
				  "a job of this client runs on it");
	if (v->s->backend->is_driver)
		return error_vcpu(
			v, SIDECAR_E_WAY,
			"the driver shows a job's log and end only to the client that started it");
	v->job = (struct job){
		.active = true,
		.attached = true,
		.log_at = v->command->log_tail,
		.log_tsc = v->command->entry_tsc,
		.nr_told = v->s->backend->nr_told,
		/* the first look is as after a change */
		.nr_changes = v->s->backend->nr_changes - 1,
		.wait = wait_begin(),
	};
	return SIDECAR_OK;
}

/* ---- While it runs ------------------------------------------------------ */

static void look_again_soon(struct job *job)
{
	job->wait.next_ns = file_clock_ns() + AGAIN_NS;
}

/* A job was handed over, and the vCPU has not seen it yet. */
static enum sidecar_error check_begins(struct sidecar_vcpu *v)
{
	enum sidecar_error e = vcpu_check_linux(v);

	look_again_soon(&v->job);
	if (e || !wait_is_over(v, &v->job.wait))
		return e;
	return error_vcpu(
		v, SIDECAR_E_BUSY,
		"its job has not begun within %u ms, and its client may be gone",
		error_timeout_ms(v->s));
}

/* Whether the job that is watched has not ended; @e: it is lost. */
static bool still_runs(struct sidecar_vcpu *v, enum sidecar_error *e)
{
	struct job *job = &v->job;

	if (!vcpu_state_has_command(vcpu_state(v)) ||
	    v->command->command != SIDECAR_COMMAND_RUN)
		return false;
	if (job->begun) {
		*e = job_tend_look(v);
		return vcpu_is_last_job(v, &job->name);
	}
	if (vcpu_has_begun_job(v)) {
		job->begun = true;
		job->name = vcpu_last_job(v);
	} else {
		*e = check_begins(v);
	}
	return true;
}

/* ---- How it ended ------------------------------------------------------- */

static bool is_same_job(const struct job *job, const struct job_name *name)
{
	return !job->begun || (name->entry_tsc == job->name.entry_tsc &&
			       name->nr_jobs == job->name.nr_jobs);
}

/* Of the job that is watched, or of the last one. */
static bool find_note(const struct sidecar_vcpu *v, struct job_note *note)
{
	struct backend *b = v->s->backend;

	return b->noted_job(b, v->cpu.vcpu_id, note);
}

static bool read_note(const struct sidecar_vcpu *v, struct sidecar_answer *a)
{
	struct job_name last = vcpu_last_job(v);
	struct job_note note = {0};

	if (!find_note(v, &note) || !note.ended ||
	    !is_same_job(&v->job, &note.name))
		return false;
	/* a client that notes nothing has run another one since */
	if (last.entry_tsc == note.name.entry_tsc &&
	    last.nr_jobs != note.name.nr_jobs)
		return false;
	*a = note.answer;
	return true;
}

/* Nobody has noted its end, and no other command has run since. */
static bool page_has_answer(const struct sidecar_vcpu *v)
{
	const volatile struct sidecar_command *c = v->command;
	struct job_name last = vcpu_last_job(v);
	struct job_note note = {0};

	return vcpu_state(v) == SIDECAR_IDLE && find_note(v, &note) &&
	       !note.ended && c->entry_tsc == note.name.entry_tsc &&
	       c->nr_commands == note.nr_commands &&
	       is_same_job(&v->job, &last);
}

/* A client may begin another command meanwhile: then what was read is void. */
static bool read_page(const struct sidecar_vcpu *v, struct sidecar_answer *a)
{
	if (!page_has_answer(v))
		return false;
	command_read_answer(v, a);
	return page_has_answer(v);
}

static enum sidecar_error answer_is_gone(struct sidecar_vcpu *v)
{
	struct job *job = &v->job;
	enum sidecar_error e = vcpu_check_linux(v);

	if (e)
		return e;
	if (!job->begun)
		return error_vcpu(v, SIDECAR_E_JOB,
				  "no job, and no result of one, is on it");
	look_again_soon(job);
	if (!job->gone_ns)
		job->gone_ns = file_clock_ns();
	if (file_clock_ns() - job->gone_ns < NOTE_NS)
		return SIDECAR_OK;
	return error_vcpu(v, SIDECAR_E_JOB,
			  "its job has ended, and the result is gone");
}

/* No other job has begun since, and INIT has not cleared the page. */
static bool is_on_page(const struct sidecar_vcpu *v)
{
	const volatile struct sidecar_command *c = v->command;
	struct job_name last = vcpu_last_job(v);
	struct job_note note = {0};

	return find_note(v, &note) && c->entry_tsc == note.name.entry_tsc &&
	       (!note.ended || note.name.nr_jobs == last.nr_jobs) &&
	       !vcpu_has_begun_job(v) && is_same_job(&v->job, &last);
}

static enum sidecar_error finish_watching(struct sidecar_vcpu *v,
					  struct sidecar_progress *p,
					  struct sidecar_answer *a)
{
	if (!read_note(v, a) && !read_page(v, a)) {
		*a = (struct sidecar_answer){0};
		return answer_is_gone(v);
	}
	/* the registers are of the last job on the page */
	if (is_on_page(v))
		job_fault_read(v, a);
	if (!is_on_page(v))
		v->job.fault.job = 0;
	p->ended = true;
	v->job.active = false;
	return command_check_answer(v, a);
}

/* False: there is more, or INIT has cleared the page. */
static bool read_log(struct sidecar_vcpu *v, struct sidecar_progress *p)
{
	struct job *job = &v->job;
	bool all_read = job_log_read(v, p);

	if (v->command->entry_tsc == job->log_tsc)
		return all_read;
	p->log_bytes = 0;
	p->log_lost = 0;
	job->log_tsc = v->command->entry_tsc;
	job->log_at = v->command->log_tail;
	return false;
}

enum sidecar_error job_attach_poll(struct sidecar_vcpu *v,
				   struct sidecar_progress *p,
				   struct sidecar_answer *a)
{
	enum sidecar_error e = SIDECAR_OK;
	bool runs = still_runs(v, &e);
	bool all_read = read_log(v, p);

	if (!e && !runs && all_read)
		e = finish_watching(v, p, a);
	if (e)
		v->job.active = false;
	return e;
}
