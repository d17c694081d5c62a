/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a vCPU, always with a deadline. A wake that meets a vCPU before
 * it is DOWN is lost, so wakes are repeated.
 */
#include "file.h"
#include "hold.h"
#include "sysfs.h"
#include "vcpu.h"
#include "wait.h"

/* Answers take microseconds: look often at first, then be kind. */
#define SPIN_NS 300000u
#define NAP_NS	200000u

static void wait_moment(const struct sidecar_vcpu *v, const struct wait *w)
{
	if (file_clock_ns() - w->begin_ns > SPIN_NS)
		v->s->backend->wait(v->s->backend, NAP_NS);
}

/* The same for an answer, which the vCPU tells of; a wake comes before that. */
static void wait_answer(const struct sidecar_vcpu *v, const struct wait *w)
{
	uint64_t now = file_clock_ns();
	uint64_t ns = w->next_ns > now ? w->next_ns - now : 0;

	if (now - w->begin_ns <= SPIN_NS)
		return;
	v->s->backend->wait(v->s->backend,
			    ns > NAP_NS && vcpu_tells(v) ? ns : NAP_NS);
}

/* Another client may turn a RUN into a STOP: it ends like it. */
static bool goes_on(uint8_t now, uint8_t state)
{
	return now == state || (state == SIDECAR_RUN && now == SIDECAR_STOP);
}

enum sidecar_error wait_woken(const struct sidecar_vcpu *v, uint8_t state)
{
	struct wait w = wait_begin();
	enum sidecar_error e;

	for (; goes_on(vcpu_state(v), state); wait_answer(v, &w)) {
		if (wait_is_over(v, &w))
			return error_vcpu(
				v, SIDECAR_E_TIMEOUT,
				"no answer within %u ms, %u wakes: a longer timeout may help",
				error_timeout_ms(v->s), w.nr_sent);
		e = wait_is_due(&w) ? hold_and_wake(v, &w) : SIDECAR_OK;
		if (!e)
			e = hold_look(v, &w);
		if (e)
			return e;
	}
	return SIDECAR_OK;
}

enum sidecar_error wait_stopped(const struct sidecar_vcpu *v,
				const struct job_name *job)
{
	struct wait w = wait_begin();
	enum sidecar_error e;

	for (; vcpu_state(v) == SIDECAR_STOP && vcpu_is_last_job(v, job);
	     wait_moment(v, &w)) {
		if (wait_is_over(v, &w))
			return error_vcpu(
				v, SIDECAR_E_TIMEOUT,
				"did not stop within %u ms, %u NMIs: a longer timeout may help",
				error_timeout_ms(v->s), w.nr_sent);
		e = wait_is_due(&w) ? hold_and_interrupt(v, &w, false)
				    : SIDECAR_OK;
		if (e)
			return e;
	}
	return SIDECAR_OK;
}

enum sidecar_error wait_idle(const struct sidecar_vcpu *v)
{
	struct wait w = wait_begin();

	for (; vcpu_state(v) != SIDECAR_IDLE; wait_moment(v, &w))
		if (wait_is_over(v, &w))
			return error_vcpu(
				v, SIDECAR_E_TIMEOUT,
				"did not come into the sidecar within %u ms: a longer timeout may help",
				error_timeout_ms(v->s));
	return wait_down(v);
}

enum sidecar_error wait_moved(const struct sidecar_vcpu *v,
			      enum sidecar_linux *state)
{
	struct wait w = wait_begin();

	/* what cannot be read is an error, not worth a wait */
	while ((*state = sysfs_state(v)) == SIDECAR_LINUX_MOVING) {
		if (sysfs_read_error(v) || wait_is_over(v, &w))
			return vcpu_error_moving(v);
		wait_moment(v, &w);
	}
	return SIDECAR_OK;
}

enum sidecar_error wait_down(const struct sidecar_vcpu *v)
{
	struct wait w = wait_begin();

	for (; vcpu_is_up(v) == 1; wait_moment(v, &w))
		if (wait_is_over(v, &w))
			return error_vcpu(
				v, SIDECAR_E_TIMEOUT,
				"did not go DOWN within %u ms: a longer timeout may help",
				error_timeout_ms(v->s));
	return SIDECAR_OK;
}

/* ---- What an earlier client left ---------------------------------------- */

static enum sidecar_error runs_job(const struct sidecar_vcpu *v)
{
	return error_vcpu(v, SIDECAR_E_BUSY, "a job runs on it: stop it first");
}

enum sidecar_error wait_settled(const struct sidecar_vcpu *v)
{
	uint8_t state = vcpu_state(v);
	bool begun = v->command && vcpu_has_begun_job(v);
	enum sidecar_error e;

	if (!vcpu_state_wants_answer(state))
		return SIDECAR_OK;
	if (vcpu_has_job(v))
		return runs_job(v);
	e = wait_woken(v, state);
	/* its client died before anybody woke it */
	if (e == SIDECAR_E_TIMEOUT && !begun && vcpu_has_job(v))
		return runs_job(v);
	return e;
}
