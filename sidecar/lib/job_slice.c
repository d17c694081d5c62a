/* SPDX-License-Identifier: MIT */
/*
 * Slices of scratch. Each vCPU that can be parked has an equal share, so that
 * jobs do not meet; a job that wants more gets some of the shares of vCPUs that
 * have no job.
 *
 * Who starts a job has the lock of each vCPU whose share it takes a part of,
 * until the command page says which slice the job has: whoever gets the lock
 * later finds it there. That holds if the job's client dies, too. A client that
 * reads the slice when the job has ended has noted it before, and keeps the
 * lock of the job's own vCPU until it has read.
 */
#include <errno.h>

#include "command.h"
#include "job_slice.h"
#include "lock.h"
#include "restart.h"
#include "sysfs.h"
#include "vcpu.h"

#define PAGE SIDECAR_PAGE_SIZE

uint64_t job_slice_bytes(const struct sidecar_vcpu *v,
			 const struct sidecar_job *job)
{
	uint64_t bytes = job->memory_bytes, most = v->node->scratch_bytes;

	if (!bytes || !vcpu_slice_bytes(v))
		return vcpu_slice_bytes(v);
	/* more than there is stays that */
	return bytes > most ? bytes : (bytes + PAGE - 1) & -(uint64_t)PAGE;
}

/* ---- What other jobs have ----------------------------------------------- */

static bool slices_meet(const struct job_slice *a, const struct job_slice *b)
{
	return a->offset < b->offset ? b->offset - a->offset < a->bytes
				     : a->offset - b->offset < b->bytes;
}

static bool is_started_here(const struct sidecar_vcpu *v)
{
	return v->job.locked && v->job.slice.bytes;
}

/*
 * Linux took its vCPU meanwhile, and may have given that up again. That takes a
 * while to find out.
 */
static bool is_lost(const struct sidecar_vcpu *v)
{
	return !is_started_here(v) &&
	       (sysfs_state(v) == SIDECAR_LINUX_ONLINE ||
		(vcpu_has_begun_job(v) && vcpu_is_down_in_job(v)));
}

/*
 * Of a job that runs, or will when its vCPU wakes, or is being started here; or
 * of one that is lost.
 */
static bool has_slice(const struct sidecar_vcpu *v, struct job_slice *slice)
{
	if (is_started_here(v)) {
		*slice = v->job.slice;
		return true;
	}
	if (!vcpu_state_has_command(vcpu_state(v)) ||
	    v->command->command != SIDECAR_COMMAND_RUN)
		return false;
	slice->offset = v->command->arg[0];
	slice->bytes = v->command->arg[1];
	return true;
}

/* Of a job that has ended, or may have: its client is to read what it left. */
static bool is_to_be_read(const struct sidecar_vcpu *v, struct job_slice *slice)
{
	struct backend *b = v->s->backend;
	struct job_note note = {0};

	if (!b->noted_job(b, v->cpu.vcpu_id, &note))
		return false;
	slice->offset = note.slice_offset;
	slice->bytes = note.slice_bytes;
	return slice->bytes != 0;
}

/* A client of another handle has @v: the one that reads, if there is any. */
static bool is_used_by_other(const struct sidecar_vcpu *v)
{
	int lock;

	if (v->job.locked || v->nr_lent)
		return false;
	if (lock_vcpu(v, &lock, false))
		return true;
	lock_release(v, lock);
	return false;
}

/* Where nobody can ask Xen whether it was woken, INIT is sure to stop it. */
static bool withdraw_or_restart(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;

	if (command_withdraw(v))
		return true;
	return !b->can_tell_up && b->can_init &&
	       vcpu_state_has_command(vcpu_state(v)) &&
	       !vcpu_has_begun_job(v) && !restart_vcpu(v);
}

/*
 * Its job has not begun, and its client is gone: from now on the job never
 * will, or its slice would be taken for ever.
 */
