// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The calls of a claim that run jobs and commands, and the memory that goes
 * with them. What is from user space has been copied and is checked here.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "driver.h"

#define FILE_MOST SZ_256M
#define COPY_STEP SZ_1M

/* What lies before the job's memory must not be where the process can write. */
static int check_file(const struct scd_vcpu *v, u64 room)
{
	const struct job_header *h = (void *)v->slice;
	u64 front = (u64)h->memory_bytes + h->stack_bytes + 2 * PAGE_SIZE;

	return front <= room ? 0 : -E2BIG;
}

/* More than copy_from_user() and copy_to_user() take at once. */
static bool copy_in(u8 *to, u64 from, u64 bytes)
{
	while (bytes) {
		u64 n = min_t(u64, bytes, COPY_STEP);

		if (copy_from_user(to, u64_to_user_ptr(from), n) ||
		    fatal_signal_pending(current))
			return false;
		to += n;
		from += n;
		bytes -= n;
		cond_resched();
	}
	return true;
}

static bool copy_out(u64 to, const u8 *from, u64 bytes)
{
	while (bytes) {
		u64 n = min_t(u64, bytes, COPY_STEP);

		if (copy_to_user(u64_to_user_ptr(to), from, n) ||
		    fatal_signal_pending(current))
			return false;
		to += n;
		from += n;
		bytes -= n;
		cond_resched();
	}
	return true;
}

static int load_file(struct scd_vcpu *v, const struct sidecar_dev_run *r)
{
	u64 room = v->slice_bytes - max(v->data_bytes, r->data_bytes);

	if (r->file_bytes < sizeof(struct job_header))
		return -EINVAL;
	if (r->data_bytes > v->slice_bytes || r->file_bytes > FILE_MOST ||
	    r->file_bytes > room)
		return -E2BIG;
	if (!copy_in(v->slice, r->file, r->file_bytes) ||
	    !copy_in(v->slice + v->slice_bytes - r->data_bytes, r->data,
		     r->data_bytes))
		return -EFAULT;
	return check_file(v, room);
}

static int check_idle(struct scd_vcpu *v, u32 timeout_ms)
{
	int r;

	scd_lock_for(v, timeout_ms);
	r = scd_job_check(v);
	scd_unlock(v);
	return r;
}

int scd_call_run(struct scd_vcpu *v, struct sidecar_dev_run *run)
{
	int r;

	if (run->timeout_ms > SIDECAR_DEV_TIMEOUT_MOST_MS || run->reserved)
		return -EINVAL;
	if (mutex_lock_interruptible(&v->use))
		return -EINTR;
	r = check_idle(v, run->timeout_ms) ?: load_file(v, run);
	if (!r) {
		scd_lock_for(v, run->timeout_ms);
		r = scd_job_check(v) ?: scd_job_start(v, run);
		scd_unlock(v);
	}
	mutex_unlock(&v->use);
	return r;
}

