/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand: a shim for tests, in which some functions stand before
 * those that they are named for (ld --wrap). The tree outside of this folder
 * knows nothing of it, but that layout_node has a word for it.
 *
 * `sidecar.fault=KIND:N[:VALUE]` on the shim's line, once for a use and once
 * for a vCPU, lets the N-th use of a kind fail, from 1 on, with the error
 * -VALUE (EINVAL if not given); map has no error, initialise has Xen's own
 * EINVAL to VCPUOP_initialise, and alloc is a place in memory that decide()
 * looks for. For kinds of a vCPU N is the vCPU id, VALUE how many ms it is
 * late, and `:DEADLINE` behind it how many ms the shim waits for it. The log
 * says what failed.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdint.h>

#define FAULT_KINDS(K)   \
	K(memory_op)     \
	K(hvm_op)        \
	K(event_channel) \
	K(sched_op)      \
	K(multicall)     \
	K(vcpu_op)       \
	K(initialise)    \
	K(map)           \
	K(alloc)         \
	K(late)          \
	K(overflow)      \
	K(never)         \
	K(fault)         \
	K(after)

enum fault_kind {
#define FAULT_NAME(name) FAULT_##name,
	FAULT_KINDS(FAULT_NAME)
#undef FAULT_NAME
	FAULT_NR
};

/*
 * What a vCPU of the sidecar does instead of parking: layout_node.fault. It is
 * late, never reports, traps, overflows its stack, or reports after the shim
 * gave up on it.
 */
#define FAULT_WORD(vcpu_id, kind, ms) \
	((uint64_t)(ms) << 32 | (uint64_t)(kind) << 16 | (vcpu_id) << 1 | 1)
#define FAULT_WORD_KIND(w) ((uint32_t)(w) >> 16)
#define FAULT_WORD_VCPU(w) (((uint32_t)(w)&0xffff) >> 1)
#define FAULT_WORD_MS(w)   ((w) >> 32)

#endif
