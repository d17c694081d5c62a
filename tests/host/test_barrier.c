/* SPDX-License-Identifier: MIT */
/*
 * The barrier of job.h, on threads in place of vCPUs: a job's services, the
 * page behind its memory, shared memory; int JOB_INT arrives as a signal.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include <cmocka.h>

#include "sidecar/job.h"

#define RANKS  4u
#define TURNS  3000u
#define ID     0x1234567u
#define NODE   3u
#define NAP_NS 20000

/* The gang's page is the second one of the node's shared memory. */
static struct {
	uint8_t others[4096];
	struct job_gang gang;
} shared __attribute__((aligned(4096)));

static struct rank {
	struct job_services s;
	uint8_t memory[2 * JOB_IO_BYTES] __attribute__((aligned(4096)));
	uint32_t turns; /* seen by all others behind each barrier */
	uint32_t nr_bad;
	int how;
} rank[RANKS];

static uint32_t nr_notified, nr_waits;

static void on_service(int number, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *rip = (const uint8_t *)r[REG_RIP];
	const struct timespec nap = {0, NAP_NS};

	(void)number;
	(void)info;
	if (rip[0] != 0xcd || rip[1] != JOB_INT)
		abort();
	r[REG_RIP] += 2;
	switch ((uint32_t)r[REG_RAX]) {
	case JOB_SERVICE_NOTIFY:
		__atomic_fetch_add(&nr_notified, 1, __ATOMIC_RELAXED);
		return;
	case JOB_SERVICE_WAIT:
		__atomic_fetch_add(&nr_waits, 1, __ATOMIC_RELAXED);
		nanosleep(&nap, NULL);
		r[REG_RAX] = 0;
		return;
	default:
		abort();
	}
}

/* In each test, as cmocka has its own in front of it. */
static void hear_services(void)
{
	const struct sigaction action = {.sa_sigaction = on_service,
					 .sa_flags = SA_SIGINFO};

	assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
}

static struct job_io *io_of(struct rank *r)
{
	return (struct job_io *)(r->memory + JOB_IO_BYTES);
}

static void make_rank(uint32_t i, uint32_t nr)
{
	struct rank *r = &rank[i];

	memset(r, 0, sizeof(*r));
	r->s.tsc_khz = 2000000;
	r->s.run_flags = JOB_RUN_IO;
	r->s.memory_va = (uint64_t)r->memory;
	r->s.memory_bytes = sizeof(r->memory);
	r->s.nr_areas = 2;
	r->s.area[0] = (struct job_area){.bytes = 4096, .node = NODE + 1};
	r->s.area[1] = (struct job_area){
		.va = (uint64_t)&shared,
		.bytes = sizeof(shared),
		.node = NODE,
	};
	*io_of(r) = (struct job_io){
		.magic = JOB_IO_MAGIC,
		.version = JOB_IO_VERSION,
		.in_end = JOB_IO_BYTES,
		.rank = i,
		.nr_ranks = nr,
		.gang_id = ID,
		.gang_node = NODE,
		.gang_offset = 4096,
	};
}

static int setup(void **state)
{
	(void)state;
	memset(&shared, 0, sizeof(shared));
	shared.gang.state = JOB_GANG_STATE(ID, 0, 0);
	for (uint32_t i = 0; i < RANKS; i++)
		make_rank(i, RANKS);
	nr_notified = nr_waits = 0;
	return 0;
}

/* ---- All of them -------------------------------------------------------- */

/* Plain memory, which the barriers alone keep in order. */
static void check_others(struct rank *r, uint32_t turn)
{
	for (uint32_t i = 0; i < RANKS; i++)
		r->nr_bad += rank[i].turns != turn;
}

static void *turn_after_turn(void *arg)
{
	struct rank *r = arg;
	const struct timespec nap = {0, 10 * NAP_NS};

	for (uint32_t turn = 1; turn <= TURNS && !r->how; turn++) {
		/* the others have to sleep now and then */
		if (turn % 97 == 0 && turn % RANKS == job_rank(&r->s))
			nanosleep(&nap, NULL);
		r->turns = turn;
		r->how = job_barrier(&r->s);
		check_others(r, turn);
		if (!r->how)
			r->how = job_barrier_spin(&r->s, 0);
	}
	return NULL;
}

static void run_all(void *(*f)(void *))
{
	pthread_t thread[RANKS];

	hear_services();
	for (uint32_t i = 0; i < RANKS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, f, &rank[i]),
				 0);
	for (uint32_t i = 0; i < RANKS; i++)
		pthread_join(thread[i], NULL);
}

static void all_ranks_meet(void **state)
{
	(void)state;
	/* a turn that is as large as it can be */
	shared.gang.state = JOB_GANG_STATE(ID, 0xfff0, 0);
	run_all(turn_after_turn);
	for (uint32_t i = 0; i < RANKS; i++) {
		assert_int_equal(rank[i].how, 0);
		assert_int_equal(rank[i].nr_bad, 0);
		assert_int_equal(rank[i].turns, TURNS);
		assert_int_equal(shared.gang.asleep[i], 0);
	}
	assert_int_equal(shared.gang.nr_asleep, 0);
	assert_true(nr_waits > 0 && nr_notified > 0);
	assert_int_equal(JOB_GANG_NR(shared.gang.state), 0);
	assert_int_equal(JOB_GANG_TURN(shared.gang.state),
			 (0xfff0 + 2 * TURNS) & 0xffff);
	/* nothing else was written */
	for (size_t i = 0; i < sizeof(shared.others); i++)
		assert_int_equal(shared.others[i], 0);
}

