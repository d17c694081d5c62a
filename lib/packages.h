/* SPDX-License-Identifier: MIT */
/*
 * CPUID's packages, cores and caches against vnodes. CPUs whose APIC ids agree
 * above some bit share one; CPUID says above which. Linux warns, and is
 * tainted, where the CPUs of two vnodes share. Pure.
 */
#ifndef PACKAGES_H
#define PACKAGES_H

#include "topology.h"

/* Sub-leaves of leaf 4; Xen gives a guest six (CPUID_GUEST_NR_CACHE). */
#define PACKAGES_MAX_CACHES 8

/*
 * What CPUID of a guest says about it. Xen hides leaves 0xb, 0x1f, 0x8000001d
 * and 0x8000001e (cpu-policy.c, recalculate_misc()), so these are all there is.
 */
struct packages_cpuid {
	bool known;	  /* the rest is filled in */
	bool amd;	  /* or Hygon: by 0x80000008, all others by leaf 4 */
	uint32_t leaf1_b; /* leaf 1 EBX */
	uint32_t leaf1_d; /* leaf 1 EDX */
	uint32_t ext8_c;  /* leaf 0x80000008 ECX; 0 if there is none */
	uint32_t cache_a[PACKAGES_MAX_CACHES]; /* leaf 4 EAX, by sub-leaf */
};

/* More bits than an APIC id has: all present vCPUs are on one vnode. */
#define PACKAGES_ALL_BITS 32u

/*
 * The largest number of low APIC id bits such that no two vnodes have ids which
 * differ in these bits alone: packages of that many APIC ids fit the vnodes.
 */
uint32_t packages_fit(const struct topology_vcpu *v, uint32_t nr);

/* How many low bits the CPUs of one package, or of one cache, differ in. */
uint32_t packages_bits(const struct packages_cpuid *c);
uint32_t packages_cache_bits(const struct packages_cpuid *c);

/*
 * Two vCPUs of different vnodes whose APIC ids differ in the low @bits alone;
 * false if there are none.
 */
bool packages_find_shared(const struct topology_vcpu *v, uint32_t nr,
			  uint32_t bits, uint32_t *first, uint32_t *second);

/*
 * The values that make packages of that many bits, or of 7 if they are more,
 * by the names that cpuid= of xl.cfg(5) has for them: proccount (both vendors),
 * procpkg (Intel), nc and apicidsize (AMD). Each vendor's are 0, or ignored, in
 * the other's guests, so that one line is good for both.
 */
struct packages_values {
	uint32_t proccount, procpkg, nc, apicidsize;
};
struct packages_values packages_values(uint32_t bits);
/* Adds them as cpuid= takes them: "proccount=8,procpkg=7,nc=7,apicidsize=3". */
void packages_words(struct textbuf *b, struct packages_values v);

/* The same values as CPUID would have them, with no cache shared. */
struct packages_cpuid packages_cpuid_of(struct packages_values v, bool amd);

#endif
