/* SPDX-License-Identifier: MIT */
/*
 * What a job is written with: one function, job_main(), and the services
 * below. No C library; SSE always, AVX where XCR0 says so; nothing
 * interrupts it. `make build/jobs/NAME.job` builds sidecar/jobs/NAME.c.
 */
#ifndef SIDECAR_JOB_H
#define SIDECAR_JOB_H

#include "abi/job.h"

#ifdef __cplusplus
extern "C" {
#endif
/* The job itself; returns 0, or a status that is an error. */
int job_main(struct job_services *s);
#ifdef __cplusplus
}
#endif

/* In one place of a job: it gets every node's shared memory, s->area[]. */
#define JOB_ALL_SHARED()             \
	__asm__(".globl job_flags\n" \
		".set job_flags, 1\n")
_Static_assert(JOB_FLAG_ALL_SHARED == 1, "JOB_ALL_SHARED");

/* In one place of a job: a stack of @pages pages instead of two. */
#define JOB_STACK_PAGES(pages)             \
	__asm__(".globl job_stack_pages\n" \
		".set job_stack_pages, " #pages "\n")

/* A long job should poll this: JOB_GRACE_MS after a request it is killed. */
static inline int job_should_stop(const struct job_services *s)
{
	return s->stop != 0;
}

/* ---- Input and output: sidecarctl run --in, --out ----------------------- */

/* NULL if its client gives none and takes none. */
static inline struct job_io *job_io(const struct job_services *s)
{
	struct job_io *io;

	if (!(s->run_flags & JOB_RUN_IO) || s->memory_bytes < JOB_IO_BYTES)
		return 0;
	io = (struct job_io *)(s->memory_va + s->memory_bytes - JOB_IO_BYTES);
	if (io->magic != JOB_IO_MAGIC || io->version != JOB_IO_VERSION ||
	    io->in_end < JOB_IO_BYTES || io->in_end > s->memory_bytes ||
	    io->in_bytes > io->in_end - JOB_IO_BYTES)
		return 0;
	return io;
}

/* The input, at the start of a page; NULL, and 0 bytes, if there is none. */
static inline const void *job_input(const struct job_services *s,
				    uint64_t *bytes)
{
	const struct job_io *io = job_io(s);

	*bytes = io ? io->in_bytes : 0;
	if (!*bytes)
		return 0;
	return (const void *)(s->memory_va + s->memory_bytes - io->in_end);
}

/* How much of its memory, from memory_va on, is for its own use. */
static inline uint64_t job_memory_bytes(const struct job_services *s)
{
	const struct job_io *io = job_io(s);

	return io ? s->memory_bytes - io->in_end : s->memory_bytes;
}

/*
 * What the client is to have when the job has ended, however that is: @bytes at
 * @p, in the job's memory. 0, or 1 if it is not there or nobody takes it.
 */
static inline int job_set_output(const struct job_services *s, const void *p,
				 uint64_t bytes)
{
	uint64_t at = (uint64_t)p, end = s->memory_va + s->memory_bytes;
	struct job_io *io = job_io(s);

	if (!io || at < s->memory_va || at > end || bytes > end - at)
		return 1;
	io->out_end = end - at;
	io->out_bytes = bytes;
	return 0;
}

/* ---- Arguments: sidecarctl run JOB -- ARG... ---------------------------- */

/* The job's services, where they were not handed on. */
static inline struct job_services *job_self(void)
{
	struct job_services *s;

	__asm__("mov %%fs:8, %0" : "=r"(s));
	return s;
}

/* How many there are, the job's name as the first of them. */
static inline uint32_t job_nr_args(const struct job_services *s)
{
	const struct job_io *io = job_io(s);

	if (!io || !io->args_bytes || io->args_bytes > sizeof(io->args) ||
	    io->args[io->args_bytes - 1])
		return 0;
	return io->nr_args;
}

/* Argument @n, which is there; NULL if it is not. */
static inline const char *job_arg(const struct job_services *s, uint32_t n)
{
	const struct job_io *io = job_io(s);

	if (n >= job_nr_args(s))
		return 0;
	for (uint32_t at = 0; at < io->args_bytes; at++) {
		if (!n)
			return io->args + at;
		n -= !io->args[at];
	}
	return 0;
}

/* ---- Time --------------------------------------------------------------- */

static inline uint64_t job_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t job_ticks(const struct job_services *s, uint64_t ns)
{
	return ns / 1000 * s->tsc_khz / 1000;
}

/* ---- The log ------------------------------------------------------------ */

static inline void job_service(uint32_t service, uint32_t arg)
{
	__asm__ volatile("int %[vector]"
			 : "+a"(service)
			 : "D"(arg), [vector] "i"(JOB_INT)
			 : "memory");
}

static inline void job_service_address(uint32_t service, const void *p)
{
	__asm__ volatile("int %[vector]"
			 : "+a"(service)
			 : "D"(p), [vector] "i"(JOB_INT)
			 : "memory");
}

/* Tells the client, whose sidecar_fd() becomes readable, that it should look.
 */
static inline void job_notify(void)
{
	job_service(JOB_SERVICE_NOTIFY, 0);
}

/*
 * Sleeps, at no cost, until the client rings, the job is to stop, or
 * @timeout_ns have passed (0: no limit): 1 if it was rung. It may return early:
 * look at the data, and at job_should_stop(). A ring before the call is not
 * lost.
 */
static inline int job_wait(uint64_t timeout_ns)
{
	uint32_t rung = JOB_SERVICE_WAIT;

	__asm__ volatile("int %[vector]"
			 : "+a"(rung)
			 : "D"(timeout_ns), [vector] "i"(JOB_INT)
			 : "memory");
	return (int)rung;
}

/* Hands what was put so far to the client. */
static inline void job_flush(struct job_services *s)
{
	if (s->log_bytes)
		job_service(JOB_SERVICE_LOG, 0);
}

/* A character for the log; a line is flushed at its end. */
static inline void job_put_char(struct job_services *s, char c)
{
	if (s->log_bytes >= JOB_LOG_BYTES)
		job_flush(s);
	s->log[s->log_bytes] = c;
	s->log_bytes++;
	if (c == '\n')
		job_flush(s);
}

static inline void job_put(struct job_services *s, const char *text)
{
	for (; *text; text++)
		job_put_char(s, *text);
}

/* @value in decimal. */
static inline void job_put_number(struct job_services *s, uint64_t value)
{
	char digits[20];
	uint32_t n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n)
		job_put_char(s, digits[--n]);
}

