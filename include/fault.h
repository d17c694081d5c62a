/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand, in the build for tests alone (-DFAULT_INJECTION; in any
 * other, all of it is nothing). `sidecar.fault=KIND:N[:VALUE]` on the shim's
 * line, once for a use and once for a vCPU, lets the N-th use of a kind fail,
 * from 1 on, with the error -VALUE (EINVAL if not given); map has no error,
 * initialise has Xen's own EINVAL to VCPUOP_initialise, and alloc is a place in
 * memory that decide() looks for. For kinds of a vCPU N is
 * the vCPU id, VALUE how many ms it is late, and `:DEADLINE` behind it how many
 * ms the shim waits for it. The log says what failed.
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

#ifdef FAULT_INJECTION
/* Reads the option; it is blanked out for those who come later. */
void fault_init(uint64_t start_info_pa);
/* 0, or the error that this use of @kind is to end with. */
long fault(enum fault_kind kind);
/* The use of @kind that is to fail, 0 if none; for pure code to count itself.
 */
uint32_t fault_at(enum fault_kind kind);
/* @nr uses more of a kind that was given to pure code. */
void fault_count(enum fault_kind kind, uint32_t nr);
/* 0 if no vCPU is to fail. */
uint64_t fault_of_vcpu(void);
/* How long to wait for vCPUs, instead of @ms. */
uint32_t fault_deadline(uint32_t ms);
/* A log line if something failed since the last call. */
void fault_say(void);
/* At the end of each stage: the same, and counts. */
void fault_stage(void);
/* At the end of the last: how often each kind was used, by stage. */
void fault_report(void);
#else
static inline void fault_init(uint64_t start_info_pa)
{
	(void)start_info_pa;
}

static inline long fault(enum fault_kind kind)
{
	(void)kind;
	return 0;
}

static inline uint32_t fault_at(enum fault_kind kind)
{
	(void)kind;
	return 0;
}

static inline void fault_count(enum fault_kind kind, uint32_t nr)
{
	(void)kind;
	(void)nr;
}

static inline uint64_t fault_of_vcpu(void)
{
	return 0;
}

static inline uint32_t fault_deadline(uint32_t ms)
{
	return ms;
}

static inline void fault_say(void)
{
}

static inline void fault_stage(void)
{
}

static inline void fault_report(void)
{
}
#endif

#endif
