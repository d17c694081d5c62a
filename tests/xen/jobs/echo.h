/* SPDX-License-Identifier: MIT */
/*
 * What the job `echo` and its clients agree on: where things are in shared
 * memory, and the loops that answer.
 */
#ifndef ECHO_H
#define ECHO_H

#include "sidecar/ring.h"

/* arg[0] of the job */
#define ECHO_LINE 0u /* polls a line of shared memory */
#define ECHO_RING 1u /* polls a ring */
#define ECHO_BELL 2u /* empties the ring, then waits to be rung */
#define ECHO_DEAF 3u /* polls a ring, and does not stop when it is told to */

#define ECHO_RECORDS   64u
#define ECHO_RING_ROOM 16384u

struct echo_record {
	uint64_t number;
	uint64_t tsc; /* the answer's */
};

/* At the start of shared memory; each side writes a line of its own. */
struct echo_area {
	uint64_t asked;
	uint8_t reserved0[56];
	uint64_t answered;
	uint8_t reserved1[4096 - 72];
	uint8_t to[ECHO_RING_ROOM], from[ECHO_RING_ROOM];
};

/* Not at each turn: docs/testing.md, the emulator. */
static inline void echo_pause(uint32_t *turn)
{
	if (!(++*turn % 64))
		__builtin_ia32_pause();
}

/* Answers numbers, the first of which is not 0, until *@stop. */
static inline void echo_line(struct echo_area *a, const volatile uint32_t *stop)
{
	uint64_t seen = 0, asked;
	uint32_t turn = 0;

	while (!*stop) {
		asked = __atomic_load_n(&a->asked, __ATOMIC_ACQUIRE);
		if (asked != seen) {
			seen = asked;
			__atomic_store_n(&a->answered, seen, __ATOMIC_RELEASE);
		} else {
			echo_pause(&turn);
		}
	}
}

/* The side that answers; false: there is no room for the rings. */
static inline bool echo_attach(struct echo_area *a, struct sidecar_ring *to,
			       struct sidecar_ring *from)
{
	const uint32_t bytes = sizeof(struct echo_record);

	return sidecar_ring_reader(to, a->to, sizeof(a->to), ECHO_RECORDS,
				   bytes) &&
	       sidecar_ring_writer(from, a->from, sizeof(a->from), ECHO_RECORDS,
				   bytes);
}

/* The side that asks, and makes both rings empty before the other one begins */
static inline bool echo_begin(struct echo_area *a, struct sidecar_ring *to,
			      struct sidecar_ring *from)
{
	const uint32_t bytes = sizeof(struct echo_record);

	a->asked = a->answered = 0;
	return sidecar_ring_init(a->to, sizeof(a->to), ECHO_RECORDS, bytes) &&
	       sidecar_ring_init(a->from, sizeof(a->from), ECHO_RECORDS,
				 bytes) &&
	       sidecar_ring_writer(to, a->to, sizeof(a->to), ECHO_RECORDS,
				   bytes) &&
	       sidecar_ring_reader(from, a->from, sizeof(a->from), ECHO_RECORDS,
				   bytes);
}

/* Answers what there is; how much that was. */
static inline uint32_t echo_answer(struct sidecar_ring *to,
				   struct sidecar_ring *from, uint64_t tsc)
{
	struct echo_record r;
	uint32_t nr = 0;

	while (sidecar_ring_get(to, &r) == 1) {
		r.tsc = tsc;
		nr += sidecar_ring_put(from, &r) == 1;
	}
	return nr;
}

static inline void echo_ring(struct sidecar_ring *to, struct sidecar_ring *from,
			     const volatile uint32_t *stop)
{
	uint32_t turn = 0;

	while (!*stop)
		if (!echo_answer(to, from, 0))
			echo_pause(&turn);
}

#endif
