/* SPDX-License-Identifier: MIT */
/*
 * How many APIC ids a package, or a cache, spans by CPUID, as Linux reads it
 * (arch/x86/kernel/cpu): until 6.8 amd_detect_cmp(), detect_ht() and
 * init_intel_cacheinfo(), since 6.9 topology_amd.c and topology_common.c. Where
 * they read different leaves the larger number counts. A core never spans more
 * than its package.
 */
#include "packages.h"

#define HTT	      (1u << 28) /* leaf 1 EDX: EBX[23:16] counts */
#define LEAF1_COUNT   16
#define LEAF4_TYPE    0x1fu
#define LEAF4_SHARING 14
#define LEAF4_CORES   26
#define EXT8_SIZE     12
/* At most twice what leaf 4 EAX[31:26] can hold. */
#define MAX_BITS  7u
#define MAX_CORES 64u

static uint32_t register_field(uint32_t reg, uint32_t shift, uint32_t width)
{
	return reg >> shift & ((1u << width) - 1);
}

/* Bits that @nr ids take: 0 for 1 (or none), 2 for 3 and 4. */
static uint32_t bits_for(uint32_t nr)
{
	uint32_t bits = 0;

	while (1u << bits < nr)
		bits++;
	return bits;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint32_t packages_fit(const struct topology_vcpu *v, uint32_t nr)
{
	uint32_t first, second, bits = PACKAGES_ALL_BITS;

	while (bits && packages_find_shared(v, nr, bits, &first, &second))
		bits--;
	return bits;
}

/* AMD: the size of the core id or, if it is 0, the bits that the cores take. */
static uint32_t amd_bits(const struct packages_cpuid *c)
{
	uint32_t size = register_field(c->ext8_c, EXT8_SIZE, 4);

	return size ? size : bits_for(register_field(c->ext8_c, 0, 8) + 1);
}

static uint32_t leaf4_bits(const struct packages_cpuid *c)
{
	if (!(c->cache_a[0] & LEAF4_TYPE))
		return 0;
	return bits_for(register_field(c->cache_a[0], LEAF4_CORES, 6) + 1);
}

uint32_t packages_bits(const struct packages_cpuid *c)
{
	uint32_t bits = c->amd ? amd_bits(c) : leaf4_bits(c);

	if (!(c->leaf1_d & HTT))
		return bits;
	return max_u32(bits,
		       bits_for(register_field(c->leaf1_b, LEAF1_COUNT, 8)));
}

/* AMD's last cache is the package's, as long as 0x8000001d is hidden. */
uint32_t packages_cache_bits(const struct packages_cpuid *c)
{
	uint32_t bits = 0;

	if (c->amd)
		return packages_bits(c);
	for (uint32_t i = 0; i < PACKAGES_MAX_CACHES; i++) {
		if (!(c->cache_a[i] & LEAF4_TYPE))
			break;
		bits = max_u32(bits,
			       bits_for(register_field(c->cache_a[i],
						       LEAF4_SHARING, 12) +
					1));
	}
	return bits;
}

bool packages_find_shared(const struct topology_vcpu *v, uint32_t nr,
			  uint32_t bits, uint32_t *first, uint32_t *second)
{
	for (uint32_t i = 0; i < nr; i++) {
		for (uint32_t k = i + 1; k < nr; k++) {
			uint64_t differ = v[i].apic_id ^ v[k].apic_id;

			if (!v[i].present || !v[k].present ||
			    v[i].vnode == v[k].vnode || differ >> bits)
				continue;
			*first = i;
			*second = k;
			return true;
		}
	}
	return false;
}

struct packages_values packages_values(uint32_t bits)
{
	uint32_t size = bits < MAX_BITS ? bits : MAX_BITS;
	uint32_t nr = 1u << size;

	return (struct packages_values){
		.proccount = nr,
		.procpkg = (nr < MAX_CORES ? nr : MAX_CORES) - 1,
		.nc = nr - 1,
		.apicidsize = size,
	};
}

void packages_words(struct textbuf *b, struct packages_values v)
{
	textbuf_printf(b, "proccount=%u,procpkg=%u,nc=%u,apicidsize=%u",
		       v.proccount, v.procpkg, v.nc, v.apicidsize);
}

struct packages_cpuid packages_cpuid_of(struct packages_values v, bool amd)
{
	return (struct packages_cpuid){
		.known = true,
		.amd = amd,
		.leaf1_b = register_field(v.proccount, 0, 8) << LEAF1_COUNT,
		.leaf1_d = HTT,
		.ext8_c = register_field(v.apicidsize, 0, 4) << EXT8_SIZE |
			  register_field(v.nc, 0, 8),
		/* of any type */
		.cache_a = {register_field(v.procpkg, 0, 6) << LEAF4_CORES | 1},
	};
}
