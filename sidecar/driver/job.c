// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Commands and jobs: the command page is written while the vCPU is IDLE, the
 * answer read when it is IDLE again.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "driver.h"

/* The first NMI may be late; those after JOB_GRACE_MS end the job. */
#define STOP_FIRST msecs_to_jiffies(JOB_GRACE_MS + 20)
#define STOP_NEXT  msecs_to_jiffies(20)
/* A vCPU that fails sends no event. */
#define WATCH	   HZ
#define LOOK_AGAIN (HZ / 10)

/* ---- The answer --------------------------------------------------------- */

static void copy_error(const struct sidecar_command *c, char *to)
{
	u32 n = min_t(u32, READ_ONCE(c->error_len), sizeof(c->error));

	memcpy(to, c->error, n);
	to[n] = 0;
}

static void read_end(struct scd_vcpu *v)
{
	const struct sidecar_command *c = v->command;
	struct sidecar_dev_wait *end = &v->end;

	end->ended = 1;
	end->result =
		scd_state(v) == SIDECAR_IDLE ? c->result : SIDECAR_DEV_LOST;
	memcpy(end->ret, c->ret, sizeof(end->ret));
	BUILD_BUG_ON(sizeof(end->fault) != sizeof(c->fault));
	if (end->result == SIDECAR_RESULT_JOB_DIED &&
	    c->fault.job == c->nr_jobs)
		memcpy(end->fault, &c->fault, sizeof(end->fault));
	end->ns = (READ_ONCE(v->end_ns) ?: ktime_get_ns()) - v->begin_ns;
	copy_error(c, end->error);
	scd_log_keep(v);
}

static void set_ended(struct scd_vcpu *v)
{
	/* whoever sees that sees what was kept of the log */
	smp_store_release(&v->job, SCD_JOB_ENDED);
	scd_tell(v);
}

void scd_job_look(struct scd_vcpu *v)
{
	if (v->job != SCD_JOB_RUNS || scd_has_command(v))
		return;
	read_end(v);
	set_ended(v);
}

bool scd_job_has_ended(const struct scd_vcpu *v)
{
	enum scd_job job = READ_ONCE(v->job);

	return job == SCD_JOB_ENDED ||
	       (job == SCD_JOB_RUNS && !scd_has_command(v));
}

/* `lock` may be held for long. */
void scd_job_watch(struct work_struct *w)
{
	struct scd_vcpu *v = container_of(w, struct scd_vcpu, watch.work);

	scd_lock(v);
	scd_job_look(v);
	if (v->job == SCD_JOB_RUNS) {
		/* Linux loses events that are pending on a CPU that goes */
		if (scd_log_has_more(v))
			scd_tell(v);
		queue_delayed_work(system_long_wq, &v->watch, WATCH);
	}
	scd_unlock(v);
}

/* ---- Commands ----------------------------------------------------------- */

/* 0: a command can be handed over. */
int scd_job_check(struct scd_vcpu *v)
{
	if (v->in_linux)
		return -ENODEV;
	/* a restore may have left it without */
	if (!v->irq && scd_channel_open(v))
		return -EIO;
	scd_job_look(v);
	if (v->job == SCD_JOB_RUNS)
		return -EBUSY;
	return scd_state(v) == SIDECAR_IDLE ? 0 : scd_vcpu_restart(v);
}

static bool hand_over(struct scd_vcpu *v, u32 command)
{
	struct sidecar_command *c = v->command;

	/* nothing of an old answer is taken for one to this */
	c->result = ~0u;
	c->error_len = 0;
	memset(c->ret, 0, sizeof(c->ret));
	c->event = v->event;
	c->rung = 0;
	c->command = command;
	return status_swap(v->status, IDLE, RUN, CLIENT);
}

/* A caller that was killed does not wait for vCPUs, but for INIT. */
static bool is_over(const struct scd_vcpu *v)
{
	return time_after(jiffies, v->asked_until) ||
	       fatal_signal_pending(current);
}

/* For a wait: @ticks, or until is_over(). */
static long at_most(const struct scd_vcpu *v, long ticks)
{
	return clamp_t(long, v->asked_until - jiffies + 1, 1, ticks);
}

/* Wakes it until it has seen the command, number @nr on its page. */
static int wait_begun(struct scd_vcpu *v, u64 nr)
{
	unsigned int us = 20;

	while (READ_ONCE(v->command->nr_commands) == nr && scd_has_command(v)) {
		if (is_over(v)) {
			scd_vcpu_restart(v);
			return -ETIMEDOUT;
		}
		scd_vcpu_wake(v);
		usleep_range(us, us * 2);
		us = min(us * 2, 1000u);
	}
	return 0;
}

