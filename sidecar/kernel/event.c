/* SPDX-License-Identifier: MIT */
/*
 * Events for clients. The port is a client's word: Xen sends an event to
 * whatever port of the guest's own that is, which is a hint that may come too
 * often, and refuses any other.
 */
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"
#include "xen.h"

#define LEAF_TIME 3u
#define LEAF_HVM  4u

long event_hypercall(uint64_t nr, uint64_t op, const void *arg)
{
	uint64_t p = (uint64_t)(uintptr_t)arg;

	if (layout_node.features & LAYOUT_HAS_VMMCALL)
		return vmmcall(nr, op, p);
	if (layout_node.features & LAYOUT_HAS_VMCALL)
		return vmcall(nr, op, p);
	return -1;
}

uint64_t event_read(const struct vcpu *v)
{
	return load_acquire(&v->command->event);
}

/*
 * The domain's life as it is now. A restore makes a new domain: its number, or
 * how often that was, is another one than when the port was bound.
 */
static uint32_t life_now(void)
{
	uint32_t leaf = layout_node.xen_leaf;

	return SIDECAR_LIFE(cpuid(leaf + LEAF_TIME, 0).edx,
			    cpuid(leaf + LEAF_HVM, 0).ecx);
}

bool event_is_valid(uint64_t event)
{
	return SIDECAR_EVENT_PORT(event) &&
	       SIDECAR_EVENT_LIFE(event) == life_now();
}

void event_send(uint64_t event)
{
	struct evtchn_send send = {.port = SIDECAR_EVENT_PORT(event)};

	/* an event that is lost is only late: clients look now and then, too */
	if (event_is_valid(event))
		event_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
				&send);
}
