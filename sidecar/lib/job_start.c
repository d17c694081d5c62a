/* SPDX-License-Identifier: MIT */
/*
 * A job is loaded into the vCPU's share of scratch and started by RUN; nobody
 * wakes the vCPU yet (job_poll.c).
 */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "file.h"
#include "gang.h"
#include "job_io.h"
#include "job_log.h"
#include "job_slice.h"
#include "job_start.h"
#include "lock.h"
#include "restart.h"
#include "sized.h"
#include "softirqs.h"
#include "vcpu.h"
#include "wait.h"

static enum sidecar_error check_job(const struct sidecar_vcpu *v,
				    const struct sidecar_job *job)
{
	uint64_t bytes;

	if (!v->command)
		return error_base_vcpu(v);
	bytes = job_slice_bytes(v, job);
	if (v->job.active)
		return error_vcpu(v, SIDECAR_E_JOB,
				  "a job of this client runs on it");
	if (!bytes)
		return error_vcpu(
			v, SIDECAR_E_JOB,
			"no scratch for jobs (the shim's sidecar.scratch= gives it)");
	if (!job->file)
		return error_vcpu(v, SIDECAR_E_ARGUMENT,
				  "a job without a file");
	if (!job->file_bytes || job->file_bytes > bytes)
		return error_vcpu(
			v, SIDECAR_E_JOB,
			"a job of %zu bytes does not fit its %llu bytes of scratch (the shim's sidecar.scratch= gives more)",
			job->file_bytes, (unsigned long long)bytes);
	return vcpu_check_can_wake(v);
}

/* Of the first version that had it. */
#define JOB_SIZE_2_0 offsetof(struct sidecar_job, input)

static enum sidecar_error load_file(const struct sidecar_vcpu *v)
{
	const struct sidecar_job *job = &v->job.what;
	struct backend *b = v->s->backend;
	uint64_t pa = v->node->scratch_pa + v->job.slice.offset;
	void *p = b->map(b, pa, job->file_bytes, true);

	if (!p)
		return error_vcpu(v, SIDECAR_E_MEM, "%s: scratch 0x%llx: %s",
				  b->memory, (unsigned long long)pa,
				  strerror(errno));
	memcpy(p, job->file, job->file_bytes);
	b->unmap(b, p, job->file_bytes);
	return SIDECAR_OK;
}

void job_start_waiting(struct job *job, uint8_t state)
{
	job->state = state;
	job->wait = wait_begin();
}

/* ---- What the job gets -------------------------------------------------- */

/* Its file's header asks for the shared memory of every node. */
static bool wants_all_shared(const struct sidecar_job *job)
{
	struct job_header h;

	if (job->file_bytes < sizeof(h))
		return false;
	memcpy(&h, job->file, sizeof(h));
	return h.flags & JOB_FLAG_ALL_SHARED;
}

static bool gets_shared_of(const struct sidecar_vcpu *v,
			   const struct sidecar_node *n, bool all)
{
	return n->shared_bytes && (all || n == v->node ||
				   (v->job.gang && gang_is_on(v->job.gang, n)));
}

/* Before RUN: the page is the vCPU's then. */
static void name_ranges(const struct sidecar_vcpu *v)
{
	bool all = wants_all_shared(&v->job.what);
	uint32_t nr = 0;

	for (uint32_t i = 0; i < v->s->nr_nodes; i++) {
		const struct sidecar_node *n = &v->s->node[i];

		if (!gets_shared_of(v, n, all) || nr == SIDECAR_MAX_RANGES)
			continue;
		v->command->range[nr].pa = n->shared_pa;
		v->command->range[nr++].bytes = n->shared_bytes;
	}
	v->command->nr_ranges = nr;
}

static enum sidecar_error hand_over(struct sidecar_vcpu *v)
{
	const struct sidecar_job *job = &v->job.what;
	const uint64_t arg[] = {
		v->job.slice.offset, v->job.slice.bytes, job->arg[0],
		job->arg[1],	     job->arg[2],	 job->arg[3],
		job->run_flags,
	};

	name_ranges(v);
	return command_hand_over(v, SIDECAR_COMMAND_RUN, arg,
				 sizeof(arg) / sizeof(arg[0]));
}

