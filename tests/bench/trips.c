/* SPDX-License-Identifier: MIT */
/*
 * Round trips from a pinned thread of Linux: to the job `echo`, and to a thread
 * pinned to another CPU, by the same memory and the same loops, and by what
 * Linux has to wake a thread. The ways take turns, so that whatever else the
 * machine does meets all of them. Prints a line for each way: least, median,
 * 99th percentile and most in nanoseconds, and how many trips. Trips are timed
 * by the TSC, and that by the clock over the whole run, as the clock itself is
 * adjusted once a second.
 * Usage: trips OWN_CPU JOB_CPU THREAD_CPU JOBFILE SECONDS
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../xen/jobs/echo.h"
#include "../xen/pin.h"
#include "clock.h"
#include "sidecar/libsidecar.h"

#define FILE_SIZE   65536u
#define MAX_TRIPS   200000u /* of a way */
#define MAX_SECONDS 600u    /* for each way */
#define TURNS	    10u	    /* of each way */
#define WARM_UP	    20u	    /* trips at the begin of each turn, */
#define WAKE_UP	    2u	    /* where somebody sleeps */
#define SETTLE_US   1000u   /* whoever is to be woken sleeps by then */
#define LOST_NS	    UINT64_C(10000000000)
#define WAIT_MS	    100u

struct way {
	const char *name;
	uint32_t job_mode; /* ECHO_..., for the job */
	bool sleeps;
	bool (*ask)(const struct echo_record *r);
	bool (*take)(struct echo_record *r);
	void *(*answer)(void *cpu); /* the thread; NULL: the job */
};

static struct sidecar *s;
static struct sidecar_vcpu *vcpu;
static struct echo_area *area;
static struct sidecar_ring to, from;
static uint8_t file[FILE_SIZE];
static size_t file_bytes;
static int thread_cpu;

/* The thread's */
static struct sidecar_ring to_answer, from_answer;
static volatile uint32_t stop, ready;
static uint32_t bell_to, bell_from; /* futex words */
static int fd_to, fd_from;

static void fail(const char *what)
{
	char text[SIDECAR_DETAIL_SIZE] = "";

	if (s)
		sidecar_get_detail(s, text, sizeof(text));
	printf("failed %s: %s\n", what, text);
	exit(1);
}

static void pin(int cpu)
{
	if (!pin_to_cpu(cpu))
		fail("pinning");
}

/* ---- The thread that answers -------------------------------------------- */

static void *answer_line(void *cpu)
{
	pin(*(int *)cpu);
	ready = 1;
	echo_line(area, &stop);
	return NULL;
}

static void *answer_ring(void *cpu)
{
	pin(*(int *)cpu);
	ready = 1;
	echo_ring(&to_answer, &from_answer, &stop);
	return NULL;
}

