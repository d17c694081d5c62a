// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What is sent to vCPUs, and their moves: out of the sidecar, and back by INIT
 * and SIPI. None of it may reach a vCPU that Linux has: `lock` is held, and
 * in_linux is false or just about to change.
 */
#include <linux/delay.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/smp.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/vcpu.h>
#include <xen/xen.h>

#include "driver.h"

u32 scd_low_page;

void scd_lock_for(struct scd_vcpu *v, u32 ms)
{
	mutex_lock(&v->lock);
	v->asked_until = jiffies + (ms ? msecs_to_jiffies(ms) : SCD_DEADLINE);
	v->init_until = v->asked_until + SCD_DEADLINE;
}

void scd_lock(struct scd_vcpu *v)
{
	scd_lock_for(v, 0);
}

void scd_unlock(struct scd_vcpu *v)
{
	mutex_unlock(&v->lock);
}

int scd_vcpu_cpu(u32 apic_id)
{
	unsigned int cpu;

	for_each_present_cpu(cpu)
		if (per_cpu(x86_cpu_to_apicid, cpu) == apic_id)
			return cpu;
	return -1;
}

bool scd_vcpu_is_up(const struct scd_vcpu *v)
{
	return HYPERVISOR_vcpu_op(VCPUOP_is_up, v->vcpu_id, NULL) > 0;
}

/* One that comes before it is DOWN is lost: repeat it. */
void scd_vcpu_wake(const struct scd_vcpu *v)
{
	HYPERVISOR_vcpu_op(VCPUOP_up, v->vcpu_id, NULL);
}

/* struct apic is exported, and its method works in either mode of the APIC. */
static void write_icr(const struct scd_vcpu *v, u32 what)
{
	unsigned long flags;

	/* x2APIC: WRMSR orders nothing, SDM volume 3 10.12.3 */
	mb();
	local_irq_save(flags);
	apic->icr_write(APIC_INT_ASSERT | what, v->apic_id);
	local_irq_restore(flags);
}

void scd_vcpu_nmi(const struct scd_vcpu *v)
{
	write_icr(v, APIC_DM_NMI);
}

static bool wait_down(const struct scd_vcpu *v, unsigned long end)
{
	while (scd_vcpu_is_up(v)) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(20, 50);
	}
	return true;
}

static bool wait_while(const struct scd_vcpu *v, u8 state, bool wakes,
		       unsigned long end)
{
	unsigned int us = 20;

	while (scd_state(v) == state) {
		if (time_after(jiffies, end))
			return false;
		if (wakes)
			scd_vcpu_wake(v);
		usleep_range(us, us * 2);
		us = min(us * 2, 10000u);
	}
	return true;
}

/* REMOVED first: whatever it does until INIT, it does not come back. */
int scd_vcpu_halt(struct scd_vcpu *v)
{
	unsigned long most = jiffies + SCD_DEADLINE;

	if (time_before(most, v->init_until))
		v->init_until = most;
	status_set(v->status, ANY, REMOVED, CLIENT);
	write_icr(v, APIC_DM_INIT);
	return wait_down(v, v->init_until) ? 0 : -ETIMEDOUT;
}

int scd_vcpu_start(struct scd_vcpu *v)
{
	v->command->job_state = SIDECAR_JOB_NONE;
	status_set(v->status, ANY, RUN, CLIENT);
	write_icr(v, APIC_DM_STARTUP | scd_low_page);
	if (wait_while(v, SIDECAR_RUN, false, v->init_until) &&
	    scd_state(v) == SIDECAR_IDLE && wait_down(v, v->init_until))
		return 0;
	/* half started: nothing may find RUN if it comes up after all */
	scd_vcpu_halt(v);
	return -EIO;
}

int scd_vcpu_restart(struct scd_vcpu *v)
{
	return scd_vcpu_halt(v) ?: scd_vcpu_start(v);
}

int scd_vcpu_leave(struct scd_vcpu *v)
{
	if (status_swap(v->status, IDLE, REMOVE, CLIENT) &&
	    wait_while(v, SIDECAR_REMOVE, true, v->asked_until) &&
	    scd_state(v) == SIDECAR_REMOVED && wait_down(v, v->asked_until))
		return 0;
	return scd_vcpu_halt(v);
}
