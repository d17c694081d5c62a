/* SPDX-License-Identifier: MIT */
/* What a vCPU does instead of parking in time. */
#include "fault.h"

#include "barrier.h"
#include "cpu.h"
#include "sidecar/kernel/kernel.h"

static void misbehave(const struct vcpu *v)
{
	uint64_t w = layout_node.fault, end;

	if (!w || FAULT_WORD_VCPU(w) != layout_node.slot[v->slot].vcpu_id)
		return;
	if (FAULT_WORD_KIND(w) == FAULT_fault)
		__asm__ volatile("ud2");
	while (FAULT_WORD_KIND(w) == FAULT_after &&
	       load_acquire(v->status) == SIDECAR_RUN)
		cpu_pause();
	if (FAULT_WORD_KIND(w) == FAULT_after)
		return;
	if (FAULT_WORD_KIND(w) == FAULT_overflow)
		__asm__ volatile("1: push %%rax\n\tjmp 1b" : : : "memory");
	end = rdtsc() + FAULT_WORD_MS(w) * layout_node.tsc_khz;
	while (FAULT_WORD_KIND(w) == FAULT_never || rdtsc() < end)
		cpu_pause();
}

void __real_command_page_clear(struct vcpu *v);
void __wrap_command_page_clear(struct vcpu *v);

/* The last thing that a vCPU does before it parks */
void __wrap_command_page_clear(struct vcpu *v)
{
	__real_command_page_clear(v);
	misbehave(v);
}
