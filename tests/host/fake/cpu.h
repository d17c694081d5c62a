/* SPDX-License-Identifier: MIT */
/*
 * Stands in for include/cpu.h where a test runs code that writes registers:
 * the names are the real ones, as assembly sees them, the accesses go to the
 * test.
 */
#ifndef FAKE_CPU_H
#define FAKE_CPU_H

#include <stdint.h>

#define __ASSEMBLER__
#include "../../../include/cpu.h"
#undef __ASSEMBLER__

uint64_t rdmsr(uint32_t msr);
void wrmsr(uint32_t msr, uint64_t v);
uint64_t rdtsc(void);
void fence_all(void);
uint64_t read_cr2(void);
uint64_t read_cr3(void);
uint64_t read_cr4(void);
void write_cr3(uint64_t v);
uint64_t xgetbv(uint32_t index);
void vzeroall(void);
void avx512_zero(void);
void invlpg(uint64_t va);
void zero_bytes(void *p, uint64_t n);
void cpu_halt(void);
long vmcall(uint64_t nr, uint64_t a1, uint64_t a2);
long vmmcall(uint64_t nr, uint64_t a1, uint64_t a2);

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};
struct cpuid cpuid(uint32_t leaf, uint32_t subleaf);

#endif
