/* SPDX-License-Identifier: MIT */
/*
 * Stands in for include/cpu.h where a test runs code that writes registers:
 * they go to the test.
 */
#ifndef CPU_H
#define CPU_H

#include <stdint.h>

#define MSR_APIC_BASE  0x0000001b
#define MSR_X2APIC_ICR 0x00000830
#define APIC_BASE_EXTD 0x400
#define APIC_BASE_EN   0x800
#define ICR_INIT       0x0500
#define ICR_STARTUP    0x0600
#define ICR_ASSERT     0x4000
#define PTE_P	       0x001
#define PTE_W	       0x002
#define PTE_U	       0x004
#define PTE_PS	       0x080
#define PTE_NX	       (1ull << 63)
#define PTE_PA	       0x000ffffffffff000ull

uint64_t rdmsr(uint32_t msr);
void wrmsr(uint32_t msr, uint64_t v);
uint64_t rdtsc(void);
void mfence(void);

#endif
