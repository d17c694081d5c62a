/* SPDX-License-Identifier: MIT */
/*
 * What comes of jobs: their log, their end, and what is left of them when the
 * handle is closed.
 */
#include "command.h"
#include "file.h"
#include "gang.h"
#include "job_attach.h"
#include "job_fault.h"
#include "job_io.h"
#include "job_log.h"
#include "job_poll.h"
#include "job_start.h"
#include "job_tend.h"
#include "lock.h"
#include "sized.h"
#include "vcpu.h"
#include <stdio.h>

#define BEGIN_NAP_NS 200000u
/* Where nothing tells that a job has ended. */
#define POLL_NAP_NS 1000000u

/*
 * For those who ask later, before anybody else can use the vCPU. @reads: nobody
 * may have the slice yet.
 */
static void note_end(struct sidecar_vcpu *v, const struct sidecar_answer *a,
		     bool reads)
{
	struct backend *b = v->s->backend;
	struct job_note note = {
		.ended = true, .answer = *a, .softirqs = UINT64_MAX};

	note.name = v->job.killed ? v->job.name : vcpu_last_job(v);
	if (reads) {
		note.slice_offset = v->job.slice.offset;
		note.slice_bytes = v->job.slice.bytes;
	}
	b->note_job(b, v->job.lock, &note);
}

static enum sidecar_error read_slice(struct sidecar_vcpu *v)
{
	enum sidecar_error shown = job_io_show_slice(v);
	enum sidecar_error unloaded = job_io_unload(v);

	return shown ? shown : unloaded;
}

static enum sidecar_error finish_job(struct sidecar_vcpu *v,
				     enum sidecar_error e,
				     struct sidecar_answer *a)
{
	struct job *job = &v->job;

	bool reads = job_io_reads_slice(&job->what), ended = !e;
	enum sidecar_error read = SIDECAR_OK;

	if (e)
		job_tend_failed(v, e);
	else if (job->killed)
		e = command_answer_killed(v, a);
	else
		e = command_read_answer(v, a);
	if (job->gang)
		e = gang_leave(v, e, a);
	a->elapsed_ns = file_clock_ns() - job->start_ns;
	a->restarted = job->restarted;
	if (ended) {
		job_fault_read(v, a);
		note_end(v, a, reads);
		if (reads)
			read = read_slice(v);
		if (reads)
			note_end(v, a, false);
		e = e ? e : read;
	}
	job->active = false;
	job_start_unlock(v);
	return e;
}

/* After a restore the port is another one. */
static void renew_event(struct sidecar_vcpu *v)
{
	uint64_t event = vcpu_event(v);

	if (v->command->event != event)
		v->command->event = event;
}

/* Those who watch are told of the end by its note. */
static void tell_of_log(struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	uint32_t head = v->command->log_head;

	if (head == v->job.told_at || !b->tell)
		return;
	v->job.told_at = head;
	b->tell(b, v->job.lock);
}

/* It has ended when its state says so and all of its log has been read. */
static enum sidecar_error poll_job(struct sidecar_vcpu *v,
				   struct sidecar_progress *p,
				   struct sidecar_answer *a)
{
	enum sidecar_error e = SIDECAR_OK;
	bool all_read;
	uint8_t state;

	state = vcpu_state(v);
	if (vcpu_state_has_command(state))
		e = job_tend(v, state);
	if (e)
		return finish_job(v, e, a);
	if (v->job.gang)
		gang_tend(v->job.gang);
	state = vcpu_state(v);
	tell_of_log(v);
	all_read = job_log_read(v, p);
	if (vcpu_state_has_command(state) || !all_read)
		return SIDECAR_OK;
	p->ended = true;
	return finish_job(v, SIDECAR_OK, a);
}

