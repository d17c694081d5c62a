/* SPDX-License-Identifier: MIT */
/* Hypercalls, one typed function each. */
#include "hypercall.h"

long hypercall_memory_op(unsigned int op, void *arg)
{
	return hypercall3(__HYPERVISOR_memory_op, op, hypercall_arg(arg), 0);
}

long hypercall_hvm_op(unsigned int op, void *arg)
{
	return hypercall3(__HYPERVISOR_hvm_op, op, hypercall_arg(arg), 0);
}

long hypercall_event_channel_op(unsigned int op, void *arg)
{
	return hypercall3(__HYPERVISOR_event_channel_op, op, hypercall_arg(arg),
			  0);
}

long hypercall_sched_op(unsigned int op, void *arg)
{
	return hypercall3(__HYPERVISOR_sched_op, op, hypercall_arg(arg), 0);
}

long hypercall_multicall(struct multicall_entry *calls, unsigned int nr)
{
	return hypercall3(__HYPERVISOR_multicall, hypercall_arg(calls), nr, 0);
}
