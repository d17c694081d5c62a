/* SPDX-License-Identifier: MIT */
/*
 * Jobs: loaded into the vCPU's share of scratch and started by RUN, then looked
 * after without waiting: wakes until the vCPU has seen it, its log, and NMIs
 * while the state is STOP.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "client.h"
#include "status.h"

#define PAGE	SIDECAR_PAGE_SIZE
#define PAGE_2M 0x200000u
/* How often to look whether Linux took the vCPU of a job. */
#define LOOK_NS	     100000000u
#define BEGIN_NAP_US 200u

uint64_t sidecar_job_bytes(const struct sidecar *s, uint32_t i)
{
	const struct vcpu *v = &s->vcpu[i];
	uint64_t share;

	if (!v->command)
		return 0;
	share = v->node->info.scratch_size / v->node->info.nr_parked;
	if (share > SIDECAR_SLICE_MAX)
		return SIDECAR_SLICE_MAX;
	/* where it can be, its memory is in large pages */
	return share - share % (share < PAGE_2M ? PAGE : PAGE_2M);
}

static uint64_t slice_offset(const struct sidecar *s, const struct vcpu *v)
{
	return sidecar_job_bytes(s, (uint32_t)(v - s->vcpu)) * v->pages;
}

static bool has_command(uint8_t state)
{
	return state == SIDECAR_RUN || state == SIDECAR_STOP;
}

/* ---- Starting ----------------------------------------------------------- */

static enum sidecar_error check_job(struct sidecar *s, const struct vcpu *v,
				    const struct sidecar_job *job)
{
	uint64_t bytes = sidecar_job_bytes(s, (uint32_t)(v - s->vcpu));

	if (!v->command)
		return fail_base(s, v);
	if (v->run.active)
		return fail_vcpu(s, SIDECAR_E_JOB, v,
				 "a job of this client runs on it");
	if (!bytes)
		return fail_vcpu(
			s, SIDECAR_E_JOB, v,
			"no scratch for jobs (the shim's sidecar.scratch= gives it)");
	if (!job->file_bytes || job->file_bytes > bytes)
		return fail_vcpu(
			s, SIDECAR_E_JOB, v,
			"a job of %zu bytes does not fit its %llu bytes of scratch (the shim's sidecar.scratch= gives more)",
			job->file_bytes, (unsigned long long)bytes);
	return wake_check(s, v);
}

static enum sidecar_error load(struct sidecar *s, struct vcpu *v)
{
	const struct sidecar_job *job = &v->run.job;
	uint64_t pa = v->node->scratch_pa + slice_offset(s, v);
	void *p = mmap(NULL, job->file_bytes, PROT_READ | PROT_WRITE,
		       MAP_SHARED, s->mem_fd, (off_t)pa);

	if (p == MAP_FAILED)
		return fail_vcpu(s, SIDECAR_E_MEM, v, "%s: scratch 0x%llx: %s",
				 s->paths->mem, (unsigned long long)pa,
				 strerror(errno));
	memcpy(p, job->file, job->file_bytes);
	munmap(p, job->file_bytes);
	return SIDECAR_OK;
}

/* Only what comes from now on is this job's. */
static void log_clear(struct vcpu *v)
{
	v->command->log_tail = load_acquire(&v->command->log_head);
}

static void wait_for(struct run *r, uint8_t state)
{
	r->state = state;
	r->since_ns = r->next_ns = file_clock_ns();
	r->nr_sent = 0;
}

static enum sidecar_error send_job(struct sidecar *s, struct vcpu *v)
{
	struct run *r = &v->run;
	uint64_t arg[8] = {0};
	enum sidecar_error e = request_check(s, v);