/*
 * For those who watch it, should this client not see its end. What Linux has
 * done is of use only where nobody can ask Xen, and takes Linux long to say.
 */
static void note_start(const struct sidecar_vcpu *v)
{
	struct job_note note = {
		.name.entry_tsc = v->command->entry_tsc,
		.nr_commands = v->command->nr_commands + 1,
		.softirqs = v->s->backend->can_tell_up ? UINT64_MAX
						       : softirqs_count(v),
	};

	if (job_io_reads_slice(&v->job.what)) {
		note.slice_offset = v->job.slice.offset;
		note.slice_bytes = v->job.slice.bytes;
	}
	v->s->backend->note_job(v->s->backend, v->job.lock, &note);
}

static enum sidecar_error load_and_hand_over(struct sidecar_vcpu *v)
{
	enum sidecar_error e = command_check_idle(v);

	if (!e)
		e = load_file(v);
	if (!e)
		e = job_io_load(v);
	if (e)
		return e;
	job_log_clear(v);
	v->job.told_at = v->command->log_head;
	v->job.nr_commands = v->command->nr_commands;
	v->job.begun = false;
	note_start(v);
	e = hand_over(v);
	job_start_waiting(&v->job, SIDECAR_RUN);
	return e;
}

enum sidecar_error job_start_again(struct sidecar_vcpu *v)
{
	enum sidecar_error e;

	v->job.restarted = true;
	e = restart_vcpu(v);
	if (!e)
		e = job_slice_hold(v);
	if (!e)
		e = load_and_hand_over(v);
	job_slice_handed_over(v);
	return e;
}

static enum sidecar_error lock_for(struct sidecar_vcpu *v,
				   const struct sidecar_job *what,
				   const struct sidecar_vcpu *first, int *lock)
{
	enum sidecar_error e;

	job_slice_want(v, what, first);
	e = lock_vcpu(v, lock, !what->if_free);
	job_slice_want(v, NULL, NULL);
	return e && v->s->backend->want && (*lock == -E2BIG || *lock == -ENOSPC)
		       ? job_slice_refused(v, what, *lock)
		       : e;
}

enum sidecar_error job_start_prepare(struct sidecar_vcpu *v,
				     const struct sidecar_job *job,
				     const struct sidecar_vcpu *first)
{
	struct sidecar_job what;
	enum sidecar_error e =
		sized_read(v->s, &what, sizeof(what), job, JOB_SIZE_2_0, "job");
	int lock;

	if (!e && what.nr_args)
		what.run_flags |= JOB_RUN_IO;
	if (!e)
		e = check_job(v, &what);
	if (!e)
		e = job_io_check(v, &what);
	if (!e)
		e = lock_for(v, &what, first, &lock);
	if (!e)
		v->job = (struct job){
			.what = what,
			.lock = lock,
			.locked = true,
			.start_ns = file_clock_ns(),
		};
	return e;
}

enum sidecar_error job_start_place(struct sidecar_vcpu *v)
{
	return job_slice_take(v);
}

enum sidecar_error job_start_hand_over(struct sidecar_vcpu *v)
{
	enum sidecar_error e = load_and_hand_over(v);

	/* something that an earlier client left does not end */
	if (e == SIDECAR_E_TIMEOUT && v->s->backend->can_init)
		e = job_start_again(v);
	job_slice_handed_over(v);
	v->job.active = !e;
	return e;
}

void job_start_unlock(struct sidecar_vcpu *v)
{
	v->job.locked = false;
	if (v->job.gang)
		gang_unlock(v);
	else
		lock_release(v, v->job.lock);
}

void job_start_cancel(struct sidecar_vcpu *v)
{
	job_slice_handed_over(v);
	job_start_unlock(v);
}

enum sidecar_error sidecar_job_start(struct sidecar_vcpu *v,
				     const struct sidecar_job *job)
{
	enum sidecar_error e = job_start_prepare(v, job, NULL);

	if (e)
		return e;
	e = job_start_place(v);
	if (!e)
		e = job_start_hand_over(v);
	if (e)
		job_start_cancel(v);
	return e;
}