static bool is_withdrawn(const struct sidecar_vcpu *v)
{
	bool withdrawn;
	int lock;

	if (v->job.locked || v->s->backend->is_driver || vcpu_has_begun_job(v))
		return false;
	if (v->nr_lent)
		return withdraw_or_restart(v);
	if (lock_vcpu(v, &lock, false))
		return false;
	withdrawn = withdraw_or_restart(v);
	lock_release(v, lock);
	return withdrawn;
}

/* It runs first: when it has ended, the note is looked at behind that. */
static bool has_part(const struct sidecar_vcpu *v,
		     const struct job_slice *slice)
{
	struct job_slice has;

	return (has_slice(v, &has) && slices_meet(&has, slice) && !is_lost(v) &&
		!is_withdrawn(v)) ||
	       (is_to_be_read(v, &has) && slices_meet(&has, slice) &&
		is_used_by_other(v));
}

/* Another vCPU whose job has a part of @slice; NULL if there is none. */
static const struct sidecar_vcpu *find_other(const struct sidecar_vcpu *v,
					     const struct job_slice *slice)
{
	for (uint32_t i = 0; i < v->s->nr_vcpus; i++) {
		const struct sidecar_vcpu *other = &v->s->vcpu[i];

		if (other != v && other->node == v->node && other->command &&
		    has_part(other, slice))
			return other;
	}
	return NULL;
}

static enum sidecar_error check_free(const struct sidecar_vcpu *v,
				     const struct job_slice *slice)
{
	const struct sidecar_vcpu *other = find_other(v, slice);

	if (!other)
		return SIDECAR_OK;
	return error_vcpu(
		v, SIDECAR_E_BUSY,
		"the job on vCPU %u has a part of its scratch: stop that, or wait",
		other->cpu.vcpu_id);
}

/* ---- Locks of vCPUs whose shares are taken ------------------------------ */

static void unlock_shares(struct sidecar_vcpu *v)
{
	for (uint32_t i = 0; i < v->s->nr_vcpus; i++) {
		struct sidecar_vcpu *other = &v->s->vcpu[i];

		if (other->node != v->node || !other->command ||
		    !(v->job.slice.lent & 1u << other->pages))
			continue;
		if (!--other->nr_lent)
			lock_release(other, other->lent);
	}
	v->job.slice.lent = 0;
}

static bool is_in_share(const struct sidecar_vcpu *v,
			const struct job_slice *slice)
{
	struct job_slice share = {vcpu_slice_offset(v), vcpu_slice_bytes(v), 0};

	/* what is in no share goes with the last one */
	if (v->pages + 1 == v->node->nr_parked)
		share.bytes = v->node->scratch_bytes - share.offset;

	return slices_meet(&share, slice);
}

/* Of all that this handle has not locked for a job of their own. */
static enum sidecar_error lock_shares(struct sidecar_vcpu *v)
{
	struct job_slice *slice = &v->job.slice;
	enum sidecar_error e;

	for (uint32_t i = 0; i < v->s->nr_vcpus; i++) {
		struct sidecar_vcpu *other = &v->s->vcpu[i];

		if (other->node != v->node || !other->command ||
		    other->job.locked || !is_in_share(other, slice) ||
		    slice->lent & 1u << other->pages)
			continue;
		e = other->nr_lent ? SIDECAR_OK
				   : lock_vcpu(other, &other->lent, false);
		if (e)
			return e;
		other->nr_lent++;
		slice->lent |= 1u << other->pages;
	}
	return SIDECAR_OK;
}

enum sidecar_error job_slice_hold(struct sidecar_vcpu *v)
{
	enum sidecar_error e;

	/* it is of the claim */
	if (v->s->backend->slice)
		return SIDECAR_OK;
	e = lock_shares(v);
	if (!e)
		e = check_free(v, &v->job.slice);
	if (e)
		unlock_shares(v);
	return e;
}

static enum sidecar_error does_not_fit(const struct sidecar_vcpu *v,
				       uint64_t bytes)
{
	return error_vcpu(
		v, SIDECAR_E_JOB,
		"a job with %llu bytes of memory does not fit the scratch of its node, %llu bytes (the shim's sidecar.scratch= gives more)",
		(unsigned long long)bytes,
		(unsigned long long)v->node->scratch_bytes);
}

