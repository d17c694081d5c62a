/* SPDX-License-Identifier: MIT */
/*
 * GET and SET of registers. Each access that can raise #GP or #UD has a
 * fixup: the command fails, the vCPU stays.
 */
#include <stdbool.h>

#include "cpu.h"
#include "kernel.h"

#define DR7_GD (1u << 13)

#define FIXUP                                  \
	"2:\n\t.pushsection .fixups,\"a\"\n\t" \
	".long 1b, 2b\n\t.popsection"

static bool rdmsr_safe(uint32_t msr, uint64_t *v)
{
	uint32_t lo = 0, hi = 0, bad = 1;

	__asm__ volatile("1: rdmsr\n\txor %[bad], %[bad]\n" FIXUP
			 : "+a"(lo), "+d"(hi), [bad] "+r"(bad)
			 : "c"(msr));
	*v = (uint64_t)hi << 32 | lo;
	return !bad;
}

static bool wrmsr_safe(uint32_t msr, uint64_t v)
{
	uint32_t bad = 1;

	__asm__ volatile("1: wrmsr\n\txor %[bad], %[bad]\n" FIXUP
			 : [bad] "+r"(bad)
			 : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
			 : "memory");
	return !bad;
}

/* #UD where CR4.OSXSAVE is off: the CPU has no XSAVE. */
static bool xgetbv_safe(uint64_t *v)
{
	uint32_t lo = 0, hi = 0, bad = 1;

	__asm__ volatile("1: xgetbv\n\txor %[bad], %[bad]\n" FIXUP
			 : "+a"(lo), "+d"(hi), [bad] "+r"(bad)
			 : "c"(0));
	*v = (uint64_t)hi << 32 | lo;
	return !bad;
}

static bool write_dr7_safe(uint64_t v)
{
	uint32_t bad = 1;

	__asm__ volatile("1: mov %[v], %%dr7\n\txor %[bad], %[bad]\n" FIXUP
			 : [bad] "+r"(bad)
			 : [v] "r"(v));
	return !bad;
}

#define READ(reg)                                                     \
	({                                                            \
		uint64_t value_;                                      \
		__asm__ volatile("mov %%" reg ", %0" : "=r"(value_)); \
		value_;                                               \
	})
#define WRITE(reg, value) __asm__ volatile("mov %0, %%" reg : : "r"(value))

static bool register_get(uint64_t reg, uint64_t *v)
{
	switch (reg) {
	case SIDECAR_REG_CR0:
		*v = read_cr0();
		return true;
	case SIDECAR_REG_CR2:
		*v = read_cr2();
		return true;
	case SIDECAR_REG_CR3:
		*v = read_cr3();
		return true;
	case SIDECAR_REG_CR4:
		*v = read_cr4();
		return true;
	case SIDECAR_REG_CR8:
		*v = READ("cr8");
		return true;
	case SIDECAR_REG_XCR0:
		return xgetbv_safe(v);
	case SIDECAR_REG_EFER:
		return rdmsr_safe(MSR_EFER, v);
	case SIDECAR_REG_DR0:
		*v = READ("dr0");
		return true;
	case SIDECAR_REG_DR1:
		*v = READ("dr1");
		return true;
	case SIDECAR_REG_DR2:
		*v = READ("dr2");
		return true;
	case SIDECAR_REG_DR3:
		*v = READ("dr3");
		return true;
	case SIDECAR_REG_DR6:
		*v = READ("dr6");
		return true;
	case SIDECAR_REG_DR7:
		*v = READ("dr7");
		return true;
	case SIDECAR_REG_PAT:
		return rdmsr_safe(MSR_PAT, v);
	case SIDECAR_REG_APIC_BASE:
		return rdmsr_safe(MSR_APIC_BASE, v);
	case SIDECAR_REG_TSC:
		*v = rdtsc();
		return true;
	case SIDECAR_REG_TSC_AUX:
		return rdmsr_safe(MSR_TSC_AUX, v);
	case SIDECAR_REG_FS_BASE:
		return rdmsr_safe(MSR_FS_BASE, v);
	case SIDECAR_REG_GS_BASE:
		return rdmsr_safe(MSR_GS_BASE, v);
	case SIDECAR_REG_KERNEL_GS_BASE:
		return rdmsr_safe(MSR_KERNEL_GS_BASE, v);
	default:
		return false;
	}
}

static uint32_t write_refused(struct vcpu *v, uint64_t reg)
{
	error_hex(v, "no such register, or not to be set: ", reg);
	return SIDECAR_RESULT_BAD_ARG;
}

static uint32_t write_outcome(struct vcpu *v, bool ok, uint64_t reg)
{
	if (ok)
		return SIDECAR_RESULT_OK;
	error_hex(v, "access faulted: register ", reg);
	return SIDECAR_RESULT_FAULT;
}

uint32_t access_get(struct vcpu *v)
{
	uint64_t reg = v->command->arg[0], value = 0;
	bool ok;

	if (reg >= SIDECAR_NR_REGS)
		return write_refused(v, reg);
	ok = register_get(reg, &value);
	v->command->ret[0] = value;
	return write_outcome(v, ok, reg);
}

/*
 * Below are the kernel's own pages: a breakpoint on the way into its #DB gate
 * would be met again there, for ever. 0 is none, nothing is at that page.
 */
static bool breaks_kernel(uint64_t reg, uint64_t va)
{
	return reg >= SIDECAR_REG_DR0 && reg <= SIDECAR_REG_DR3 && va &&
	       va < LAYOUT_KERNEL_END;
}

/* What bits 17:16, 21:20, 25:24 and 29:28 say: at which access to stop. */
#define DR7_RW(value, n) ((value) >> (16 + 4 * (n)) & 3)
#define DR7_RW_IO	 2u

/*
 * With GD the kernel's own next access to a debug register would be a #DB, and
 * at I/O is not defined without CR4.DE. SDM volume 3 17.2.4
 */
static bool breaks_debug(uint64_t reg, uint64_t value)
{
	bool bad = value & DR7_GD;

	for (uint32_t n = 0; n < 4; n++)
		bad |= DR7_RW(value, n) == DR7_RW_IO;
	return reg == SIDECAR_REG_DR7 && bad;
}

uint32_t access_set(struct vcpu *v)
{
	uint64_t reg = v->command->arg[0], value = v->command->arg[1];

	if (breaks_kernel(reg, value)) {
		error_hex(v, "no breakpoint in the kernel: ", value);
		return SIDECAR_RESULT_BAD_ARG;
	}
	if (breaks_debug(reg, value)) {
		error_hex(v, "no GD and no breakpoint at I/O in DR7: ", value);
		return SIDECAR_RESULT_BAD_ARG;
	}
	switch (reg) {
	case SIDECAR_REG_DR0:
		WRITE("dr0", value);
		return SIDECAR_RESULT_OK;
	case SIDECAR_REG_DR1:
		WRITE("dr1", value);
		return SIDECAR_RESULT_OK;
	case SIDECAR_REG_DR2:
		WRITE("dr2", value);
		return SIDECAR_RESULT_OK;
	case SIDECAR_REG_DR3:
		WRITE("dr3", value);
		return SIDECAR_RESULT_OK;
	case SIDECAR_REG_DR7:
		return write_outcome(v, write_dr7_safe(value), reg);
	case SIDECAR_REG_PAT:
		return write_outcome(v, wrmsr_safe(MSR_PAT, value), reg);
	case SIDECAR_REG_TSC_AUX:
		return write_outcome(v, wrmsr_safe(MSR_TSC_AUX, value), reg);
	default:
		return write_refused(v, reg);
	}
}
