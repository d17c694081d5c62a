/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls of a 64-bit HVM guest, a function each. The page they go
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

/* ---- hypercall.c ---- */
long hypercall_memory_op(unsigned int op, void *arg);
long hypercall_hvm_op(unsigned int op, void *arg);
long hypercall_event_channel_op(unsigned int op, void *arg);
long hypercall_sched_op(unsigned int op, void *arg);
long hypercall_multicall(struct multicall_entry *calls, unsigned int nr);

#endif