/* ---- Gangs: sidecarctl run --gang --------------------------------------- */

/* Of the job's own; a job that runs alone is rank 0 of 1. */
static inline uint32_t job_rank(const struct job_services *s)
{
	const struct job_io *io = job_io(s);

	return io && io->nr_ranks ? io->rank : 0;
}

static inline uint32_t job_nr_ranks(const struct job_services *s)
{
	const struct job_io *io = job_io(s);

	return io && io->nr_ranks ? io->nr_ranks : 1;
}

/* How long a rank spins at a barrier: about what a sleep would cost it. */
#define JOB_SPIN_NS 20000u
/* A rank that sleeps looks again after so long, and then half as often ... */
#define JOB_NAP_NS	1000000u
#define JOB_NAP_MOST_NS 100000000u /* ... but at least as often as this */

/* What job_barrier() waits for. */
struct job_barrier {
	struct job_gang *gang;
	uint32_t id, rank, nr_ranks;
	uint32_t turn;
};

/* Where the gang's page is; false if the job was not given it. */
static inline int job_find_gang(const struct job_services *s,
				const struct job_io *io, struct job_barrier *b)
{
	for (uint32_t i = 0; i < s->nr_areas && i < JOB_MAX_AREAS; i++) {
		const struct job_area *a = &s->area[i];

		if (a->node != io->gang_node || a->bytes < JOB_GANG_BYTES ||
		    io->gang_offset > a->bytes - JOB_GANG_BYTES)
			continue;
		b->gang = (struct job_gang *)(a->va + io->gang_offset);
		b->id = io->gang_id;
		b->rank = io->rank;
		b->nr_ranks = io->nr_ranks;
		return b->rank < JOB_MAX_RANKS;
	}
	return 0;
}

