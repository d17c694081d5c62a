/* SPDX-License-Identifier: MIT */
/*
 * A ring of records in shared memory, from one writer to one reader: a thread
 * of Linux, a job, in either direction. For C, C++ and jobs; no library is
 * needed.
 *
 * Each side keeps what it knows of the ring in a struct of its own, and
 * believes nothing in shared memory but records: whatever the other side writes
 * there, no access is outside of the ring. A record is copied before it is
 * used; what it says is for the reader to check. docs/jobs.md has an example.
 */
#ifndef SIDECAR_RING_H
#define SIDECAR_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define SIDECAR_RING_ASSERT(x, text) static_assert(x, text)
#else
#define SIDECAR_RING_ASSERT(x, text) _Static_assert(x, text)
#endif

/* Two sides never write the same cache line. */
#define SIDECAR_RING_LINE	 64u
#define SIDECAR_RING_MAX_RECORDS (1u << 24)
#define SIDECAR_RING_MAX_BYTES	 (1u << 20) /* of a record */

/* As it lies in shared memory, at a multiple of a line; the records follow. */
struct sidecar_ring_shared {
	uint32_t head; /*   0: the writer's: records ever written */
	uint8_t reserved0[60];
	uint32_t tail; /*  64: the reader's: records ever read */
	uint8_t reserved1[60];
};
SIDECAR_RING_ASSERT(sizeof(struct sidecar_ring_shared) == 128, "ring");

/* One side's own: never in shared memory. */
struct sidecar_ring {
	struct sidecar_ring_shared *shared;
	uint32_t nr, record_bytes;
	uint32_t own;	/* the index that this side writes */
	uint32_t other; /* the other one, as of the last look */
};

/* Any word of a record, whatever the caller's type is. */
typedef uint64_t __attribute__((may_alias, aligned(1))) sidecar_ring_word;

/* Bytes of shared memory for @nr records; 0 if there is no such ring. */
static inline size_t sidecar_ring_size(uint32_t nr, uint32_t record_bytes)
{
	if (!nr || nr > SIDECAR_RING_MAX_RECORDS || nr & (nr - 1) ||
	    !record_bytes || record_bytes > SIDECAR_RING_MAX_BYTES ||
	    record_bytes % 8)
		return 0;
	return sizeof(struct sidecar_ring_shared) + (size_t)nr * record_bytes;
}

/* Both sides call one of these with the same numbers; none is read there. */
static inline bool sidecar_ring_attach(struct sidecar_ring *r, void *p,
				       size_t bytes, uint32_t nr,
				       uint32_t record_bytes)
{
	size_t needed = sidecar_ring_size(nr, record_bytes);

	r->shared = NULL;
	r->own = r->other = 0;
	if (!needed || bytes < needed || (uintptr_t)p % SIDECAR_RING_LINE)
		return false;
	r->shared = (struct sidecar_ring_shared *)p;
	r->nr = nr;
	r->record_bytes = record_bytes;
	return true;
}

/*
 * An empty ring of @nr records (a power of two) of @record_bytes (a multiple of
 * 8) in the @bytes at @p, before either side uses it. False: they do not fit.
 */
static inline bool sidecar_ring_init(void *p, size_t bytes, uint32_t nr,
				     uint32_t record_bytes)
{
	struct sidecar_ring r;

	if (!sidecar_ring_attach(&r, p, bytes, nr, record_bytes))
		return false;
	__atomic_store_n(&r.shared->tail, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&r.shared->head, 0, __ATOMIC_RELEASE);
	return true;
}

/*
 * The writing side, or the reading one, of a ring that is there; also one that
 * goes on where an earlier writer or reader has ended. False: no such ring.
 */
static inline bool sidecar_ring_writer(struct sidecar_ring *r, void *p,
				       size_t bytes, uint32_t nr,
				       uint32_t record_bytes)
{
	if (!sidecar_ring_attach(r, p, bytes, nr, record_bytes))
		return false;
	r->own = __atomic_load_n(&r->shared->head, __ATOMIC_ACQUIRE);
	r->other = __atomic_load_n(&r->shared->tail, __ATOMIC_ACQUIRE);
	if (r->own - r->other <= nr)
		return true;
	r->other = r->own - nr; /* full */
	return false;
}

static inline bool sidecar_ring_reader(struct sidecar_ring *r, void *p,
				       size_t bytes, uint32_t nr,
				       uint32_t record_bytes)
{
	if (!sidecar_ring_attach(r, p, bytes, nr, record_bytes))
		return false;
	r->own = __atomic_load_n(&r->shared->tail, __ATOMIC_ACQUIRE);
	r->other = __atomic_load_n(&r->shared->head, __ATOMIC_ACQUIRE);
	if (r->other - r->own <= nr)
		return true;
	r->other = r->own; /* empty */
	return false;
}

/* By words, so that a job needs no memcpy(). */
static inline void sidecar_ring_copy(void *to, const void *from, uint32_t bytes)
{
	sidecar_ring_word *t = (sidecar_ring_word *)to;
	const sidecar_ring_word *f = (const sidecar_ring_word *)from;

	for (uint32_t i = 0; i < bytes / 8; i++)
		t[i] = f[i];
}

/* The record of index @i, whatever that is: in the ring. */
static inline uint8_t *sidecar_ring_record(const struct sidecar_ring *r,
					   uint32_t i)
{
	return (uint8_t *)(r->shared + 1) +
	       (size_t)(i & (r->nr - 1)) * r->record_bytes;
}

/*
 * How many records can be written, by the writer; -1: the reader's index is
 * none that it could have. The other side's line is looked at only when it must
 * be.
 */
static inline int32_t sidecar_ring_room(struct sidecar_ring *r, uint32_t wanted)
{
	if (r->nr - (r->own - r->other) < wanted) {
		r->other = __atomic_load_n(&r->shared->tail, __ATOMIC_ACQUIRE);
		if (r->own - r->other > r->nr) {
			r->other = r->own - r->nr;
			return -1;
		}
	}
	return (int32_t)(r->nr - (r->own - r->other));
}

/* How many records can be read, by the reader; -1 as above. */
static inline int32_t sidecar_ring_ready(struct sidecar_ring *r,
					 uint32_t wanted)
{
	if (r->other - r->own < wanted) {
		r->other = __atomic_load_n(&r->shared->head, __ATOMIC_ACQUIRE);
		if (r->other - r->own > r->nr) {
			r->other = r->own;
			return -1;
		}
	}
	return (int32_t)(r->other - r->own);
}

/* Writes a copy of @record. 1: done, 0: the ring is full, -1: it is broken. */
static inline int sidecar_ring_put(struct sidecar_ring *r, const void *record)
{
	int32_t room = sidecar_ring_room(r, 1);

	if (room <= 0)
		return room;
	sidecar_ring_copy(sidecar_ring_record(r, r->own), record,
			  r->record_bytes);
	/* pairs with the load in sidecar_ring_ready() */
	__atomic_store_n(&r->shared->head, ++r->own, __ATOMIC_RELEASE);
	return 1;
}

/* Reads the next one into @record. 1: done, 0: there is none, -1: broken. */
static inline int sidecar_ring_get(struct sidecar_ring *r, void *record)
{
	int32_t ready = sidecar_ring_ready(r, 1);

	if (ready <= 0)
		return ready;
	sidecar_ring_copy(record, sidecar_ring_record(r, r->own),
			  r->record_bytes);
	/* pairs with the load in sidecar_ring_room() */
	__atomic_store_n(&r->shared->tail, ++r->own, __ATOMIC_RELEASE);
	return 1;
}

#endif
