/* SPDX-License-Identifier: MIT */
/*
 * Sets every register that a vCPU inherits from the shim, from the low block
 * or from Linux to the sidecar's own value, but for CR0, CR3 and EFER, which
 * VCPUOP_initialise and the low block set whole: each is a VM exit. Descriptor
 * tables come first: from then on an exception is reported.
 */
#include <stdbool.h>

#include "cpu.h"
#include "kernel.h"

#define DESCRIPTOR_CODE	 0x00209b0000000000ull /* 64-bit, ring 0, accessed */
#define DESCRIPTOR_DATA	 0x0000930000000000ull
#define DESCRIPTOR_TSS	 0x0000890000000000ull
#define DESCRIPTOR_RING3 0x0000600000000000ull

#define PRED_CMD_IBPB 1u

#define DR6_RESET 0xffff0ff0ull
#define DR7_RESET 0x400u

extern const uint64_t idt[2 * KERNEL_NR_GATES];

static void tables_set(struct vcpu *v)
{
	struct state *st = v->state;
	uint64_t tss = (uint64_t)(uintptr_t)&st->tss;
	uint64_t top = (uint64_t)(uintptr_t)st;
	struct table_pointer gdt = {sizeof(st->gdt) - 1,
				    (uint64_t)(uintptr_t)st->gdt};
	struct table_pointer gates = {sizeof(idt) - 1,
				      (uint64_t)(uintptr_t)idt};

	st->slot = v->slot;
	st->tss = (struct tss){.iomap = sizeof(st->tss)};
	st->tss.ist[0] = top + LAYOUT_NMI_STACK_END;
	st->tss.ist[1] = top + LAYOUT_DF_STACK_END;
	st->gdt[0] = 0;
	st->gdt[SELECTOR_CODE / 8] = DESCRIPTOR_CODE;
	st->gdt[SELECTOR_DATA / 8] = DESCRIPTOR_DATA;
	st->gdt[SELECTOR_USER_DATA / 8] = DESCRIPTOR_DATA | DESCRIPTOR_RING3;
	st->gdt[SELECTOR_USER_CODE / 8] = DESCRIPTOR_CODE | DESCRIPTOR_RING3;
	st->gdt[SELECTOR_TSS / 8] = DESCRIPTOR_TSS | (sizeof(st->tss) - 1) |
				    (tss & 0xffffff) << 16 |
				    (tss >> 24 & 0xff) << 56;
	st->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
	kernel_load_tables(&gdt, &gates, SELECTOR_TSS);
}

static bool cpu_has(uint32_t feature)
{
	return layout_node.features & feature;
}

static void syscalls_clear(void)
{
	wrmsr(MSR_STAR, 0);
	wrmsr(MSR_LSTAR, 0);
	wrmsr(MSR_CSTAR, 0);
	wrmsr(MSR_SFMASK, 0);
	if (!cpu_has(LAYOUT_HAS_SEP))
		return;
	wrmsr(MSR_SYSENTER_CS, 0);
	wrmsr(MSR_SYSENTER_ESP, 0);
	wrmsr(MSR_SYSENTER_EIP, 0);
}

/* Linux's old watchpoints must not stop this vCPU when a client sets DR7. */
static void debug_clear(void)
{
	write_dr7(DR7_RESET);
	wrmsr(MSR_DEBUGCTL, 0);
	__asm__ volatile("mov %0, %%dr0\n\tmov %0, %%dr1\n\t"
			 "mov %0, %%dr2\n\tmov %0, %%dr3"
			 :
			 : "r"(0ull));
	__asm__ volatile("mov %0, %%dr6" : : "r"(DR6_RESET));
	__asm__ volatile("mov %0, %%cr2" : : "r"(0ull));
}

/* XSETBV and WRFSBASE for jobs, and what guards the kernel from a job, as far
 * as the CPU has it. */
static uint32_t cr4_optional(void)
{
	uint32_t cr4 = cpu_has(LAYOUT_HAS_XSAVE) ? CR4_OSXSAVE : 0;

	if (cpu_has(LAYOUT_HAS_FSGSBASE))
		cr4 |= CR4_FSGSBASE;
	if (cpu_has(LAYOUT_HAS_SMEP))
		cr4 |= CR4_SMEP;
	if (cpu_has(LAYOUT_HAS_SMAP))
		cr4 |= CR4_SMAP;
	if (cpu_has(LAYOUT_HAS_UMIP))
		cr4 |= CR4_UMIP;
	return cr4;
}

/* x87 and SSE for jobs, AVX and AVX-512 where the CPU has them. */
static void vectors_set(void)
{
	uint64_t xcr0 = XCR0_X87 | XCR0_SSE;

	if (!cpu_has(LAYOUT_HAS_XSAVE))
		return;
	if (cpu_has(LAYOUT_HAS_AVX))
		xcr0 |= XCR0_AVX;
	if (cpu_has(LAYOUT_HAS_AVX) && cpu_has(LAYOUT_HAS_AVX512))
		xcr0 |= XCR0_AVX512;
	xsetbv(0, xcr0);
}

void registers_set(struct vcpu *v)
{
	tables_set(v);
	write_cr4(CR4_PAE | CR4_OSFXSR | CR4_OSXMM | cr4_optional());
	vectors_set();
	debug_clear();
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_GS_BASE, 0);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	if (cpu_has(LAYOUT_HAS_PAT))
		wrmsr(MSR_PAT, PAT_RESET);
	syscalls_clear();
	if (cpu_has(LAYOUT_HAS_TSC_AUX))
		wrmsr(MSR_TSC_AUX, 0);
	/* Linux's mitigations between processes are of no use to a job */
	if (cpu_has(LAYOUT_HAS_SPEC_CTRL))
		wrmsr(MSR_SPEC_CTRL, 0);
	/* nothing that ran here before steers what runs from now on */
	if (cpu_has(LAYOUT_HAS_IBPB))
		wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
}
