/* SPDX-License-Identifier: MIT */
/*
 * Which of the registers that the sidecar kernel sets the CPU has. Asked once,
 * here: all vCPUs of a guest have one CPUID policy, and each CPUID is a VM
 * exit. Every CPU with long mode has leaf 0x80000008.
 */
#include "abi/layout.h"
#include "cpu.h"
#include "start.h"

/* SDM volume 2, CPUID; AMD APM volume 3, appendix D */
#define CPUID_1_ECX_XSAVE    (1u << 26)
#define CPUID_1_ECX_AVX	     (1u << 28)
#define CPUID_1_EDX_SEP	     (1u << 11)
#define CPUID_1_EDX_PAT	     (1u << 16)
#define CPUID_7_EBX_FSGSBASE (1u << 0)
#define CPUID_7_EBX_AVX512F  (1u << 16)
#define CPUID_7_EBX_SMEP     (1u << 7)
#define CPUID_7_EBX_SMAP     (1u << 20)
#define CPUID_7_ECX_UMIP     (1u << 2)
#define CPUID_7_ECX_RDPID    (1u << 22)
#define CPUID_7_EDX_IBRS     (1u << 26)
#define CPUID_EXT_EDX_RDTSCP (1u << 27)
#define CPUID_EXT8_EBX_IBPB  (1u << 12)
#define CPUID_EXT8_EBX_IBRS  (1u << 14)

static uint32_t bit_if(uint32_t word, uint32_t mask, uint32_t feature)
{
	return word & mask ? feature : 0;
}

/* With all of its state: leaf 0xd has what XCR0 may be. */
static uint32_t avx512(const struct cpuid *seven)
{
	if (cpuid(0, 0).eax < 0xd || !(seven->ebx & CPUID_7_EBX_AVX512F) ||
	    (cpuid(0xd, 0).eax & XCR0_AVX512) != XCR0_AVX512)
		return 0;
	return LAYOUT_HAS_AVX512;
}

uint32_t start_features(void)
{
	struct cpuid basic = cpuid(1, 0), ext = cpuid(0x80000001, 0),
		     ext8 = cpuid(0x80000008, 0), seven = {0};

	if (cpuid(0, 0).eax >= 7)
		seven = cpuid(7, 0);
	return bit_if(basic.ecx, CPUID_1_ECX_XSAVE, LAYOUT_HAS_XSAVE) |
	       bit_if(basic.ecx, CPUID_1_ECX_AVX, LAYOUT_HAS_AVX) |
	       bit_if(basic.edx, CPUID_1_EDX_SEP, LAYOUT_HAS_SEP) |
	       bit_if(basic.edx, CPUID_1_EDX_PAT, LAYOUT_HAS_PAT) |
	       avx512(&seven) |
	       bit_if(seven.ebx, CPUID_7_EBX_FSGSBASE, LAYOUT_HAS_FSGSBASE) |
	       bit_if(seven.ebx, CPUID_7_EBX_SMEP, LAYOUT_HAS_SMEP) |
	       bit_if(seven.ebx, CPUID_7_EBX_SMAP, LAYOUT_HAS_SMAP) |
	       bit_if(seven.ecx, CPUID_7_ECX_UMIP, LAYOUT_HAS_UMIP) |
	       bit_if(seven.ecx, CPUID_7_ECX_RDPID, LAYOUT_HAS_TSC_AUX) |
	       bit_if(seven.edx, CPUID_7_EDX_IBRS, LAYOUT_HAS_SPEC_CTRL) |
	       bit_if(ext8.ebx, CPUID_EXT8_EBX_IBRS, LAYOUT_HAS_SPEC_CTRL) |
	       /* Intel counts both as one feature */
	       bit_if(seven.edx, CPUID_7_EDX_IBRS, LAYOUT_HAS_IBPB) |
	       bit_if(ext8.ebx, CPUID_EXT8_EBX_IBPB, LAYOUT_HAS_IBPB) |
	       bit_if(ext.edx, CPUID_EXT_EDX_RDTSCP, LAYOUT_HAS_TSC_AUX);
}
