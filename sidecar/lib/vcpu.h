/* SPDX-License-Identifier: MIT */
/* libsidecar: what a vCPU is doing; reads only. */
#ifndef VCPU_H
#define VCPU_H

#include "barrier.h"
#include "error.h"

/* Its status byte, with acquire order. */
static inline uint8_t vcpu_state(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;

	if (b->look)
		b->look(b, &v->cpu);
	return load_acquire(v->status);
}

/* RUN or STOP. */
static inline bool vcpu_state_has_command(uint8_t state)
{
	return state == SIDECAR_RUN || state == SIDECAR_STOP;
}

/* The same or REMOVE: a vCPU in the sidecar that sees it changes it. */
static inline bool vcpu_state_wants_answer(uint8_t state)
{
	return vcpu_state_has_command(state) || state == SIDECAR_REMOVE;
}

/* 1, 0: DOWN, or -1: not known. */
static inline int vcpu_is_up(const struct sidecar_vcpu *v)
{
	return v->s->backend->is_up(v->s->backend, &v->cpu);
}

/* For its command page: where it sends events; 0 if nothing tells. */
static inline uint64_t vcpu_event(const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;

	return b->event ? b->event(b) : 0;
}

/* A wait ends when something has happened, not only when its time is over. */
static inline bool vcpu_tells(const struct sidecar_vcpu *v)
{
	return v->s->backend->fd >= 0 &&
	       (!v->s->backend->event || vcpu_event(v));
}

/* SIDECAR_E_LINUX if Linux has it or is bringing it up, or nobody can tell. */
enum sidecar_error vcpu_check_linux(const struct sidecar_vcpu *v);
/* Why nobody can tell: Linux is bringing it up or down, or its files fail. */
enum sidecar_error vcpu_error_moving(const struct sidecar_vcpu *v);
/*
 * SIDECAR_E_WAY, with what is missing, if vCPUs cannot be woken; if no NMI
 * reaches one that runs; if there is no INIT and SIPI. To be called before a
 * state is changed that only the vCPU changes back.
 */
enum sidecar_error vcpu_check_can_wake(const struct sidecar_vcpu *v);
enum sidecar_error vcpu_check_can_interrupt(const struct sidecar_vcpu *v);
enum sidecar_error vcpu_check_can_init(const struct sidecar_vcpu *v);
/* According to its command page a job runs; from INIT on, none does. */
bool vcpu_has_begun_job(const struct sidecar_vcpu *v);
/* The last job that has begun on it, and whether that still is the last. */
struct job_name vcpu_last_job(const struct sidecar_vcpu *v);
bool vcpu_is_last_job(const struct sidecar_vcpu *v, const struct job_name *job);
/*
 * Of a vCPU whose job has begun: it is DOWN, which no job ever is, as Linux had
 * it and gave it up. Where nobody can ask Xen, the job's note tells.
 */
bool vcpu_is_down_in_job(const struct sidecar_vcpu *v);
/* A job runs on it, of any client. */
bool vcpu_has_job(const struct sidecar_vcpu *v);
/* Its share of scratch, and the offset of that share; 0: none. */
uint64_t vcpu_slice_bytes(const struct sidecar_vcpu *v);
uint64_t vcpu_slice_offset(const struct sidecar_vcpu *v);

#endif
