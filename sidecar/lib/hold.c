/* SPDX-License-Identifier: MIT */
/*
 * Holding a vCPU, and what is sent to one while it is held for a moment: wakes
 * and NMIs.
 */
#include <errno.h>
#include <string.h>

#include "abi/job.h"
#include "hold.h"
#include "lock.h"
#include "sysfs.h"
#include "vcpu.h"

#define UP_FIRST_NS 500000u
#define UP_MOST_NS  20000000u
/* One that meets a vCPU going DOWN blocks all others: better few. */
#define NMI_NS 250000000u
/* From the first NMI, which may be late, to those that end the job */
#define STOP_FIRST_NS (JOB_GRACE_MS * 1000000 + 20000000)
#define STOP_NEXT_NS  20000000u

enum sidecar_error hold_vcpu(const struct sidecar_vcpu *v, int *hold)
{
	enum sidecar_error e = lock_signals(v, hold);

	if (e)
		return e;
	/* before too: on its way down Linux must not meet a refusal */
	e = vcpu_check_linux(v);
	if (e) {
		lock_release(v, *hold);
		return e;
	}
	sysfs_refuse_online(v, true);
	e = vcpu_check_linux(v);
	if (e)
		hold_release(v, *hold);
	return e;
}

void hold_release(const struct sidecar_vcpu *v, int hold)
{
	sysfs_refuse_online(v, false);
	lock_release(v, hold);
}

/* ---- Wakes -------------------------------------------------------------- */

static enum sidecar_error check_wake(const struct sidecar_vcpu *v, int r)
{
	if (r == -ENODEV)
		return error_vcpu(v, SIDECAR_E_WAY, "%s",
				  v->s->backend->method);
	/* after a restore Xen has no registers for it */
	if (r == -EINVAL)
		return error_vcpu(
			v, SIDECAR_E_TIMEOUT,
			"Xen says that it was never started: return it to start it");
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

enum sidecar_error hold_and_wake(const struct sidecar_vcpu *v, uint32_t nr)
{
	enum sidecar_error e = wake_if_ours(v);

	return nr && e == SIDECAR_E_WAY ? SIDECAR_E_TIMEOUT : e;
}

uint64_t hold_wake_interval_ns(const struct sidecar_vcpu *v, uint32_t nr)
{
	if (v->s->backend->wakes_by_nmi)
		return NMI_NS;
	if (nr > 6 || UP_FIRST_NS << nr > UP_MOST_NS)
		return UP_MOST_NS;
	return UP_FIRST_NS << nr;
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

enum sidecar_error hold_and_interrupt(const struct sidecar_vcpu *v, bool own)
{
	int hold;
	enum sidecar_error e = hold_vcpu(v, &hold);

	if (e)
		return e;
	e = interrupt_held(v, own);
	hold_release(v, hold);
	return e;
}

uint64_t hold_interrupt_interval_ns(uint32_t nr)
{
	return nr ? STOP_NEXT_NS : STOP_FIRST_NS;
}
