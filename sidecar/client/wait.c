/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a vCPU, always with a deadline. A wake that meets a vCPU before
 * it is DOWN is lost, so wakes are repeated.
 */
#include <errno.h>
#include <string.h>

#include "barrier.h"
#include "client.h"

/* Answers take microseconds: look often at first, then be kind. */
#define SPIN_NS 300000u
#define NAP_US	200u
/* More than it takes a vCPU that a host's CPU is free for. */
#define LOOK_NS 20000000u

static void nap(uint64_t begin_ns)
{
	if (file_clock_ns() - begin_ns > SPIN_NS)
		file_nap_us(NAP_US);
}

/* VCPUOP_up does nothing to a vCPU that Linux has taken meanwhile; an NMI may.
 */
static enum sidecar_error wake_once(struct sidecar *s, const struct vcpu *v,
				    int *r)
{
	enum sidecar_error e;
	int hold;

	if (s->waker.up) {
		e = move_check_linux(s, v);
		*r = e ? 0 : wake_vcpu(s, v);
		return e;
	}
	e = move_hold(s, v, &hold);
	if (e)
		return e;
	*r = wake_vcpu(s, v);
	move_release(s, v, hold);
	return SIDECAR_OK;
}

static enum sidecar_error check_wake(struct sidecar *s, const struct vcpu *v,
				     int r)
{
	if (r == -ENODEV)
		return fail_vcpu(s, SIDECAR_E_WAY, v, "%s", s->way);
	/* after a restore Xen has no registers for it */
	if (r == -EINVAL)
		return fail_vcpu(
			s, SIDECAR_E_TIMEOUT, v,
			"Xen says that it was never started (sidecarctl return starts it)");
	if (r < 0)
		return fail_vcpu(s, SIDECAR_E_WAY, v, "cannot be woken: %s",
				 strerror(-r));
	return SIDECAR_OK;
}

static enum sidecar_error wait_wake(struct sidecar *s, const struct vcpu *v)
{
	int r;
	enum sidecar_error e = wake_once(s, v, &r);

	return e ? e : check_wake(s, v, r);
}

static enum sidecar_error fail_elsewhere(struct sidecar *s,
					 const struct vcpu *v)
{
	return fail_vcpu(
		s, SIDECAR_E_TIMEOUT, v,
		"Linux had it meanwhile, and it waits in Linux's own loop (modprobe msr; then sidecarctl return starts it again)");
}

static bool is_to_answer(const struct vcpu *v)
{
	uint8_t state = load_acquire(v->status);

	return state == SIDECAR_RUN || state == SIDECAR_STOP ||
	       state == SIDECAR_REMOVE;
}

/*
 * In the sidecar a vCPU that was DOWN and is woken looks at its state, and goes
 * DOWN again only after it has changed that, however late it gets a CPU of the
 * host. One that is DOWN again before that is not in the sidecar: Linux took it
 * and gave it up. The state is looked at last: it may have answered just now.
 */
static bool sleeps_elsewhere(struct sidecar *s, struct vcpu *v)
{
	bool was_down = v->was_down;

	v->was_down = wake_is_up(s, v) == 0;
	return s->waker.up && was_down && v->was_down && is_to_answer(v);
}

enum sidecar_error wait_wake_again(struct sidecar *s, struct vcpu *v,
				   uint32_t nr)
{
	enum sidecar_error e;

	if (!nr)
		v->was_down = v->looked = false;
	else if (sleeps_elsewhere(s, v))
		return fail_elsewhere(s, v);
	e = wait_wake(s, v);
	return nr && e == SIDECAR_E_WAY ? SIDECAR_E_TIMEOUT : e;
}

enum sidecar_error wait_look(struct sidecar *s, struct vcpu *v,
			     uint64_t begin_ns)
{
	uint64_t n;

	if (s->waker.is_up || v->looked || file_clock_ns() - begin_ns < LOOK_NS)
		return SIDECAR_OK;
	v->looked = true;
	n = softirqs_of(s, v);
	if (n == UINT64_MAX || n == lock_noted_softirqs(s, v))
		return SIDECAR_OK;
	return fail_elsewhere(s, v);
}

/* It may have ended meanwhile, and be somebody else's. */
static enum sidecar_error wake_or_nmi(struct sidecar *s, const struct vcpu *v,
				      bool own)
{
	int r;

	if (load_acquire(v->status) != SIDECAR_STOP)
		return SIDECAR_OK;
	/* an NMI that meets a vCPU which is DOWN blocks all others */
	if (wake_is_up(s, v) == 0)
		return check_wake(s, v, wake_vcpu(s, v));
	/* another client may have started it again: it may have no gates yet */
	if (!own && !run_has_begun(v))
		return SIDECAR_OK;
	r = wake_nmi(s, v);
	return r < 0 ? fail_vcpu(s, SIDECAR_E_WAY, v, "NMI: %s", strerror(-r))
		     : SIDECAR_OK;
}

