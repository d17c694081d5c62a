/* SPDX-License-Identifier: MIT */
/*
 * Read bandwidth and load latency from this vCPU to the shared memory of every
 * node and to its own memory. arg[0]: ms per measurement (100 if 0). Memory of
 * less than four times the largest cache is refused, if not forced, and all of
 * it where the cache is not known. Only reads: others may use the shared
 * memory. ret: cache bytes (0: not known), areas, least and most MB/s, least
 * and most ps per load.
 */
#include "sidecar/job.h"

JOB_ALL_SHARED();

#define DEFAULT_MS   100u
#define MAX_MS	     60000u
#define LINE	     64u
#define CACHE_FACTOR 4u
#define LOADS	     4096u /* between two looks at the clock */
#define MIB	     (1u << 20)
#define PIECE	     (256u << 10)

#define CPUID_EXT_ECX_TOPOEXT (1u << 22)

struct regs {
	uint32_t eax, ebx, ecx, edx;
};

static struct regs cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct regs r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

/* ---- The largest cache --------------------------------------------------- */

static uint64_t largest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Leaf 4, and AMD's of the same form: SDM volume 2, CPUID; APM volume 3, E.4 */
static uint64_t caches_of_leaf(uint32_t leaf)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < 16; i++) {
		struct regs r = cpuid(leaf, i);

		if (!(r.eax & 0x1f))
			break;
		most = largest(most, ((r.ebx >> 22) + 1ull) *
					     ((r.ebx >> 12 & 0x3ff) + 1ull) *
					     ((r.ebx & 0xfff) + 1ull) *
					     (r.ecx + 1ull));
	}
	return most;
}

static uint64_t cache_bytes(void)
{
	uint32_t ext = cpuid(0x80000000, 0).eax;
	uint64_t most = 0;
	struct regs r;

	if (cpuid(0, 0).eax >= 4)
		most = caches_of_leaf(4);
	if (ext >= 0x8000001d &&
	    cpuid(0x80000001, 0).ecx & CPUID_EXT_ECX_TOPOEXT)
		most = largest(most, caches_of_leaf(0x8000001d));
	if (!most && ext >= 0x80000006) {
		/* L2 in KiB, L3 in 512 KiB */
		r = cpuid(0x80000006, 0);
		most = largest((uint64_t)(r.ecx >> 16) << 10,
			       (uint64_t)(r.edx >> 18) << 19);
	}
	return most;
}

/* ---- Measuring ---------------------------------------------------------- */

struct result {
	uint64_t mb_s, ps;
};

