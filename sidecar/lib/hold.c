/* SPDX-License-Identifier: MIT */
/*
 * Holding a vCPU, and what is sent to one while it is held for a moment: wakes
 * and NMIs.
 */
#include <errno.h>
#include <string.h>

#include "abi/job.h"
#include "file.h"
#include "hold.h"
#include "lock.h"
#include "softirqs.h"
#include "sysfs.h"
#include "vcpu.h"

/* Longer than a vCPU takes to answer if the host has a CPU for it. */
#define LOOK_NS 20000000u

#define UP_FIRST_NS 500000u
#define UP_MOST_NS  20000000u
/* An NMI that arrives while a vCPU goes DOWN blocks all later ones: send few.
 */
#define NMI_NS 250000000u
/* The first NMI may be late; those after JOB_GRACE_MS end the job. */
#define STOP_FIRST_NS (JOB_GRACE_MS * 1000000 + 20000000)
#define STOP_NEXT_NS  20000000u

/* The driver does so by itself. 0 or a negative errno. */
static int refuse_online(const struct sidecar_vcpu *v, bool refuse)
{
	return v->s->backend->is_driver ? 0 : sysfs_refuse_online(v, refuse);
}

enum sidecar_error hold_vcpu(const struct sidecar_vcpu *v, int *hold)
{
	enum sidecar_error e = lock_signals(v, hold);
	int error;

	if (e)
		return e;
	/* before that, too: Linux must not be refused on its way down */
	e = vcpu_check_linux(v);
	if (e) {
		lock_release(v, *hold);
		return e;
	}
	error = refuse_online(v, true);
	if (error)
		e = error_vcpu(
			v, SIDECAR_E_SYSTEM,
			"Linux cannot be kept from onlining it meanwhile: %s",
			strerror(-error));
	else
		e = vcpu_check_linux(v);
	if (e)
		hold_release(v, *hold);
	return e;
}

void hold_release(const struct sidecar_vcpu *v, int hold)
{
	refuse_online(v, false);
	lock_release(v, hold);
}

/* ---- Wakes -------------------------------------------------------------- */

static enum sidecar_error check_wake(const struct sidecar_vcpu *v, int r)
{
	if (r == -ENODEV && v->s->backend->is_driver)
		return error_vcpu(v, SIDECAR_E_LINUX, "Linux took it just now");
	if (r == -ENODEV)
		return error_vcpu(v, SIDECAR_E_WAY, "%s",
				  v->s->backend->method);
	/* after a restore Xen has no registers for it */
	if (r == -EINVAL)
		return error_vcpu(
			v, SIDECAR_E_TIMEOUT,
			"Xen says that it was never started: return it to start it");
	/* the driver's */
	if (r == -ETIMEDOUT || r == -EIO)
		return error_vcpu(v, SIDECAR_E_TIMEOUT, "does not start: %s",
				  strerror(-r));
	if (r < 0)
		return error_vcpu(v, SIDECAR_E_WAY, "cannot be woken: %s",
				  strerror(-r));
	return SIDECAR_OK;
}

static enum sidecar_error wake_once(const struct sidecar_vcpu *v)
{
	return check_wake(v, v->s->backend->wake(v->s->backend, &v->cpu));
}

/* VCPUOP_up does nothing to a vCPU that Linux has just taken; an NMI may. */
static enum sidecar_error wake_if_ours(const struct sidecar_vcpu *v)
{
	enum sidecar_error e;
	int hold;

	if (!v->s->backend->wakes_by_nmi) {
		e = vcpu_check_linux(v);
		return e ? e : wake_once(v);
	}
	e = hold_vcpu(v, &hold);
	if (e)
		return e;
	e = wake_once(v);
	hold_release(v, hold);
	return e;
}

/* Until the next one after @nr: earlier it would be in vain. */
static uint64_t wake_interval_ns(const struct sidecar_vcpu *v, uint32_t nr)
{
	if (v->s->backend->wakes_by_nmi)
		return NMI_NS;
	if (nr > 6 || UP_FIRST_NS << nr > UP_MOST_NS)
		return UP_MOST_NS;
	return UP_FIRST_NS << nr;
}

static void note_sent(struct wait *w, uint64_t interval_ns)
{
	w->next_ns = file_clock_ns() + interval_ns;
	w->nr_sent++;
}

/* ---- A vCPU that Linux had ---------------------------------------------- */

static enum sidecar_error error_elsewhere(const struct sidecar_vcpu *v)
{
	return error_vcpu(
		v, SIDECAR_E_TIMEOUT,
		"Linux had it meanwhile, and it waits in Linux's own loop: load the module msr and return it to start it again");
}

/*
 * In the sidecar a vCPU that was DOWN and is woken looks at its state, and goes
 * DOWN again only after it has changed that, however late it gets a CPU of the
 * host. One that is DOWN again before that is not in the sidecar: Linux took it
 * and gave it up. The state is looked at last: it may have answered just now.
 */
static bool sleeps_elsewhere(const struct sidecar_vcpu *v, struct wait *w)
{
	bool was_down = w->was_down;

	w->was_down = vcpu_is_up(v) == 0;
	return !v->s->backend->wakes_by_nmi && was_down && w->was_down &&
	       vcpu_state_wants_answer(vcpu_state(v));
}

enum sidecar_error hold_and_wake(const struct sidecar_vcpu *v, struct wait *w)
{
	enum sidecar_error e;

	if (w->nr_sent && sleeps_elsewhere(v, w))
		return error_elsewhere(v);
	e = wake_if_ours(v);
	if (w->nr_sent && e == SIDECAR_E_WAY)
		e = SIDECAR_E_TIMEOUT;
	note_sent(w, wake_interval_ns(v, w->nr_sent));
	return e;
}

enum sidecar_error hold_look(const struct sidecar_vcpu *v, struct wait *w)
{
	struct backend *b = v->s->backend;
	uint64_t n;

	if (b->can_tell_up || w->looked ||
	    file_clock_ns() - w->begin_ns < LOOK_NS)
		return SIDECAR_OK;
	w->looked = true;
	n = softirqs_count(v);
	if (n == UINT64_MAX || n == b->noted_softirqs(b, v->cpu.vcpu_id))
		return SIDECAR_OK;
	return error_elsewhere(v);
}

/* ---- NMIs --------------------------------------------------------------- */

/* It may have ended meanwhile, and be somebody else's. */
static enum sidecar_error interrupt_held(const struct sidecar_vcpu *v, bool own)
{
	struct backend *b = v->s->backend;
	int r;

	if (vcpu_state(v) != SIDECAR_STOP)
		return SIDECAR_OK;
	/* an NMI that meets a vCPU which is DOWN blocks all others */
	if (vcpu_is_up(v) == 0)
		return wake_once(v);
	/* another client may have started it again: it may have no gates yet */
	if (!own && !vcpu_has_begun_job(v))
		return SIDECAR_OK;
	r = b->interrupt(b, &v->cpu);
	return r < 0 ? error_vcpu(v, SIDECAR_E_WAY, "NMI: %s", strerror(-r))
		     : SIDECAR_OK;
}

enum sidecar_error hold_and_interrupt(const struct sidecar_vcpu *v,
				      struct wait *w, bool own)
{
	int hold;
	enum sidecar_error e = hold_vcpu(v, &hold);

	if (!e) {
		e = interrupt_held(v, own);
		hold_release(v, hold);
	}
	note_sent(w, w->nr_sent ? STOP_NEXT_NS : STOP_FIRST_NS);
	return e;
}