enum sidecar_error sidecar_job_poll(struct sidecar_vcpu *v,
				    struct sidecar_progress *progress,
				    struct sidecar_answer *answer)
{
	struct sidecar_progress p = {0}, theirs = {0};
	struct sidecar_answer a = {0};
	enum sidecar_error e = sized_check(v->s, answer, sizeof(a), "answer");

	if (!e && progress)
		e = sized_read(v->s, &theirs, sizeof(theirs), progress,
			       sizeof(theirs), "progress");
	if (e)
		return e;
	p.log = theirs.log;
	p.log_size = theirs.log_size;
	/* before the look: what is told from here on may be of after it */
	v->job.nr_told = v->s->backend->nr_told;
	if (v->job.active && !v->job.attached)
		renew_event(v);
	if (v->job.active && v->job.attached)
		e = job_attach_poll(v, &p, &a);
	else if (v->job.active)
		e = poll_job(v, &p, &a);
	else
		e = error_vcpu(v, SIDECAR_E_JOB,
			       "no job of this client runs on it");
	sized_write(progress, &p, sizeof(p));
	sized_write(answer, &a, sizeof(a));
	return e;
}

bool sidecar_job_has_begun(const struct sidecar_vcpu *v)
{
	return v->job.active && v->job.begun;
}

void sidecar_job_leave_log(struct sidecar_vcpu *v)
{
	v->job.leaves_log =
		v->job.active && !v->job.attached && !v->s->backend->is_driver;
}

uint32_t sidecar_answer_status(const struct sidecar_answer *answer)
{
	unsigned int status;

	if (answer->result == SIDECAR_RESULT_JOB &&
	    sscanf(answer->error, "job: exit status 0x%x", &status) == 1)
		return status;
	return 0;
}

/* ---- Waiting between two polls ------------------------------------------ */

int sidecar_fd(const struct sidecar *s)
{
	return s->backend->fd;
}

/* How long nothing has to be done for @job, if it is left alone. */
static uint64_t idle_ns(const struct sidecar_vcpu *v)
{
	uint64_t now = file_clock_ns(), next = v->job.wait.next_ns;
	uint64_t ns;

	/* told in another wait than sidecar_wait(), perhaps of this job */
	if (v->job.nr_told != v->s->backend->nr_told)
		return 0;
	if (v->job.gang && gang_next_ns(v->job.gang) < next)
		next = gang_next_ns(v->job.gang);
	ns = next > now ? next - now : 0;

	return ns > POLL_NAP_NS && !vcpu_tells(v) ? POLL_NAP_NS : ns;
}

enum sidecar_error sidecar_wait(struct sidecar *s, uint32_t timeout_ms)
{
	uint64_t ns = timeout_ms * UINT64_C(1000000), job_ns;

	for (uint32_t i = 0; i < s->nr_vcpus; i++) {
		if (!s->vcpu[i].job.active)
			continue;
		job_ns = idle_ns(&s->vcpu[i]);
		ns = job_ns < ns ? job_ns : ns;
	}
	s->backend->wait(s->backend, ns);
	return SIDECAR_OK;
}

/* ---- Closing ------------------------------------------------------------ */

/* Nobody else would wake its vCPU. No INIT for a client that leaves. */
static void let_job_begin(struct sidecar_vcpu *v)
{
	enum sidecar_error e = SIDECAR_OK;
	uint8_t state = vcpu_state(v);

	v->job.restarted = true;
	while (!e && !v->job.begun && vcpu_state_has_command(state)) {
		e = job_tend(v, state);
		v->s->backend->wait(v->s->backend, BEGIN_NAP_NS);
		state = vcpu_state(v);
	}
	if (e)
		job_tend_failed(v, e);
}

void job_poll_leave_all(struct sidecar *s)
{
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		if (s->vcpu[i].job.active && !s->vcpu[i].job.attached) {
			let_job_begin(&s->vcpu[i]);
			/* its port is somebody else's soon */
			s->vcpu[i].command->event = 0;
			job_start_unlock(&s->vcpu[i]);
		}
}