static void read_piece(const uint8_t *p, uint64_t bytes)
{
	for (const uint8_t *end = p + bytes; p < end; p += LINE)
		__asm__ volatile("movdqa (%0), %%xmm0\n\t"
				 "movdqa 16(%0), %%xmm1\n\t"
				 "movdqa 32(%0), %%xmm2\n\t"
				 "movdqa 48(%0), %%xmm3"
				 :
				 : "r"(p)
				 : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
}

static uint64_t bandwidth(const struct job_services *s, const uint8_t *p,
			  uint64_t bytes, uint64_t ticks)
{
	uint64_t begin = job_tsc(), now = begin, done = 0, at = 0;

	while (now - begin < ticks && !job_should_stop(s)) {
		uint64_t n = bytes - at < PIECE ? bytes - at : PIECE;

		read_piece(p + at, n);
		done += n;
		at = at + n < bytes ? at + n : 0;
		now = job_tsc();
	}
	/* bytes per us are MB per s */
	return now == begin ? 0
			    : (uint64_t)((double)done * (double)s->tsc_khz /
					 1000.0 / (double)(now - begin));
}

/* Each address depends on what the load before it gave. */
static uint64_t latency(const struct job_services *s, const uint8_t *p,
			uint64_t bytes, uint64_t ticks)
{
	uint64_t begin = job_tsc(), now = begin, nr = 0, x = begin, zero = 0;

	/* known only to us */
	__asm__("" : "+r"(zero));
	while (now - begin < ticks && !job_should_stop(s)) {
		for (uint32_t i = 0; i < LOADS; i++) {
			uint64_t line = (x >> 32) * (bytes / LINE) >> 32;
			uint64_t v =
				*(const volatile uint64_t *)(p + line * LINE);

			x = x * 6364136223846793005u + 1442695040888963407u +
			    (v & zero);
		}
		nr += LOADS;
		now = job_tsc();
	}
	return nr ? (uint64_t)((double)(now - begin) * 1e9 /
			       (double)s->tsc_khz / (double)nr)
		  : 0;
}

static void log_cache(struct job_services *s)
{
	job_put(s, "largest cache: ");
	if (s->ret[0]) {
		job_put_number(s, s->ret[0] >> 10);
		job_put(s, " KiB\n");
	} else {
		job_put(s, "not known\n");
	}
}

static void log_result(struct job_services *s, uint64_t bytes, struct result r)
{
	job_put_number(s, bytes >> 10);
	job_put(s, " KiB: ");
	job_put_number(s, r.mb_s);
	job_put(s, " MB/s, ");
	job_put_number(s, r.ps / 1000);
	job_put(s, ".");
	job_put_number(s, r.ps / 100 % 10);
	job_put(s, " ns per load\n");
}

static void keep(struct job_services *s, struct result r)
{
	uint64_t nr = s->ret[1];

	s->ret[1] = nr + 1;
	if (!nr || r.mb_s < s->ret[2])
		s->ret[2] = r.mb_s;
	if (r.mb_s > s->ret[3])
		s->ret[3] = r.mb_s;
	if (!nr || r.ps < s->ret[4])
		s->ret[4] = r.ps;
	if (r.ps > s->ret[5])
		s->ret[5] = r.ps;
}

static void measure(struct job_services *s, uint64_t va, uint64_t bytes,
		    uint64_t ticks)
{
	const uint8_t *p = (const uint8_t *)va;
	struct result r;

	bytes -= bytes % LINE;
	r.mb_s = bandwidth(s, p, bytes, ticks);
	r.ps = latency(s, p, bytes, ticks);
	log_result(s, bytes, r);
	keep(s, r);
}

/* ---- What there is to measure ------------------------------------------- */

static uint64_t to_mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

static void log_shared_wanted(struct job_services *s, uint64_t bytes)
{
	job_put_number(s, bytes >> 10);
	job_put(s, " KiB is less than 4 times the cache: want sidecar.shared=");
	job_put_number(s, to_mib(s->ret[0] * CACHE_FACTOR));
	job_put(s, "M, or --force\n");
}

/* @front: bytes in front of it in the slice. */
static void log_memory_wanted(struct job_services *s, uint64_t bytes,
			      uint64_t front)
{
	uint64_t wanted = to_mib(s->ret[0] * CACHE_FACTOR + front);

	job_put_number(s, bytes >> 10);
	job_put(s, " KiB is less than 4 times the cache: want --memory=");
	job_put_number(s, wanted);
	job_put(s, "M of sidecar.scratch=");
	job_put_number(s, wanted);
	job_put(s, "M or more, or --force\n");
}

/* @front: 0 if it is shared memory */
static int is_too_small(struct job_services *s, uint64_t bytes, uint64_t front)
{
	uint64_t cache = s->ret[0];

	if (s->run_flags & JOB_RUN_FORCE ||
	    (cache && bytes >= cache * CACHE_FACTOR))
		return 0;
	if (!cache) {
		job_put(s,
			"not measured: the size of the cache is not known (--force)\n");
		return 1;
	}
	if (front)
		log_memory_wanted(s, bytes, front);
	else
		log_shared_wanted(s, bytes);
	return 1;
}

int job_main(struct job_services *s)
{
	uint64_t ms = s->arg[0] ? s->arg[0] : DEFAULT_MS;
	uint32_t nr_areas = s->nr_areas;
	int refused = 0;

	if (ms > MAX_MS) {
		job_put(s, "the first argument: want at most 60000 ms\n");
		return 1;
	}
	s->ret[0] = cache_bytes();
	log_cache(s);
	for (uint32_t i = 0; i < nr_areas && !job_should_stop(s); i++) {
		job_put(s, "vnode ");
		job_put_number(s, s->area[i].vnode);
		job_put(s, ", node ");
		job_put_number(s, s->area[i].node);
		job_put(s, ", ");
		if (is_too_small(s, s->area[i].bytes, 0))
			refused = 1;
		else
			measure(s, s->area[i].va, s->area[i].bytes,
				ms * s->tsc_khz);
	}
	if (!s->memory_bytes)
		return refused;
	job_put(s, "own memory, ");
	if (is_too_small(s, s->memory_bytes, s->memory_va - JOB_VA))
		refused = 1;
	else
		measure(s, s->memory_va, s->memory_bytes, ms * s->tsc_khz);
	return refused;
}