static void futex_ring(uint32_t *bell)
{
	__atomic_add_fetch(bell, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void futex_wait(uint32_t *bell, uint32_t seen)
{
	syscall(SYS_futex, bell, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void *answer_futex(void *cpu)
{
	pin(*(int *)cpu);
	ready = 1;
	while (!stop) {
		uint32_t seen = __atomic_load_n(&bell_to, __ATOMIC_SEQ_CST);

		if (echo_answer(&to_answer, &from_answer, 0))
			futex_ring(&bell_from);
		else
			futex_wait(&bell_to, seen);
	}
	return NULL;
}

static void eventfd_ring(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		fail("eventfd");
}

static void eventfd_wait(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		fail("eventfd");
}

static void *answer_eventfd(void *cpu)
{
	pin(*(int *)cpu);
	ready = 1;
	while (!stop) {
		eventfd_wait(fd_to);
		if (echo_answer(&to_answer, &from_answer, 0))
			eventfd_ring(fd_from);
	}
	return NULL;
}

static void start_thread(const struct way *w, pthread_t *thread)
{
	stop = ready = 0;
	fd_to = eventfd(0, 0);
	fd_from = eventfd(0, 0);
	if (fd_to < 0 || fd_from < 0 ||
	    pthread_create(thread, NULL, w->answer, &thread_cpu))
		fail(w->name);
	while (!ready)
		usleep(SETTLE_US);
}

/* Wakes it, whatever it waits for. */
static void end_thread(pthread_t thread)
{
	stop = 1;
	futex_ring(&bell_to);
	eventfd_ring(fd_to);
	pthread_join(thread, NULL);
	close(fd_to);
	close(fd_from);
}

/* ---- The job ------------------------------------------------------------ */

static bool job_goes_on(void)
{
	struct sidecar_progress p = {.size = sizeof(p)};
	struct sidecar_answer a = {.size = sizeof(a)};

	if (sidecar_job_poll(vcpu, &p, &a))
		fail("job");
	return !p.ended;
}

static void start_job(uint32_t mode)
{
	struct sidecar_job job = {.size = sizeof(job), .file = file};

	job.file_bytes = file_bytes;
	job.arg[0] = mode;
	if (sidecar_job_start(vcpu, &job))
		fail("starting the job");
	while (!sidecar_job_has_begun(vcpu))
		if (!job_goes_on() || sidecar_wait(s, 1))
			fail("starting the job");
}

static void end_job(void)
{
	sidecar_job_ask_to_end(vcpu);
	while (job_goes_on())
		if (sidecar_wait(s, WAIT_MS))
			fail("ending the job");
}

/* ---- Asking, and taking the answer -------------------------------------- */

static bool ask_line(const struct echo_record *r)
{
	__atomic_store_n(&area->asked, r->number, __ATOMIC_RELEASE);
	return true;
}

static bool take_line(struct echo_record *r)
{
	r->number = __atomic_load_n(&area->answered, __ATOMIC_ACQUIRE);
	return true;
}

static bool ask_ring(const struct echo_record *r)
{
	return sidecar_ring_put(&to, r) == 1;
}

static bool take_ring(struct echo_record *r)
{
	return sidecar_ring_get(&from, r) == 1;
}

static bool ask_bell(const struct echo_record *r)
{
	return ask_ring(r) && !sidecar_job_ring(vcpu);
}

static bool take_bell(struct echo_record *r)
{
	if (take_ring(r))
		return true;
	if (sidecar_wait(s, WAIT_MS) || !job_goes_on())
		fail("job");
	return take_ring(r);
}

static bool ask_futex(const struct echo_record *r)
{
	if (!ask_ring(r))
		return false;
	futex_ring(&bell_to);
	return true;
}

static bool take_futex(struct echo_record *r)
{
	uint32_t seen = __atomic_load_n(&bell_from, __ATOMIC_SEQ_CST);

	if (take_ring(r))
		return true;
	futex_wait(&bell_from, seen);
	return take_ring(r);
}

static bool ask_eventfd(const struct echo_record *r)
{
	if (!ask_ring(r))
		return false;
	eventfd_ring(fd_to);
	return true;
}

static bool take_eventfd(struct echo_record *r)
{
	eventfd_wait(fd_from);
	return take_ring(r);
}

static const struct way ways[] = {
	{"job.line", ECHO_LINE, false, ask_line, take_line, NULL},
	{"linux.line", 0, false, ask_line, take_line, answer_line},
	{"job.ring", ECHO_RING, false, ask_ring, take_ring, NULL},
	{"linux.ring", 0, false, ask_ring, take_ring, answer_ring},
	{"job.bell", ECHO_BELL, true, ask_bell, take_bell, NULL},
	{"linux.futex", 0, true, ask_futex, take_futex, answer_futex},
	{"linux.eventfd", 0, true, ask_eventfd, take_eventfd, answer_eventfd},
};

#define NR_WAYS (sizeof(ways) / sizeof(*ways))

/* ---- Measuring ---------------------------------------------------------- */

/* What each trip of a way took */
static struct {
	uint64_t ticks[MAX_TRIPS];
	uint32_t nr;
} trips[NR_WAYS];

static uint64_t tsc(void)
{
	__builtin_ia32_lfence();
	return __builtin_ia32_rdtsc();
}

static uint64_t one_trip(const struct way *w, uint64_t number)
{
	struct echo_record r = {.number = number}, got = {0};
	uint64_t lost = clock_ns() + LOST_NS, begin = tsc();
	uint32_t turn = 0;

	if (!w->ask(&r))
		fail(w->name);
	while (!w->take(&got) || got.number != number) {
		echo_pause(&turn);
		if ((w->sleeps || !(turn % 1024)) && clock_ns() > lost)
			fail(w->name);
	}
	return tsc() - begin;
}

/* Trips until the time is over */
static void make_trips(size_t i, uint64_t time_ns)
{
	uint64_t begin = clock_ns(), first = ways[i].sleeps ? WAKE_UP : WARM_UP;

	for (uint64_t n = 1; trips[i].nr < MAX_TRIPS; n++) {
		uint64_t took;

		if (ways[i].sleeps)
			usleep(SETTLE_US);
		took = one_trip(&ways[i], n);
		if (n > first)
			trips[i].ticks[trips[i].nr++] = took;
		if (n > first && clock_ns() - begin > time_ns)
			break;
	}
}

/* In the memory of the job's node, also between threads: they shall differ in
 * nothing else. */
static void take_turn(size_t i, uint64_t time_ns)
{
	const struct way *w = &ways[i];
	pthread_t thread;

	if (!echo_begin(area, &to, &from) ||
	    !echo_attach(area, &to_answer, &from_answer))
		fail(w->name);
	if (w->answer) {
		start_thread(w, &thread);
		make_trips(i, time_ns);
		end_thread(thread);
	} else {
		start_job(w->job_mode);
		make_trips(i, time_ns);
		end_job();
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_way(size_t i, double ns_per_tick)
{
	uint64_t *ticks = trips[i].ticks;
	uint32_t nr = trips[i].nr;
	const uint32_t at[] = {0, nr / 2, nr - 1 - nr / 100, nr - 1};

	qsort(ticks, nr, sizeof(*ticks), compare);
	printf("%s", ways[i].name);
	for (size_t k = 0; k < sizeof(at) / sizeof(*at); k++)
		printf(" %.0f", (double)ticks[at[k]] * ns_per_tick);
	printf(" %" PRIu32 "\n", nr);
}

static void open_all(uint32_t job_cpu, const char *name)
{
	FILE *f = fopen(name, "rb");
	size_t bytes;

	file_bytes = f ? fread(file, 1, sizeof(file), f) : 0;
	if (!file_bytes)
		fail(name);
	fclose(f);
	if (sidecar_open(&s) || sidecar_find_cpu(s, job_cpu, &vcpu))
		fail("opening");
	if (sidecar_shared(s, sidecar_node_number(sidecar_vcpu_node(vcpu)),
			   (void **)&area, &bytes) ||
	    bytes < sizeof(*area))
		fail("shared memory");
	if (sidecar_fd(s) < 0)
		fail("no events: xen-evtchn");
}

int main(int argc, char **argv)
{
	uint32_t seconds = argc == 6 ? (uint32_t)atoi(argv[5]) : 0;
	uint64_t first_ns, first_tsc;
	double ns_per_tick;

	if (!seconds || seconds > MAX_SECONDS) {
		fputs("Usage: trips OWN_CPU JOB_CPU THREAD_CPU JOBFILE SECONDS\n",
		      stderr);
		return 2;
	}
	open_all((uint32_t)atoi(argv[2]), argv[4]);
	pin(atoi(argv[1]));
	thread_cpu = atoi(argv[3]);
	first_ns = clock_ns();
	first_tsc = tsc();
	for (uint32_t turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; i < NR_WAYS; i++)
			take_turn(i, seconds * UINT64_C(1000000000) / TURNS);
	ns_per_tick =
		(double)(clock_ns() - first_ns) / (double)(tsc() - first_tsc);
	for (size_t i = 0; i < NR_WAYS; i++)
		print_way(i, ns_per_tick);
	sidecar_close(s);
	return 0;
}