int scd_call_command(struct scd_vcpu *v, struct sidecar_dev_command *c)
{
	int r;

	if (c->command == SIDECAR_COMMAND_RUN ||
	    c->timeout_ms > SIDECAR_DEV_TIMEOUT_MOST_MS)
		return -EINVAL;
	if (c->command != SIDECAR_COMMAND_PING &&
	    c->command != SIDECAR_COMMAND_STATS && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (mutex_lock_interruptible(&v->use))
		return -EINTR;
	scd_lock_for(v, c->timeout_ms);
	r = scd_job_check(v) ?: scd_job_command(v, c);
	scd_unlock(v);
	mutex_unlock(&v->use);
	return r;
}

static bool is_valid(const struct sidecar_dev_stop *s)
{
	return !(s->flags & ~SIDECAR_DEV_ASK) &&
	       s->timeout_ms <= SIDECAR_DEV_TIMEOUT_MOST_MS;
}

/* A job that is meant and has ended by itself, perhaps before another one. */
static bool is_meant(struct scd_vcpu *v, const struct sidecar_dev_stop *s)
{
	scd_job_look(v);
	return v->job == SCD_JOB_RUNS && (!s->job || s->job == v->nr_jobs);
}

static int stop(struct scd_vcpu *v, const struct sidecar_dev_stop *s)
{
	if (!(s->flags & SIDECAR_DEV_ASK))
		return scd_job_stop(v);
	scd_job_ask(v);
	return 0;
}

int scd_call_stop(struct scd_vcpu *v, const struct sidecar_dev_stop *s)
{
	int r = 0;

	if (!is_valid(s) || s->index)
		return -EINVAL;
	scd_lock_for(v, s->timeout_ms);
	if (is_meant(v, s))
		r = stop(v, s);
	scd_unlock(v);
	return r;
}

/* As kill() has it. */
int scd_call_end(const struct sidecar_dev_stop *s)
{
	struct scd_vcpu *v;
	int r = 0;

	if (!is_valid(s) || s->index >= scd_nr_vcpus)
		return -EINVAL;
	v = &scd_vcpus[array_index_nospec(s->index, scd_nr_vcpus)];
	scd_lock_for(v, s->timeout_ms);
	if (is_meant(v, s))
		r = uid_eq(v->owner, current_euid()) || capable(CAP_KILL)
			    ? stop(v, s)
			    : -EPERM;
	scd_unlock(v);
	return r;
}

/* No job can begin meanwhile. */
static int read_slice(struct scd_vcpu *v, const struct sidecar_dev_read *r)
{
	bool runs;

	scd_lock(v);
	scd_job_look(v);
	runs = v->job == SCD_JOB_RUNS;
	scd_unlock(v);
	if (runs)
		return -EBUSY;
	if (r->reserved || r->offset > v->slice_bytes ||
	    r->bytes > v->slice_bytes - r->offset)
		return -EINVAL;
	return copy_out(r->to, v->slice + r->offset, r->bytes) ? 0 : -EFAULT;
}

int scd_call_read_slice(struct scd_vcpu *v, const struct sidecar_dev_read *r)
{
	int e;

	if (mutex_lock_interruptible(&v->use))
		return -EINTR;
	e = read_slice(v, r);
	mutex_unlock(&v->use);
	return e;
}

int scd_call_ring(struct scd_vcpu *v)
{
	int r = -ENXIO;

	scd_lock(v);
	scd_job_look(v);
	if (v->job == SCD_JOB_RUNS) {
		scd_job_ring(v);
		r = 0;
	}
	scd_unlock(v);
	return r;
}

static bool has_news(const struct scd_vcpu *v, bool events)
{
	return READ_ONCE(v->job) == SCD_NO_JOB || scd_job_has_ended(v) ||
	       (events && scd_has_event(v));
}

int scd_call_wait(struct scd_vcpu *v, struct sidecar_dev_wait *w)
{
	bool events = w->flags & SIDECAR_DEV_EVENTS;
	long r, left = w->timeout_ms == SIDECAR_DEV_FOREVER
			       ? MAX_SCHEDULE_TIMEOUT
			       : (long)msecs_to_jiffies(w->timeout_ms);

	if (w->flags & ~SIDECAR_DEV_EVENTS || w->reserved)
		return -EINVAL;
	if (READ_ONCE(v->job) == SCD_NO_JOB)
		return -ENXIO;
	r = wait_event_interruptible_timeout(v->wait, has_news(v, events),
					     left);
	if (r < 0)
		return -EINTR;
	/* before the look: what comes later is told again */
	atomic_set(&v->nr_seen, atomic_read(&v->nr_events));
	scd_lock(v);
	scd_job_look(v);
	v->end.flags = w->flags;
	v->end.timeout_ms = w->timeout_ms;
	*w = v->end;
	w->log_lost = v->log_lost;
	r = v->job == SCD_NO_JOB ? -ENXIO : 0;
	scd_unlock(v);
	return r;
}
