/* SPDX-License-Identifier: MIT */
/*
 * Looks at the state that it was started with, all vector and mask registers
 * whole, then leaves every register dirty for the next one: ret[0] is a bit for
 * each thing that was not clean, ret[1] 1 if there is AVX, 2 if AVX-512 too,
 * ret[2] and ret[3] the memory it was given.
 */
#include "sidecar/job.h"

#define MXCSR_RESET 0x1f80u
#define FCW_RESET   0x37fu
#define CPUID_AVX   (1u << 28)
#define XCR0_ALL    7u
#define XCR0_AVX512 0xe0u

struct vectors {
	uint8_t image[512] __attribute__((aligned(64)));
	uint8_t ymm[16][32];
	uint8_t zmm[32][64];
	uint16_t k[8];
};

static struct vectors seen;
static uint8_t zeroed[8000];
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

/* All of them, as text of the assembler. */
#define FOUR(X, t)    X(t##0) X(t##1) X(t##2) X(t##3)
#define EIGHT(X, t)   FOUR(X, t) X(t##4) X(t##5) X(t##6) X(t##7)
#define TEN(X, t)     EIGHT(X, t) X(t##8) X(t##9)
#define SIXTEEN(X)    TEN(X, ) FOUR(X, 1) X(14) X(15)
#define THIRTY_TWO(X) TEN(X, ) TEN(X, 1) TEN(X, 2) X(30) X(31)

#define SAVE_YMM(i)  "vmovdqu %%ymm" #i ", 32*" #i "(%0);"
#define SAVE_ZMM(i)  "vmovdqu64 %%zmm" #i ", 64*" #i "(%0);"
#define SAVE_K(i)    "kmovw %%k" #i ", 2*" #i "(%0);"
#define DIRTY_YMM(i) "vcmptrueps %%ymm" #i ", %%ymm" #i ", %%ymm" #i ";"
#define DIRTY_ZMM(i) "vpternlogd $255, %%zmm" #i ", %%zmm" #i ", %%zmm" #i ";"
#define DIRTY_K(i)   "kxnorw %%k" #i ", %%k" #i ", %%k" #i ";"

/* Before anything else: the compiler uses these registers itself. */
static void look(int avx)
{
	__asm__ volatile("fxsave64 %0" : "=m"(seen.image));
	if (avx)
		__asm__ volatile(SIXTEEN(SAVE_YMM)
				 :
				 : "r"(seen.ymm)
				 : "memory");
	if (avx < 2)
		return;
	__asm__ volatile(THIRTY_TWO(SAVE_ZMM) : : "r"(seen.zmm) : "memory");
	__asm__ volatile(EIGHT(SAVE_K, ) : : "r"(seen.k) : "memory");
}

/* After everything else, for the same reason. */
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
		__asm__ volatile(SIXTEEN(DIRTY_YMM) : : "r"(0) : "memory");
	if (avx == 2)
		__asm__ volatile(THIRTY_TWO(DIRTY_ZMM) EIGHT(DIRTY_K, )
				 :
				 : "r"(0)
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
	bad |= any(seen.ymm[0], sizeof(seen.ymm)) ? 16 : 0;
	bad |= any(zeroed, sizeof(zeroed)) ? 32 : 0;
	bad |= filled[2] != 3 || text[3] != 't' ? 64 : 0;
	bad |= selectors() ? 128 : 0;
	bad |= touch(s) ? 256 : 0;
	bad |= any(seen.zmm[0], sizeof(seen.zmm)) ? 512 : 0;
	bad |= any((uint8_t *)seen.k, sizeof(seen.k)) ? 1024 : 0;
	for (uint32_t i = 0; i < sizeof(zeroed); i++)
		((volatile uint8_t *)zeroed)[i] = 1;
	s->ret[0] = bad;
	s->ret[1] = (uint64_t)avx;
	s->ret[2] = s->memory_va;
	s->ret[3] = s->memory_bytes;
	dirty(avx);
	return 0;
}