int scd_job_command(struct scd_vcpu *v, struct sidecar_dev_command *c)
{
	u64 nr = v->command->nr_commands, begin = ktime_get_ns();
	int r;

	memcpy(v->command->arg, c->arg, sizeof(c->arg));
	v->command->nr_ranges = 0;
	if (!hand_over(v, c->command))
		return -EIO;
	r = wait_begun(v, nr);
	if (r)
		return r;
	/* an event may be lost: it looks again */
	while (scd_has_command(v) && !is_over(v))
		wait_event_timeout(v->wait, !scd_has_command(v),
				   at_most(v, LOOK_AGAIN));
	if (scd_has_command(v)) {
		scd_vcpu_restart(v);
		return -ETIMEDOUT;
	}
	/* its end is nothing to tell of */
	atomic_set(&v->nr_seen, atomic_read(&v->nr_events));
	c->ns = ktime_get_ns() - begin;
	c->result = scd_state(v) == SIDECAR_IDLE ? v->command->result
						 : SIDECAR_DEV_LOST;
	memcpy(c->ret, v->command->ret, sizeof(c->ret));
	copy_error(v->command, c->error);
	return 0;
}

/* ---- Jobs --------------------------------------------------------------- */

static void fill_ranges(const struct scd_vcpu *v)
{
	struct sidecar_command *c = v->command;

	c->nr_ranges = 0;
	for (u32 i = 0; i < scd_nr_nodes; i++) {
		const struct scd_node *n = &scd_nodes[i];

		if (!scd_shared(v, n) || c->nr_ranges == SIDECAR_MAX_RANGES)
			continue;
		c->range[c->nr_ranges++] = (struct sidecar_range){
			.pa = n->shared_pa,
			.bytes = n->shared.bytes,
		};
	}
}

static void fill_run(struct scd_vcpu *v, const struct sidecar_dev_run *r)
{
	struct sidecar_command *c = v->command;

	c->arg[0] = v->slice_offset;
	c->arg[1] = v->slice_bytes;
	memcpy(&c->arg[2], r->arg, sizeof(r->arg));
	c->arg[6] = r->run_flags;
	c->arg[7] = 0;
	fill_ranges(v);
	scd_log_begin(v);
}

int scd_job_start(struct scd_vcpu *v, struct sidecar_dev_run *run)
{
	u64 nr = v->command->nr_commands;
	int r;

	fill_run(v, run);
	atomic_set(&v->nr_seen, atomic_read(&v->nr_events));
	WRITE_ONCE(v->job, SCD_NO_JOB);
	memset(&v->end, 0, sizeof(v->end));
	v->begin_ns = ktime_get_ns();
	if (!hand_over(v, SIDECAR_COMMAND_RUN))
		return -EIO;
	/* only now: an event of an earlier command may have been late */
	WRITE_ONCE(v->end_ns, 0);
	WRITE_ONCE(v->nr_jobs, v->nr_jobs + 1);
	v->end.job = v->nr_jobs;
	run->job = v->nr_jobs;
	WRITE_ONCE(v->job, SCD_JOB_RUNS);
	r = wait_begun(v, nr);
	if (r) {
		WRITE_ONCE(v->job, SCD_NO_JOB);
		scd_tell(v);
	} else {
		queue_delayed_work(system_long_wq, &v->watch, WATCH);
	}
	return r;
}

/*
 * A job that NMIs do not end, so that INIT has to. What it has left is read
 * between INIT, until which it writes on, and SIPI, which clears it.
 */
static int end_by_init(struct scd_vcpu *v)
{
	int r = scd_vcpu_halt(v);

	read_end(v);
	if (!r)
		v->end.result = SIDECAR_RESULT_STOPPED;
	set_ended(v);
	return r ?: scd_vcpu_start(v);
}

void scd_job_ask(struct scd_vcpu *v)
{
	if (v->job != SCD_JOB_RUNS)
		return;
	status_swap(v->status, RUN, STOP, CLIENT);
	if (scd_state(v) != SIDECAR_STOP)
		return;
	/* an NMI that meets a vCPU which is DOWN blocks all others */
	if (scd_vcpu_is_up(v))
		scd_vcpu_nmi(v);
	else
		scd_vcpu_wake(v);
}

int scd_job_stop(struct scd_vcpu *v)
{
	unsigned long pause = STOP_FIRST;

	if (v->job != SCD_JOB_RUNS)
		return 0;
	scd_job_ask(v);
	while (scd_state(v) == SIDECAR_STOP) {
		if (is_over(v))
			return end_by_init(v);
		wait_event_timeout(v->wait, scd_state(v) != SIDECAR_STOP,
				   at_most(v, pause));
		pause = STOP_NEXT;
		scd_job_ask(v);
	}
	scd_job_look(v);
	return 0;
}

/*
 * Without its owner a job gets no time to end. The vCPU starts anew: no
 * register, answer or log is left for the next claim, nor what its branches
 * have learnt.
 */
int scd_job_forget(struct scd_vcpu *v)
{
	int r = v->in_linux ? 0 : scd_vcpu_restart(v);

	WRITE_ONCE(v->job, SCD_NO_JOB);
	memset(&v->end, 0, sizeof(v->end));
	return r;
}

/* The vCPU sets `waits` before it looks at `rung`. */
void scd_job_ring(struct scd_vcpu *v)
{
	WRITE_ONCE(v->command->rung, 1);
	/* `rung` before the look at `waits`; the vCPU has it the other way */
	mb();
	if (READ_ONCE(v->command->waits) && scd_state(v) == SIDECAR_RUN)
		scd_vcpu_nmi(v);
}
