/* SPDX-License-Identifier: MIT */
/*
 * Looks at the state that it was started with, then leaves every register
 * dirty for the next one: ret[0] is a bit for each thing that was not clean,
 * ret[1] 1 if there is AVX, 2 if AVX-512 too, ret[2] and ret[3] the memory it
 * was given.
 */
#include "sidecar/job.h"

#define MXCSR_RESET 0x1f80u
#define FCW_RESET   0x37fu
#define CPUID_AVX   (1u << 28)
#define XCR0_ALL    7u
#define XCR0_AVX512 0xe0u

struct vectors {
	uint8_t image[512] __attribute__((aligned(64)));
	uint8_t high[16][32];
};

static struct vectors seen;
static uint8_t zeroed[10000];
static uint8_t filled[] = {1, 2, 3};
static const char *const text = "text";

/* FXSAVE64 image, SDM volume 1 table 10-2. */
static uint32_t word(uint32_t offset)
{
	return *(uint32_t *)(seen.image + offset);
}

static int any(const uint8_t *p, uint32_t n)
{
	uint8_t bits = 0;

	for (uint32_t i = 0; i < n; i++)
		bits |= p[i];
	return bits != 0;
}

static int has_avx(void)
{
	uint32_t a = 1, b, c, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	if (!(c & CPUID_AVX))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	if ((a & XCR0_ALL) != XCR0_ALL)
		return 0;
	return a == (XCR0_ALL | XCR0_AVX512) ? 2 : a == XCR0_ALL;
}

/* The stores come first: the compiler uses these registers itself. */
static void look(int avx)
{
	__asm__ volatile("fxsave64 %0" : "=m"(seen.image));
	if (!avx)
		return;
#define SAVE(i) __asm__ volatile("vmovdqu %%ymm" #i ", %0" : "=m"(seen.high[i]))
	SAVE(0);
	SAVE(1);
	SAVE(7);
	SAVE(8);
	SAVE(15);
}

/* zmm16, zmm31, the upper half of zmm1, k1, k7 */
static int look_avx512(void)
{
	static uint8_t zmm[3][64];
	uint32_t k[2];

	__asm__ volatile("vmovdqu64 %%zmm16, %0" : "=m"(zmm[0]));
	__asm__ volatile("vmovdqu64 %%zmm31, %0" : "=m"(zmm[1]));
	__asm__ volatile("vmovdqu64 %%zmm1, %0" : "=m"(zmm[2]));
	__asm__ volatile("kmovw %%k1, %0; kmovw %%k7, %1"
			 : "=r"(k[0]), "=r"(k[1]));
	return any(zmm[0], sizeof(zmm)) || k[0] || k[1];
}

static void dirty_avx512(void)
{
	static const uint8_t ones[64] = {1, [63] = 1};

	__asm__ volatile("vmovdqu64 %0, %%zmm16; vmovdqu64 %0, %%zmm31;"
			 "vmovdqu64 %0, %%zmm1"
			 :
			 : "m"(ones));
	__asm__ volatile("kxnorw %k1, %k1, %k1; kxnorw %k7, %k7, %k7");
}

static void dirty(int avx)
{
	static const uint32_t mxcsr = MXCSR_RESET | 0x8000;
	static const uint16_t fcw = FCW_RESET & ~0x300u;

	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	__asm__ volatile("fldcw %0; fldpi; fldpi; fldpi" : : "m"(fcw));
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm7, %%xmm7;"
			 "pcmpeqd %%xmm15, %%xmm15" ::
				 : "xmm0", "xmm7", "xmm15");
	__asm__ volatile("mov %0, %%fs" : : "r"(0x2b));
	if (avx)
		__asm__ volatile("vcmptrueps %%ymm1, %%ymm1, %%ymm1;"
				 "vcmptrueps %%ymm8, %%ymm8, %%ymm8" ::
					 : "memory");
}

static uint32_t selectors(void)
{
	uint16_t ds, es, fs, gs;

	__asm__("mov %%ds, %0" : "=r"(ds));
	__asm__("mov %%es, %0" : "=r"(es));
	__asm__("mov %%fs, %0" : "=r"(fs));
	__asm__("mov %%gs, %0" : "=r"(gs));
	return ds | es | fs | gs;
}

/* All of its memory can be written, and is not its image or its stack. */
static int touch(struct job_services *s)
{
	for (uint64_t i = 0; i < s->memory_bytes; i += 4096)
		*(volatile uint64_t *)(s->memory_va + i) = i;
	for (uint64_t i = 0; i < s->memory_bytes; i += 4096)
		if (*(volatile uint64_t *)(s->memory_va + i) != i)
			return 1;
	return 0;
}

int job_main(struct job_services *s)
{
	int avx = has_avx();
	uint64_t bad = 0;

	look(avx);
	bad |= word(24) != MXCSR_RESET ? 1 : 0;
	bad |= (word(0) & 0xffff) != FCW_RESET ? 2 : 0;
	bad |= (word(0) >> 16) || seen.image[4] ? 4 : 0;
	bad |= any(seen.image + 32, 384) ? 8 : 0;
	bad |= any(seen.high[0], sizeof(seen.high)) ? 16 : 0;
	bad |= any(zeroed, sizeof(zeroed)) ? 32 : 0;
	bad |= filled[2] != 3 || text[3] != 't' ? 64 : 0;
	bad |= selectors() ? 128 : 0;
	bad |= touch(s) ? 256 : 0;
	bad |= avx == 2 && look_avx512() ? 512 : 0;
	for (uint32_t i = 0; i < sizeof(zeroed); i++)
		((volatile uint8_t *)zeroed)[i] = 1;
	s->ret[0] = bad;
	s->ret[1] = (uint64_t)avx;
	s->ret[2] = s->memory_va;
	s->ret[3] = s->memory_bytes;
	dirty(avx);
	if (avx == 2)
		dirty_avx512();
	return 0;
}
