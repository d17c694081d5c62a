/* SPDX-License-Identifier: MIT */
/*
 * A job that waits: its vCPU is blocked in Xen, not DOWN, until an NMI or its
 * time is over. What wakes it early costs a turn of the loop.
 *
 * Nothing is lost: the client sets `rung` and then looks at `waits`, the vCPU
 * sets `waits` and then looks at `rung`. An NMI before the look at `woken` is
 * seen there; one between that and Xen's block goes on behind the hypercall
 * (job_nmi()); one behind the block ends it.
 */
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"
#include "xen.h"

_Static_assert(__HYPERVISOR_sched_op == KERNEL_SCHED_OP &&
		       SCHEDOP_poll == KERNEL_SCHEDOP_POLL,
	       "entry.S");

/* The longest wait, so that the sums below fit; a job may be woken early. */
#define WAIT_MAX_NS 86400000000000ull
#define NS_PER_MS   1000000u

static uint64_t ticks_of_ns(uint64_t ns)
{
	return ns / 1000 * layout_node.tsc_khz / 1000;
}

/*
 * Blocks until an NMI, or @ns are over (0: no limit). A poll of no ports ends
 * with every event of the guest: so it names the one to which nobody sends but
 * the vCPU itself, away from itself.
 */
static void poll_once(struct vcpu *v, uint64_t ns)
{
	uint64_t event = event_read(v);
	evtchn_port_t port = SIDECAR_EVENT_PORT(event);
	struct sched_poll poll = {.nr_ports = event_is_valid(event)};
	struct xen_hvm_get_time now = {0};

	set_xen_guest_handle(poll.ports, &port);
	if (ns && event_hypercall(__HYPERVISOR_hvm_op, HVMOP_get_time, &now))
		return;
	poll.timeout = ns ? now.now + ns : 0;
	v->command->nr_waits++;
	/* a port that Xen does not know: any event will do */
	if (job_poll(&poll, &v->state->job.woken, &v->command->rung,
		     layout_node.features & LAYOUT_HAS_VMMCALL) &&
	    poll.nr_ports) {
		poll.nr_ports = 0;
		job_poll(&poll, &v->state->job.woken, &v->command->rung,
			 layout_node.features & LAYOUT_HAS_VMMCALL);
	}
}

static bool take_ring(struct vcpu *v)
{
	return __atomic_exchange_n(&v->command->rung, 0, __ATOMIC_SEQ_CST);
}

static bool wait_is_over(const struct vcpu *v, uint64_t ticks, int64_t left)
{
	return load_acquire(&v->state->job.stopping) || (ticks && left <= 0);
}

/* True if it was rung. */
bool job_wait(struct vcpu *v, uint64_t ns)
{
	uint64_t begin = rdtsc(), ticks, most;
	bool rung;

	ns = ns < WAIT_MAX_NS ? ns : WAIT_MAX_NS;
	ticks = ticks_of_ns(ns) + !!ns;
	for (;;) {
		int64_t left = (int64_t)(begin + ticks - rdtsc());

		store_release(&v->state->job.woken, false);
		__atomic_store_n(&v->command->waits, 1, __ATOMIC_SEQ_CST);
		rung = take_ring(v);
		if (rung || wait_is_over(v, ticks, left))
			break;
		most = ns ? (uint64_t)left / layout_node.tsc_khz * NS_PER_MS +
				       NS_PER_MS
			  : 0;
		if (!(layout_node.features &
		      (LAYOUT_HAS_VMCALL | LAYOUT_HAS_VMMCALL)))
			break;
		poll_once(v, most < ns || !ns ? most : ns);
	}
	__atomic_store_n(&v->command->waits, 0, __ATOMIC_SEQ_CST);
	return rung;
}