/* ---- Not all of them ---------------------------------------------------- */

static void *one_barrier(void *arg)
{
	struct rank *r = arg;

	r->how = job_barrier(&r->s);
	return NULL;
}

static void last_comes(void)
{
	assert_int_equal(job_barrier(&rank[0].s), 0);
}

/* All but rank 0 wait; then @change is made. */
static void wait_until(void (*change)(void))
{
	const struct timespec nap = {0, 2000000};
	pthread_t thread[RANKS];

	hear_services();
	for (uint32_t i = 1; i < RANKS; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, one_barrier, &rank[i]),
			0);
	while (__atomic_load_n(&shared.gang.nr_asleep, __ATOMIC_SEQ_CST) !=
	       RANKS - 1)
		nanosleep(&nap, NULL);
	for (uint32_t i = 1; i < RANKS; i++)
		assert_int_equal(shared.gang.asleep[i], JOB_GANG_ASLEEP(0u));
	change();
	for (uint32_t i = 1; i < RANKS; i++)
		pthread_join(thread[i], NULL);
	/* who gives up writes nothing: the page may be another gang's */
	assert_int_equal(shared.gang.nr_asleep,
			 change == last_comes ? 0 : RANKS - 1);
}

static void one_has_ended(void)
{
	__atomic_store_n(&shared.gang.over, ID, __ATOMIC_SEQ_CST);
}

static void all_are_stopped(void)
{
	for (uint32_t i = 0; i < RANKS; i++)
		__atomic_store_n(&rank[i].s.stop, 1, __ATOMIC_SEQ_CST);
}

static void another_gang(void)
{
	__atomic_store_n(&shared.gang.state, JOB_GANG_STATE(ID + 2, 0, 0),
			 __ATOMIC_SEQ_CST);
}

static void sleepers_go_on(void **state)
{
	(void)state;
	wait_until(last_comes);
	for (uint32_t i = 0; i < RANKS; i++)
		assert_int_equal(rank[i].how, 0);
	assert_int_equal(nr_notified, 1);
}

static void sleepers_give_up(void **state)
{
	void (*const why[])(void) = {one_has_ended, all_are_stopped,
				     another_gang};

	for (size_t k = 0; k < sizeof(why) / sizeof(why[0]); k++) {
		setup(state);
		wait_until(why[k]);
		for (uint32_t i = 1; i < RANKS; i++)
			assert_int_equal(rank[i].how, 1);
		/* nor is it waited for by who comes now */
		if (why[k] != all_are_stopped)
			assert_int_equal(job_barrier(&rank[0].s), 1);
	}
	/* the other gang's page is as it was */
	assert_true(shared.gang.state == JOB_GANG_STATE(ID + 2, 0, 0));
}

/* Ranks end behind the last barrier while one has not looked yet. */
static void ends_behind_it(void **state)
{
	struct job_barrier b[RANKS];

	(void)state;
	for (uint32_t i = 0; i < RANKS; i++) {
		assert_int_equal(
			job_find_gang(&rank[i].s, io_of(&rank[i]), &b[i]), 1);
		assert_int_equal(job_arrive(&b[i]), i == RANKS - 1);
	}
	one_has_ended();
	for (uint32_t i = 0; i + 1 < RANKS; i++)
		assert_int_equal(job_look(&rank[i].s, &b[i]), 1);
	assert_int_equal(job_barrier(&rank[0].s), 1);
}

/* ---- Who is in no gang -------------------------------------------------- */

static void alone(void **state)
{
	struct job_services *s = &rank[0].s;
	struct job_io *io = io_of(&rank[0]);

	(void)state;
	assert_int_equal(job_nr_ranks(&rank[2].s), RANKS);
	assert_int_equal(job_rank(&rank[2].s), 2);
	io->nr_ranks = 1;
	assert_int_equal(job_barrier(s), 0);
	assert_true(shared.gang.state == JOB_GANG_STATE(ID, 0, 0));
	io->nr_ranks = 0;
	io->rank = 7;
	assert_int_equal(job_barrier(s), 0);
	assert_int_equal(job_rank(s), 0);
	assert_int_equal(job_nr_ranks(s), 1);
	s->run_flags = 0;
	assert_int_equal(job_barrier(s), 0);
	assert_int_equal(job_rank(s), 0);
	assert_int_equal(job_nr_ranks(s), 1);
}

/* A page that it was not given: no access to anything. */
static void no_page(void **state)
{
	struct job_services *s = &rank[0].s;
	struct job_io *io = io_of(&rank[0]);

	(void)state;
	io->gang_node = NODE + 2;
	assert_int_equal(job_barrier(s), 1);
	io->gang_node = NODE;
	io->gang_offset = 4097;
	assert_int_equal(job_barrier(s), 1);
	io->gang_offset = UINT64_MAX;
	assert_int_equal(job_barrier(s), 1);
	io->gang_node = NODE + 1;
	io->gang_offset = 4096;
	assert_int_equal(job_barrier(s), 1);
	io->gang_node = NODE;
	io->rank = JOB_MAX_RANKS;
	assert_int_equal(job_barrier(s), 1);
	assert_true(shared.gang.state == JOB_GANG_STATE(ID, 0, 0));
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_ranks_meet),
		CASE(sleepers_go_on),
		CASE(sleepers_give_up),
		CASE(ends_behind_it),
		CASE(alone),
		CASE(no_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