	if (!e)
		e = load(s, v);
	if (e)
		return e;
	arg[0] = slice_offset(s, v);
	arg[1] = sidecar_job_bytes(s, (uint32_t)(v - s->vcpu));
	memcpy(&arg[2], r->job.arg, sizeof(r->job.arg));
	arg[6] = r->job.run_flags;
	log_clear(v);
	r->nr_commands = v->command->nr_commands;
	r->begun = false;
	e = request_send(s, v, SIDECAR_COMMAND_RUN, arg);
	wait_for(r, SIDECAR_RUN);
	return e;
}

static enum sidecar_error send_anew(struct sidecar *s, struct vcpu *v)
{
	enum sidecar_error e;

	v->run.restarted = true;
	e = move_restart(s, v);
	return e ? e : send_job(s, v);
}

enum sidecar_error sidecar_job_start(struct sidecar *s, uint32_t i,
				     const struct sidecar_job *job)
{
	struct vcpu *v = &s->vcpu[i];
	struct run *r = &v->run;
	enum sidecar_error e = check_job(s, v, job);

	if (!e)
		e = lock_take(s, v, &r->lock, !job->if_free);
	if (e)
		return e;
	r->job = *job;
	r->restarted = r->killed = r->begun = false;
	r->start_ns = file_clock_ns();
	e = send_job(s, v);
	/* something that an earlier client left does not end */
	if (e == SIDECAR_E_TIMEOUT && s->waker.icr)
		e = send_anew(s, v);
	r->active = !e;
	if (e)
		lock_drop(r->lock);
	return e;
}

/* ---- Looking after it --------------------------------------------------- */

/* False if a wake, an NMI or a look is not due yet. */
static bool is_due(struct run *r, uint64_t interval_ns)
{
	uint64_t now = file_clock_ns();

	if (now < r->next_ns)
		return false;
	r->next_ns = now + interval_ns;
	r->nr_sent++;
	return true;
}

static bool is_late(const struct sidecar *s, const struct run *r)
{
	return file_clock_ns() - r->since_ns > s->timeout_ns;
}

/* Until the vCPU has seen the job; it may be started again for that, once. */
static enum sidecar_error tend_start(struct sidecar *s, struct vcpu *v)
{
	struct run *r = &v->run;
	enum sidecar_error e = SIDECAR_OK;
	bool stop;

	/* its time begins with the first wake */
	if (!r->nr_sent)
		r->since_ns = file_clock_ns();
	if (is_late(s, r))
		e = fail_vcpu(
			s, SIDECAR_E_TIMEOUT, v,
			"the job was not started within %u ms, %u wakes (--wait=SEC waits longer)",
			fail_after_ms(s), r->nr_sent);
	else if (is_due(r, wake_interval_us(s, r->nr_sent) * UINT64_C(1000)))
		e = wait_wake_again(s, v, r->nr_sent - 1);
	else
		e = wait_look(s, v, r->since_ns);
	if (e != SIDECAR_E_TIMEOUT || r->restarted || !s->waker.icr)
		return e;
	/* just now */
	if (v->command->nr_commands != r->nr_commands)
		return SIDECAR_OK;
	stop = load_acquire(v->status) == SIDECAR_STOP;
	e = send_anew(s, v);
	if (!e && stop)
		status_swap(v->status, RUN, STOP, CLIENT);
	return e;
}

/* Until it has ended: the vCPU is started again if NMIs do not do it. */
static enum sidecar_error tend_stop(struct sidecar *s, struct vcpu *v)
{
	struct run *r = &v->run;

	if (!is_late(s, r))
		return is_due(r, wake_stop_interval_us(r->nr_sent) *
					 UINT64_C(1000))
			       ? wait_nmi(s, v, true)
			       : SIDECAR_OK;
	if (load_acquire(v->status) != SIDECAR_STOP)
		return SIDECAR_OK;
	r->restarted = r->killed = true;
	return move_restart(s, v);
}

/*
 * A vCPU with a job is never DOWN: Linux had it, and gave it up. That it is
 * DOWN is looked at first, as it is for a moment while Linux brings it up.
 */
static enum sidecar_error look_after(struct sidecar *s, const struct vcpu *v)
{
	bool down = wake_is_up(s, v) == 0;
	enum sidecar_error e;