/*
 * One more has come. 1: it was the last, 0: there are others to wait for, -1:
 * the gang is over, or its page is another gang's.
 */
static inline int job_arrive(struct job_barrier *b)
{
	uint64_t *state = &b->gang->state;
	uint64_t old = __atomic_load_n(state, __ATOMIC_ACQUIRE), next;
	int last;

	if (__atomic_load_n(&b->gang->over, __ATOMIC_ACQUIRE) == b->id)
		return -1;
	do {
		if (JOB_GANG_ID(old) != b->id)
			return -1;
		b->turn = JOB_GANG_TURN(old);
		last = JOB_GANG_NR(old) + 1 >= b->nr_ranks;
		next = last ? JOB_GANG_STATE(b->id, b->turn + 1, 0) : old + 1;
	} while (!__atomic_compare_exchange_n(
		state, &old, next, 0, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE));
	return last;
}

/*
 * 1: all have come, 0: not yet, -1: they never will. Whether the gang is over
 * is read first: a rank may end right behind the barrier.
 */
static inline int job_look(const struct job_services *s,
			   const struct job_barrier *b)
{
	int over = s->stop ||
		   __atomic_load_n(&b->gang->over, __ATOMIC_ACQUIRE) == b->id;
	uint64_t now = __atomic_load_n(&b->gang->state, __ATOMIC_SEQ_CST);

	if (JOB_GANG_ID(now) != b->id)
		return -1;
	if (JOB_GANG_TURN(now) != b->turn)
		return 1;
	return over ? -1 : 0;
}

static inline int job_spin(const struct job_services *s,
			   const struct job_barrier *b, uint64_t ns)
{
	uint64_t begin = job_tsc(), ticks = job_ticks(s, ns);
	int how;

	for (uint32_t i = 1;; i++) {
		how = job_look(s, b);
		if (how || job_tsc() - begin >= ticks)
			return how;
		if (i % 16 == 0)
			__builtin_ia32_pause();
	}
}

/*
 * Who comes last looks for sleepers behind its arrival, a sleeper looks for the
 * end of the barrier behind its word: one of them sees the other.
 */
static inline int job_sleep(const struct job_services *s,
			    const struct job_barrier *b)
{
	uint32_t *asleep = &b->gang->asleep[b->rank];
	uint64_t ns = JOB_NAP_NS;
	int how;

	__atomic_store_n(asleep, JOB_GANG_ASLEEP(b->turn), __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&b->gang->nr_asleep, 1, __ATOMIC_SEQ_CST);
	while (!(how = job_look(s, b))) {
		job_wait(ns);
		ns = ns * 2 < JOB_NAP_MOST_NS ? ns * 2 : JOB_NAP_MOST_NS;
	}
	/* it ends, or the page is another gang's: nothing to take back */
	if (how < 0)
		return how;
	__atomic_fetch_sub(&b->gang->nr_asleep, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(asleep, 0, __ATOMIC_SEQ_CST);
	return how;
}

/* job_barrier() that spins for @spin_ns. */
static inline int job_barrier_spin(const struct job_services *s,
				   uint64_t spin_ns)
{
	const struct job_io *io = job_io(s);
	struct job_barrier b;
	int how;

	if (!io || io->nr_ranks < 2)
		return 0;
	if (!job_find_gang(s, io, &b))
		return 1;
	how = job_arrive(&b);
	/* the client rings those who sleep */
	if (how == 1 && __atomic_load_n(&b.gang->nr_asleep, __ATOMIC_SEQ_CST))
		job_notify();
	if (!how)
		how = job_spin(s, &b, spin_ns);
	if (!how)
		how = job_sleep(s, &b);
	return how < 0;
}

/*
 * Waits until all ranks of the gang have come, which see what each of them has
 * written before: 0. 1: they never will, as one has ended or the job is to
 * stop: return from job_main(). It spins for JOB_SPIN_NS and sleeps then, which
 * may take a ring: look at what rings are for before the next job_wait().
 */
static inline int job_barrier(const struct job_services *s)
{
	return job_barrier_spin(s, JOB_SPIN_NS);
}

#endif
