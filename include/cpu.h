/* SPDX-License-Identifier: MIT */
/*
 * Processor registers by name, and the one-instruction helpers that read and
 * write them. Intel SDM volume 3; AMD APM volume 2.
 */
#ifndef CPU_H
#define CPU_H

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_ET 0x00000010
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000
#define CR0_PG 0x80000000
/*
 * The sidecar's. CD and NW would make every access go to memory; WP guards the
 * text.
 */
#define CR0_KERNEL   (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG)
#define CR4_PAE	     0x00000020
#define CR4_OSFXSR   0x00000200
#define CR4_OSXMM    0x00000400
#define CR4_UMIP     0x00000800
#define CR4_FSGSBASE 0x00010000
#define CR4_OSXSAVE  0x00040000
#define CR4_SMEP     0x00100000
#define CR4_SMAP     0x00200000

#define XCR0_X87 1u
#define XCR0_SSE 2u
#define XCR0_AVX 4u
/* k0-7, the upper halves of zmm0-15, zmm16-31: all three or none */
#define XCR0_AVX512 0xe0u

#define MSR_APIC_BASE	   0x0000001b
#define MSR_SYSENTER_CS	   0x00000174
#define MSR_SYSENTER_ESP   0x00000175
#define MSR_SYSENTER_EIP   0x00000176
#define MSR_SPEC_CTRL	   0x00000048
#define MSR_PRED_CMD	   0x00000049
#define MSR_DEBUGCTL	   0x000001d9
#define MSR_PAT		   0x00000277
#define MSR_X2APIC_ICR	   0x00000830
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SFMASK	   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX	   0xc0000103

#define EFER_SCE 0x001
#define EFER_LME 0x100
#define EFER_LMA 0x400
#define EFER_NXE 0x800

#define APIC_BASE_EXTD 0x400
#define APIC_BASE_EN   0x800

/* x2APIC ICR, SDM volume 3 10.12.9: the destination is in the upper half. */
#define ICR_NMI	    0x0400
#define ICR_INIT    0x0500
#define ICR_STARTUP 0x0600
#define ICR_ASSERT  0x4000

#define PTE_P  0x001
#define PTE_W  0x002
#define PTE_U  0x004
#define PTE_PS 0x080
#define PTE_NX (1ull << 63)
#define PTE_PA 0x000ffffffffff000ull

/* Value of the PAT MSR at reset, SDM volume 3 11.12.4. */
#define PAT_RESET 0x0007040600070406ull

#ifndef __ASSEMBLER__
#include <stdint.h>

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
			 : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t read_cr0(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static inline void write_cr0(uint64_t v)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline uint64_t read_cr2(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr2, %0" : "=r"(v));
	return v;
}

static inline uint64_t read_cr3(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr3, %0" : "=r"(v));
	return v;
}

static inline void write_cr3(uint64_t v)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory");
}

static inline uint64_t read_cr4(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static inline void write_cr4(uint64_t v)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory");
}

static inline void write_dr7(uint64_t v)
{
	__asm__ volatile("mov %0, %%dr7" : : "r"(v));
}

static inline void xsetbv(uint32_t index, uint64_t v)
{
	__asm__ volatile("xsetbv"
			 :
			 : "c"(index), "a"((uint32_t)v),
			   "d"((uint32_t)(v >> 32)));
}

static inline uint64_t xgetbv(uint32_t index)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(index));
	return (uint64_t)hi << 32 | lo;
}

/* Zero in all vector registers, whole; needs XCR0_AVX. */
static inline void vzeroall(void)
{
	__asm__ volatile("vzeroall");
}

/* Zero in what vzeroall() leaves; needs XCR0_AVX512. */
static inline void avx512_zero(void)
{
	__asm__ volatile(".irp i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, "
			 "26, 27, 28, 29, 30, 31\n\t"
			 "vpxord %%zmm\\i, %%zmm\\i, %%zmm\\i\n\t"
			 ".endr\n\t"
			 ".irp i, 0, 1, 2, 3, 4, 5, 6, 7\n\t"
			 "kxorw %%k\\i, %%k\\i, %%k\\i\n\t"
			 ".endr"
			 :
			 :);
}

static inline void invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void outsb(uint16_t port, const void *p, uint64_t n)
{
	__asm__ volatile("rep outsb" : "+S"(p), "+c"(n) : "d"(port) : "memory");
}

static inline void zero_bytes(void *p, uint64_t n)
{
	__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(0) : "memory");
}

/* Xen's calls, with two arguments: Intel's instruction and AMD's. */
static inline long vmcall(uint64_t nr, uint64_t a1, uint64_t a2)
{
	__asm__ volatile("vmcall"
			 : "+a"(nr), "+D"(a1), "+S"(a2)
			 :
			 : "memory", "rcx", "rdx", "r8", "r9", "r10", "r11");
	return (long)nr;
}

static inline long vmmcall(uint64_t nr, uint64_t a1, uint64_t a2)
{
	__asm__ volatile("vmmcall"
			 : "+a"(nr), "+D"(a1), "+S"(a2)
			 :
			 : "memory", "rcx", "rdx", "r8", "r9", "r10", "r11");
	return (long)nr;
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* With interrupts off: Xen takes the vCPU DOWN until somebody wakes it. */
static inline void cpu_halt(void)
{
	__asm__ volatile("cli; hlt" : : : "memory");
}

/* Waits for all loads and stores before it. */
static inline void fence_all(void)
{
	__asm__ volatile("mfence; lfence" : : : "memory");
}
#endif

#endif