	/* it may still be ours: what came of it is seen later */
	if (cpus_state(s, v) == SIDECAR_LINUX_MOVING)
		return SIDECAR_OK;
	e = move_check_linux(s, v);
	if (!e && down && load_acquire(v->status) == SIDECAR_RUN)
		e = fail_vcpu(
			s, SIDECAR_E_TIMEOUT, v,
			"went DOWN in the middle of its job, which is lost: run it again");
	return e;
}

static enum sidecar_error tend(struct sidecar *s, struct vcpu *v, uint8_t state)
{
	struct run *r = &v->run;

	if (!r->begun && v->command->nr_commands != r->nr_commands) {
		r->begun = true;
		wait_for(r, state);
	}
	if (state != r->state)
		wait_for(r, state);
	if (!r->begun)
		return tend_start(s, v);
	if (state == SIDECAR_STOP)
		return tend_stop(s, v);
	return is_due(r, LOOK_NS) ? look_after(s, v) : SIDECAR_OK;
}

/* The ring from log_tail on, but for what the vCPU has overwritten. */
static void read_log(struct vcpu *v, struct sidecar_progress *p)
{
	volatile struct sidecar_command *c = v->command;
	uint32_t head = load_acquire(&c->log_head);
	uint32_t tail = c->log_tail, from = tail;
	int32_t overwritten;

	if (head - from > SIDECAR_LOG_SIZE)
		from = head - SIDECAR_LOG_SIZE;
	p->log_bytes = head - from;
	for (uint32_t i = 0; i < p->log_bytes; i++)
		p->log[i] = c->log[(from + i) % SIDECAR_LOG_SIZE];
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	overwritten = (int32_t)(c->log_writing - SIDECAR_LOG_SIZE - from);
	if (overwritten > (int32_t)p->log_bytes)
		overwritten = (int32_t)p->log_bytes;
	if (overwritten > 0) {
		p->log_bytes -= (uint32_t)overwritten;
		memmove(p->log, p->log + overwritten, p->log_bytes);
		from += (uint32_t)overwritten;
	}
	p->log_lost = from - tail;
	c->log_tail = head;
}

/* What the end of a job that is not its own leaves behind. */
static void lost(struct sidecar *s, struct vcpu *v, enum sidecar_error e)
{
	request_take_back(v, e);
	/* should the vCPU see the job yet, it is to end */
	if ((e == SIDECAR_E_TIMEOUT || e == SIDECAR_E_LINUX) && !v->run.begun)
		status_swap(v->status, RUN, STOP, CLIENT);
	/* nobody may find it here when Linux gives the vCPU up again */
	if (e == SIDECAR_E_LINUX && cpus_state(s, v) == SIDECAR_LINUX_ONLINE)
		v->command->job_state = SIDECAR_JOB_NONE;
}

static enum sidecar_error finish(struct sidecar *s, struct vcpu *v,
				 enum sidecar_error e,
				 struct sidecar_progress *p)
{
	struct run *r = &v->run;
	struct sidecar_answer *a = &p->answer;

	p->ended = !e;
	if (e)
		lost(s, v, e);
	else if (r->killed)
		e = request_killed(s, v, a);
	else
		e = request_answer(s, v, a);
	a->elapsed_ns = file_clock_ns() - r->start_ns;
	a->restarted = r->restarted;
	r->active = false;
	lock_drop(r->lock);
	return e;
}

enum sidecar_error sidecar_job_poll(struct sidecar *s, uint32_t i,
				    struct sidecar_progress *p)
{
	struct vcpu *v = &s->vcpu[i];
	enum sidecar_error e = SIDECAR_OK;
	uint8_t state;

