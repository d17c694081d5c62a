/* SPDX-License-Identifier: MIT */
/*
 * What a job is written with: one function, job_main(), and the services
 * below. No C library; SSE always, AVX where CPUID says so; nothing
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

/* ---- Time --------------------------------------------------------------- */

static inline uint64_t job_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* ---- The log ------------------------------------------------------------ */

static inline void job_service(uint32_t service, uint32_t arg)
{
	__asm__ volatile("int %[vector]"
			 : "+a"(service)
			 : "D"(arg), [vector] "i"(JOB_INT)
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

#endif
