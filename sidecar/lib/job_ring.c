/* SPDX-License-Identifier: MIT */
/*
 * The doorbell of a job: a byte, and an NMI only where the job waits for it.
 * The NMI is sent while nobody else can send any and Linux cannot take the
 * vCPU.
 */
#include <string.h>

#include "hold.h"
#include "vcpu.h"

/* The vCPU sets `waits` before it looks at `rung`; here it is the other order.
 */
static bool set_rung(const struct sidecar_vcpu *v)
{
	__atomic_store_n(&v->command->rung, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&v->command->waits, __ATOMIC_SEQ_CST);
}

/*
 * In the middle of a job that still waits; it is not DOWN then. Where nobody
 * can ask Xen, an NMI to a vCPU that Linux had and gave up is as good as the
 * one of a wake: that is found by who looks after the job, not at each ring.
 */
static enum sidecar_error interrupt_waiting(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	int r;

	if (vcpu_state(v) != SIDECAR_RUN || !vcpu_has_begun_job(v) ||
	    vcpu_is_up(v) == 0 || !load_acquire(&v->command->waits))
		return SIDECAR_OK;
	r = b->interrupt(b, &v->cpu);
	return r < 0 ? error_vcpu(v, SIDECAR_E_WAY, "NMI: %s", strerror(-r))
		     : SIDECAR_OK;
}

enum sidecar_error sidecar_job_ring(struct sidecar_vcpu *v)
{
	enum sidecar_error e;
	int hold;

	if (!v->command)
		return error_base_vcpu(v);
	if (!set_rung(v))
		return SIDECAR_OK;
	e = vcpu_check_can_interrupt(v);
	if (!e)
		e = hold_vcpu(v, &hold);
	if (e)
		return e;
	e = interrupt_waiting(v);
	hold_release(v, hold);
	return e;
}