	memset(p, 0, sizeof(*p));
	if (!v->run.active)
		return fail_vcpu(s, SIDECAR_E_JOB, v,
				 "no job of this client runs on it");
	state = load_acquire(v->status);
	if (has_command(state))
		e = tend(s, v, state);
	state = load_acquire(v->status);
	if (!e)
		read_log(v, p);
	if (!e && has_command(state))
		return SIDECAR_OK;
	return finish(s, v, e, p);
}

/* Nobody else would wake it. INIT is not worth it any more. */
static void let_begin(struct sidecar *s, struct vcpu *v)
{
	enum sidecar_error e = SIDECAR_OK;
	uint8_t state = load_acquire(v->status);

	v->run.restarted = true;
	while (!e && !v->run.begun && has_command(state)) {
		e = tend(s, v, state);
		file_nap_us(BEGIN_NAP_US);
		state = load_acquire(v->status);
	}
	if (e)
		lost(s, v, e);
}

void run_close(struct sidecar *s)
{
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		if (s->vcpu[i].run.active) {
			let_begin(s, &s->vcpu[i]);
			lock_drop(s->vcpu[i].run.lock);
		}
}

/* ---- Stopping ----------------------------------------------------------- */

void sidecar_job_stop(struct sidecar *s, uint32_t i)
{
	if (s->vcpu[i].run.active)
		status_swap(s->vcpu[i].status, RUN, STOP, CLIENT);
}

static struct job_name name_of(const struct vcpu *v)
{
	return (struct job_name){v->command->entry_tsc, v->command->nr_jobs};
}

bool run_is_named(const struct vcpu *v, const struct job_name *job)
{
	struct job_name last = name_of(v);

	return last.entry_tsc == job->entry_tsc && last.nr_jobs == job->nr_jobs;
}

/* Nobody looks after it: a client died, or does not care. */
static enum sidecar_error stop_hard(struct sidecar *s, struct vcpu *v,
				    const struct job_name *job, bool *restarted)
{
	enum sidecar_error e;
	int lock;

	e = lock_take(s, v, &lock, true);
	if (e)
		return e;
	if (run_is_job(s, v) && run_is_named(v, job)) {
		e = move_restart(s, v);
		*restarted = !e;
	}
	lock_drop(lock);
	return e;
}

bool run_has_begun(const struct vcpu *v)
{
	uint32_t job = load_acquire(&v->command->job_state);

	return job == SIDECAR_JOB_RUNNING || job == SIDECAR_JOB_STOPPING;
}

bool run_is_job(struct sidecar *s, const struct vcpu *v)
{
	uint8_t state = load_acquire(v->status);

	return has_command(state) && v->command && run_has_begun(v) &&
	       cpus_state(s, v) != SIDECAR_LINUX_ONLINE && wake_is_up(s, v);
}

/*
 * Without its lock: whoever has that waits for IDLE. Held, so that no other
 * command begins between the look and the swap. That it runs is looked at
 * first: its number is older than that.
 */
static enum sidecar_error ask_to_stop(struct sidecar *s, struct vcpu *v,
				      const struct job_name *job)
{
	enum sidecar_error e;
	int hold;

	e = lock_hold(s, v, &hold);
	if (e)
		return e;
	if (run_is_job(s, v) && run_is_named(v, job))
		status_swap(v->status, RUN, STOP, CLIENT);
	lock_drop(hold);
	return SIDECAR_OK;
}

enum sidecar_error sidecar_stop(struct sidecar *s, uint32_t i, bool *restarted)
{
	struct vcpu *v = &s->vcpu[i];
	struct job_name job;
	enum sidecar_error e;

	*restarted = false;
	if (!v->command)
		return SIDECAR_OK;
	/* from here on it is this one, or none */
	job = name_of(v);
	if (!run_is_job(s, v))
		return SIDECAR_OK;
	e = wake_check_nmi(s, v);
	if (!e)
		e = ask_to_stop(s, v, &job);
	if (!e)
		e = wait_stopped(s, v, &job);
	return e == SIDECAR_E_TIMEOUT ? stop_hard(s, v, &job, restarted) : e;
}