static enum sidecar_error none_free(const struct sidecar_vcpu *v,
				    uint64_t bytes)
{
	return error_vcpu(
		v, SIDECAR_E_BUSY,
		"no %llu bytes of its node's scratch are free: stop jobs there, or wait",
		(unsigned long long)bytes);
}

/* ---- Of a claim -------------------------------------------------------- */

void job_slice_want(const struct sidecar_vcpu *v, const struct sidecar_job *job,
		    const struct sidecar_vcpu *first)
{
	struct backend *b = v->s->backend;

	if (b->want)
		b->want(b, &v->cpu, job ? job_slice_bytes(v, job) : 0,
			first ? &first->cpu : NULL);
}

enum sidecar_error job_slice_refused(const struct sidecar_vcpu *v,
				     const struct sidecar_job *job, int error)
{
	if (error == -E2BIG)
		return does_not_fit(v, job_slice_bytes(v, job));
	return none_free(v, job_slice_bytes(v, job));
}

/* ---- Finding one -------------------------------------------------------- */

/* Larger ones begin with a page of 2 MiB, as the kernel wants it. */
static bool place_at(struct sidecar_vcpu *v, uint64_t offset)
{
	struct job_slice *slice = &v->job.slice;
	uint64_t most = v->node->scratch_bytes;

	if (slice->bytes > SIDECAR_SLICE_UNALIGNED_MAX ||
	    vcpu_slice_bytes(v) % SIDECAR_SHARED_ALIGN == 0)
		offset += (0 - (v->node->scratch_pa + offset)) %
			  SIDECAR_SHARED_ALIGN;
	slice->offset = offset;
	return offset <= most && slice->bytes <= most - offset;
}

/* SIDECAR_E_JOB: it does not fit there. */
static enum sidecar_error try_at(struct sidecar_vcpu *v, uint64_t offset)
{
	return place_at(v, offset) ? job_slice_hold(v) : SIDECAR_E_JOB;
}

/* Behind another job's slice, or at the start of a share. */
static enum sidecar_error try_beside(struct sidecar_vcpu *v,
				     const struct sidecar_vcpu *other)
{
	uint64_t most = v->node->scratch_bytes;
	struct job_slice has;
	enum sidecar_error e;

	if (other->node != v->node || !other->command)
		return SIDECAR_E_JOB;
	e = try_at(v, vcpu_slice_offset(other));
	if (!e || other == v || !has_slice(other, &has) || has.offset > most ||
	    has.bytes > most - has.offset)
		return e;
	return try_at(v, has.offset + has.bytes);
}

/* Its own share first: most often nobody has any of what is behind that. */
static enum sidecar_error take_more(struct sidecar_vcpu *v)
{
	enum sidecar_error e = try_beside(v, v), other, busy = SIDECAR_OK;

	for (uint32_t i = 0; e && i < v->s->nr_vcpus; i++) {
		other = try_beside(v, &v->s->vcpu[i]);
		busy = e == SIDECAR_E_JOB ? busy : e;
		e = other;
	}
	if (e == SIDECAR_E_JOB && !busy)
		return does_not_fit(v, v->job.slice.bytes);
	if (e == SIDECAR_E_JOB)
		return none_free(v, v->job.slice.bytes);
	return e;
}

enum sidecar_error job_slice_take(struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	enum sidecar_error e;

	v->job.slice = (struct job_slice){
		.offset = vcpu_slice_offset(v),
		.bytes = job_slice_bytes(v, &v->job.what),
	};
	if (b->slice) {
		b->slice(b, &v->cpu, &v->job.slice.offset, &v->job.slice.bytes);
		return SIDECAR_OK;
	}
	if (v->job.slice.bytes > v->node->scratch_bytes)
		e = does_not_fit(v, v->job.slice.bytes);
	else if (v->job.slice.bytes <= vcpu_slice_bytes(v))
		e = check_free(v, &v->job.slice);
	else
		e = take_more(v);
	if (e)
		v->job.slice.bytes = 0;
	return e;
}

void job_slice_handed_over(struct sidecar_vcpu *v)
{
	unlock_shares(v);
}
