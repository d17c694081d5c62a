/* SPDX-License-Identifier: MIT */
/*
 * The log of a job. The vCPU writes on whether it is read or not; what it may
 * have overwritten meanwhile is not handed out.
 */
#include <string.h>

#include "barrier.h"
#include "job_log.h"

void job_log_clear(const struct sidecar_vcpu *v)
{
	v->command->log_tail = load_acquire(&v->command->log_head);
}

/* How many bytes from @from on are no longer those that were read. */
static uint32_t overwritten(const volatile struct sidecar_command *c,
			    uint32_t from, uint32_t bytes)
{
	int32_t n = (int32_t)(c->log_writing - SIDECAR_LOG_SIZE - from);

	if (n <= 0)
		return 0;
	return (uint32_t)n < bytes ? (uint32_t)n : bytes;
}

/* @bytes from @from on; how many of the first are lost. */
static uint32_t copy_log(const volatile struct sidecar_command *c,
			 uint32_t from, uint32_t bytes, char *to)
{
	uint32_t lost;

	for (uint32_t i = 0; i < bytes; i++)
		to[i] = c->log[(from + i) % SIDECAR_LOG_SIZE];
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	lost = overwritten(c, from, bytes);
	memmove(to, to + lost, bytes - lost);
	return lost;
}

/* From @tail on; where to go on, up to @head. */
static uint32_t read_on(const volatile struct sidecar_command *c, uint32_t tail,
			uint32_t head, struct sidecar_progress *p)
{
	uint32_t from = tail, bytes, lost;

	if (!p->log || !p->log_size)
		return head;
	if (head - from > SIDECAR_LOG_SIZE)
		from = head - SIDECAR_LOG_SIZE;
	bytes = head - from;
	if (bytes > p->log_size)
		bytes = (uint32_t)p->log_size;
	lost = copy_log(c, from, bytes, p->log);
	p->log_bytes = bytes - lost;
	p->log_lost = from + lost - tail;
	return from + bytes;
}

/* Any number may watch a job: what it has read is each one's own. */
bool job_log_read(struct sidecar_vcpu *v, struct sidecar_progress *p)
{
	volatile struct sidecar_command *c = v->command;
	struct job *job = &v->job;
	uint32_t head = load_acquire(&c->log_head);
	struct backend *b = v->s->backend;

	if (job->leaves_log)
		return true;
	if (job->attached) {
		job->log_at = read_on(c, job->log_at, head, p);
		return job->log_at == head;
	}
	c->log_tail = read_on(c, c->log_tail, head, p);
	if (b->log_lost && p->log && p->log_size)
		p->log_lost += b->log_lost(b, &v->cpu);
	return c->log_tail == head;
}
