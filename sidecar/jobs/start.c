/* SPDX-License-Identifier: MIT */
/*
 * The part of a job's start that is in C: thread-local memory before its
 * constructors, and the gang, which begins job_main() at the same moment, after
 * them.
 */
#include "sidecar/job.h"

/* A rank that slept at the first barrier is awake so long after the others. */
#define TOGETHER_NS 20000000u

/* The linker script's: contents, and sizes as addresses, multiples of 64. */
extern const uint8_t job_tls_image[];
extern uint8_t job_tls_image_bytes[], job_tls_zeroed[], job_tls_bytes[];

void job_begin(struct job_services *s, uint8_t *tls);
int job_gate(const struct job_services *s);

/* A compiler takes it that no symbol is at 0; a size may be. */
static uintptr_t size_of(const uint8_t *symbol)
{
	__asm__("" : "+r"(symbol));
	return (uintptr_t)symbol;
}

#define CPUID_RDRAND (1u << 30) /* ecx of leaf 1 */
#define TRIES	     10u	/* as Intel advises: SDM volume 1, 7.3.17.1 */

static int has_rdrand(void)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return (ecx & CPUID_RDRAND) != 0;
}

/* 0 where the CPU has no such numbers. */
static uint64_t random_number(void)
{
	uint64_t x = 0;
	uint8_t ok = 0;

	if (!has_rdrand())
		return 0;
	for (uint32_t i = 0; i < TRIES && !ok; i++)
		__asm__ volatile("rdrand %0\n\tsetc %1"
				 : "=r"(x), "=q"(ok)
				 :
				 : "cc");
	return x;
}

/* Not to be guessed by who has read another job's; no string has its zero. */
static uint64_t make_guard(const struct job_services *s)
{
	uint64_t x = random_number() ^ job_tsc() ^ (uint64_t)s->vcpu_id << 56;

	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15;
	x ^= x >> 29;
	return x << 8;
}

/* @tls: at the end of the stack, room for them and the control block. */
void job_begin(struct job_services *s, uint8_t *tls)
{
	struct job_tcb *tcb = (struct job_tcb *)(tls + size_of(job_tls_bytes));
	uint8_t *to = tls + size_of(job_tls_zeroed);

	for (uintptr_t i = 0; i < size_of(job_tls_zeroed); i++)
		tls[i] = 0;
	for (uintptr_t i = 0; i < size_of(job_tls_image_bytes); i++)
		to[i] = job_tls_image[i];
	*tcb = (struct job_tcb){
		.self = tcb,
		.services = s,
		.guard = make_guard(s),
	};
	/* an older kernel has no such service: nothing may use FS then */
	if (s->nr_services > JOB_SERVICE_FS)
		job_service_address(JOB_SERVICE_FS, tcb);
}

/* 1: not all ranks have begun, and the gang ends. */
int job_gate(const struct job_services *s)
{
	return job_barrier(s) || job_barrier_spin(s, TOGETHER_NS);
}