enum sidecar_error wait_nmi(struct sidecar *s, const struct vcpu *v, bool own)
{
	int hold;
	enum sidecar_error e = move_hold(s, v, &hold);

	if (e)
		return e;
	e = wake_or_nmi(s, v, own);
	move_release(s, v, hold);
	return e;
}

/* Another client may turn a RUN into a STOP: it ends like it. */
static bool goes_on(uint8_t now, uint8_t state)
{
	return now == state || (state == SIDECAR_RUN && now == SIDECAR_STOP);
}

enum sidecar_error wait_woken(struct sidecar *s, struct vcpu *v, uint8_t state)
{
	uint64_t begin = file_clock_ns();
	uint64_t next = begin;
	uint32_t nr = 0;
	enum sidecar_error e;

	while (goes_on(load_acquire(v->status), state)) {
		if (file_clock_ns() - begin > s->timeout_ns)
			return fail_vcpu(
				s, SIDECAR_E_TIMEOUT, v,
				"no answer within %u ms, %u wakes (--wait=SEC waits longer)",
				fail_after_ms(s), nr);
		if (file_clock_ns() >= next) {
			e = wait_wake_again(s, v, nr);
			if (e)
				return e;
			next = file_clock_ns() +
			       wake_interval_us(s, nr++) * UINT64_C(1000);
		}
		e = wait_look(s, v, begin);
		if (e)
			return e;
		nap(begin);
	}
	return SIDECAR_OK;
}

enum sidecar_error wait_idle(struct sidecar *s, struct vcpu *v)
{
	uint64_t begin = file_clock_ns();

	while (load_acquire(v->status) != SIDECAR_IDLE) {
		if (file_clock_ns() - begin > s->timeout_ns)
			return fail_vcpu(
				s, SIDECAR_E_TIMEOUT, v,
				"did not come into the sidecar within %u ms (--wait=SEC waits longer)",
				fail_after_ms(s));
		nap(begin);
	}
	return wait_down(s, v);
}

enum sidecar_error wait_down(struct sidecar *s, struct vcpu *v)
{
	uint64_t begin = file_clock_ns();

	while (wake_is_up(s, v) == 1) {
		if (file_clock_ns() - begin > s->timeout_ns)
			return fail_vcpu(
				s, SIDECAR_E_TIMEOUT, v,
				"did not go DOWN within %u ms (--wait=SEC waits longer)",
				fail_after_ms(s));
		nap(begin);
	}
	return SIDECAR_OK;
}

static enum sidecar_error has_job(struct sidecar *s, const struct vcpu *v)
{
	return fail_vcpu(s, SIDECAR_E_BUSY, v,
			 "a job runs on it (sidecarctl stop ends it)");
}

enum sidecar_error wait_settled(struct sidecar *s, struct vcpu *v)
{
	uint8_t state = load_acquire(v->status);
	bool begun = v->command && run_has_begun(v);
	enum sidecar_error e;

	if (state != SIDECAR_RUN && state != SIDECAR_STOP &&
	    state != SIDECAR_REMOVE)
		return SIDECAR_OK;
	if (run_is_job(s, v))
		return has_job(s, v);
	e = wait_woken(s, v, state);
	/* its client died before anybody woke it */
	if (e == SIDECAR_E_TIMEOUT && !begun && run_is_job(s, v))
		return has_job(s, v);
	return e;
}

enum sidecar_error wait_stopped(struct sidecar *s, struct vcpu *v,
				const struct job_name *job)
{
	uint64_t begin = file_clock_ns();
	uint64_t next = begin;
	uint32_t nr = 0;
	enum sidecar_error e;

	while (load_acquire(v->status) == SIDECAR_STOP &&
	       run_is_named(v, job)) {
		if (file_clock_ns() - begin > s->timeout_ns)
			return fail_vcpu(
				s, SIDECAR_E_TIMEOUT, v,
				"did not stop within %u ms, %u NMIs (--wait=SEC waits longer)",
				fail_after_ms(s), nr);
		if (file_clock_ns() >= next) {
			e = wait_nmi(s, v, false);
			if (e)
				return e;
			next = file_clock_ns() +
			       wake_stop_interval_us(nr++) * UINT64_C(1000);
		}
		nap(begin);
	}
	return SIDECAR_OK;
}
