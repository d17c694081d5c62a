/* SPDX-License-Identifier: MIT */
/*
 * The ring of sidecar/ring.h: two threads with records that must come whole and
 * in order (built a second time under ThreadSanitizer), and another side that
 * writes whatever it likes while AddressSanitizer watches what is beside.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sidecar/ring.h"

#ifndef NR_MESSAGES
#define NR_MESSAGES 1000000u
#endif

struct record {
	uint64_t number, twice, rest[5];
};

static size_t ring_bytes;

/* Just as large as it has to be: what is behind it is poisoned. */
static void *new_ring(uint32_t nr, uint32_t record_bytes)
{
	void *p = NULL;

	ring_bytes = sidecar_ring_size(nr, record_bytes);
	assert_true(ring_bytes > 0);
	assert_int_equal(posix_memalign(&p, SIDECAR_RING_LINE, ring_bytes), 0);
	memset(p, 0xa5, ring_bytes);
	assert_true(sidecar_ring_init(p, ring_bytes, nr, record_bytes));
	return p;
}

/* ---- One thread --------------------------------------------------------- */

static void geometry(void **state)
{
	static const struct {
		uint32_t nr, bytes;
		size_t size;
	} cases[] = {
		{1, 8, 136},	    {4, 56, 352},
		{0, 8, 0},	    {3, 8, 0},
		{4, 0, 0},	    {4, 12, 0},
		{1u << 31, 8, 0},   {1u << 25, 8, 0},
		{4, 1u << 21, 0},   {1u << 24, 8, (1u << 27) + 128},
		{4, 0xfffffff8, 0}, {0xffffffff, 8, 0},
	};
	struct sidecar_ring r;
	uint8_t *p = new_ring(4, 56);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_true(sidecar_ring_size(cases[i].nr, cases[i].bytes) ==
			    cases[i].size);
	assert_false(sidecar_ring_init(p, ring_bytes - 1, 4, 56));
	assert_false(sidecar_ring_init(p + 8, ring_bytes, 4, 56));
	assert_false(sidecar_ring_writer(&r, p, ring_bytes, 3, 56));
	assert_false(sidecar_ring_reader(&r, p, 0, 4, 56));
	free(p);
}

static void fills_and_empties(void **state)
{
	void *p = new_ring(4, sizeof(struct record));
	struct sidecar_ring w, r;
	struct record got, put = {0};

	(void)state;
	assert_true(sidecar_ring_writer(&w, p, ring_bytes, 4, sizeof(put)));
	assert_true(sidecar_ring_reader(&r, p, ring_bytes, 4, sizeof(put)));
	for (uint64_t round = 0; round < 10; round++) {
		assert_int_equal(sidecar_ring_get(&r, &got), 0);
		assert_int_equal(sidecar_ring_ready(&r, 1), 0);
		assert_int_equal(sidecar_ring_room(&w, 4), 4);
		for (uint64_t i = 0; i < 4; i++) {
			put.number = 4 * round + i;
			assert_int_equal(sidecar_ring_put(&w, &put), 1);
		}
		assert_int_equal(sidecar_ring_put(&w, &put), 0);
		assert_int_equal(sidecar_ring_ready(&r, 4), 4);
		for (uint64_t i = 0; i < 4; i++) {
			assert_int_equal(sidecar_ring_get(&r, &got), 1);
			assert_int_equal(got.number, 4 * round + i);
		}
	}
	free(p);
}

/* Indices are 32 bits and go round. */
static void wraps(void **state)
{
	struct sidecar_ring_shared *p = new_ring(2, 8);
	struct sidecar_ring w, r;
	uint64_t got;

	(void)state;
	p->head = p->tail = UINT32_MAX - 2;
	assert_true(sidecar_ring_writer(&w, p, ring_bytes, 2, 8));
	assert_true(sidecar_ring_reader(&r, p, ring_bytes, 2, 8));
	for (uint64_t i = 0; i < 8; i++) {
		assert_int_equal(sidecar_ring_put(&w, &i), 1);
		assert_int_equal(sidecar_ring_get(&r, &got), 1);
		assert_int_equal(got, i);
	}
	assert_int_equal(p->head, 5);
	free(p);
}

/* The next writer or reader goes on where the last one was. */
static void goes_on(void **state)
{
	void *p = new_ring(4, 8);
	struct sidecar_ring w, r;
	uint64_t i, got;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(sidecar_ring_writer(&w, p, ring_bytes, 4, 8));
		assert_int_equal(sidecar_ring_put(&w, &i), 1);
	}
	for (i = 0; i < 3; i++) {
		assert_true(sidecar_ring_reader(&r, p, ring_bytes, 4, 8));
		assert_int_equal(sidecar_ring_get(&r, &got), 1);
		assert_int_equal(got, i);
	}
	free(p);
}

