/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls of a 64-bit HVM guest, one typed line each. The page they go
 * through is filled by Xen (CPUID base + 2, public/arch-x86/cpuid.h).
 */
#ifndef HYPERCALL_H
#define HYPERCALL_H

#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "fault.h"

extern uint8_t hypercall_page[4096];

static inline long hypercall3(unsigned int nr, uint64_t a1, uint64_t a2,
			      uint64_t a3)
{
	long r;

	__asm__ volatile("call *%[stub]"
			 : "=a"(r), "+D"(a1), "+S"(a2), "+d"(a3)
			 : [stub] "b"(hypercall_page + nr * 32)
			 : "memory", "rcx", "r8", "r9", "r10", "r11");
	return r;
}

static inline uint64_t hypercall_arg(const volatile void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static inline long hypercall_memory_op(unsigned int op, void *arg)
{
	long failed = fault(FAULT_memory_op);

	return failed ? failed
		      : hypercall3(__HYPERVISOR_memory_op, op,
				   hypercall_arg(arg), 0);
}

static inline long hypercall_hvm_op(unsigned int op, void *arg)
{
	long failed = fault(FAULT_hvm_op);

	return failed ? failed
		      : hypercall3(__HYPERVISOR_hvm_op, op, hypercall_arg(arg),
				   0);
}

static inline long hypercall_event_channel_op(unsigned int op, void *arg)
{
	long failed = fault(FAULT_event_channel);

	return failed ? failed
		      : hypercall3(__HYPERVISOR_event_channel_op, op,
				   hypercall_arg(arg), 0);
}

static inline long hypercall_sched_op(unsigned int op, void *arg)
{
	long failed = fault(FAULT_sched_op);

	return failed ? failed
		      : hypercall3(__HYPERVISOR_sched_op, op,
				   hypercall_arg(arg), 0);
}

static inline long hypercall_multicall(struct multicall_entry *calls,
				       unsigned int nr)
{
	long failed = fault(FAULT_multicall);

	return failed ? failed
		      : hypercall3(__HYPERVISOR_multicall, hypercall_arg(calls),
				   nr, 0);
}

#endif