/* ---- Another side that is hostile --------------------------------------- */

static void hostile_reader(void **state)
{
	struct sidecar_ring_shared *p = new_ring(4, 8);
	struct sidecar_ring w;
	uint64_t v = 1;

	(void)state;
	assert_true(sidecar_ring_writer(&w, p, ring_bytes, 4, 8));
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(sidecar_ring_put(&w, &v), 1);
	p->tail = 5; /* more than was written */
	assert_int_equal(sidecar_ring_put(&w, &v), -1);
	p->tail = 0x80000000;
	assert_int_equal(sidecar_ring_put(&w, &v), -1);
	p->tail = UINT32_MAX;
	assert_int_equal(sidecar_ring_put(&w, &v), -1);
	assert_false(sidecar_ring_writer(&w, p, ring_bytes, 4, 8));
	p->tail = 1;
	assert_true(sidecar_ring_writer(&w, p, ring_bytes, 4, 8));
	p->head = 77; /* the writer's own is not read again */
	assert_int_equal(sidecar_ring_put(&w, &v), 1);
	assert_int_equal(p->head, 5);
	free(p);
}

static void hostile_writer(void **state)
{
	struct sidecar_ring_shared *p = new_ring(4, 8);
	struct sidecar_ring r;
	uint64_t v;

	(void)state;
	assert_true(sidecar_ring_reader(&r, p, ring_bytes, 4, 8));
	p->head = 5;
	assert_int_equal(sidecar_ring_get(&r, &v), -1);
	p->head = UINT32_MAX;
	assert_int_equal(sidecar_ring_get(&r, &v), -1);
	assert_false(sidecar_ring_reader(&r, p, ring_bytes, 4, 8));
	p->head = 1;
	p->tail = 99;
	assert_int_equal(sidecar_ring_get(&r, &v), 1);
	assert_int_equal(p->tail, 1);
	free(p);
}

/* Any value at any moment: nothing outside of the ring is touched. */
static void random_indices(void **state)
{
	struct sidecar_ring_shared *p = new_ring(8, sizeof(struct record));
	struct sidecar_ring w, r;
	struct record rec = {0};

	(void)state;
	assert_true(sidecar_ring_writer(&w, p, ring_bytes, 8, sizeof(rec)));
	assert_true(sidecar_ring_reader(&r, p, ring_bytes, 8, sizeof(rec)));
	srandom(1);
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t near = (uint32_t)random() % 20;

		p->head = random() & 1 ? (uint32_t)random() * 2 : r.own + near;
		p->tail = random() & 1 ? (uint32_t)random() * 2 : w.own - near;
		assert_in_range(sidecar_ring_put(&w, &rec) + 1, 0, 2);
		assert_in_range(sidecar_ring_get(&r, &rec) + 1, 0, 2);
	}
	free(p);
}

/* ---- Two threads -------------------------------------------------------- */

static void *write_all(void *p)
{
	struct sidecar_ring w;
	struct record rec;

	if (!sidecar_ring_writer(&w, p, ring_bytes, 16, sizeof(rec)))
		return p;
	for (uint64_t i = 0; i < NR_MESSAGES; i++) {
		rec = (struct record){i, 2 * i, {i, i, i, i, i}};
		while (!sidecar_ring_put(&w, &rec))
			sched_yield();
	}
	return NULL;
}

static void two_threads(void **state)
{
	void *p = new_ring(16, sizeof(struct record)), *failed;
	struct sidecar_ring r;
	struct record rec;
	pthread_t writer;

	(void)state;
	assert_true(sidecar_ring_reader(&r, p, ring_bytes, 16, sizeof(rec)));
	assert_int_equal(pthread_create(&writer, NULL, write_all, p), 0);
	for (uint64_t i = 0; i < NR_MESSAGES; i++) {
		int got;

		while (!(got = sidecar_ring_get(&r, &rec)))
			sched_yield();
		assert_int_equal(got, 1);
		assert_true(rec.number == i && rec.twice == 2 * i);
		for (uint32_t k = 0; k < 5; k++)
			assert_true(rec.rest[k] == i);
	}
	assert_int_equal(pthread_join(writer, &failed), 0);
	assert_null(failed);
	assert_int_equal(sidecar_ring_get(&r, &rec), 0);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geometry),
		cmocka_unit_test(fills_and_empties),
		cmocka_unit_test(wraps),
		cmocka_unit_test(goes_on),
		cmocka_unit_test(hostile_reader),
		cmocka_unit_test(hostile_writer),
		cmocka_unit_test(random_indices),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
