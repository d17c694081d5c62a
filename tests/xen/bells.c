/* SPDX-License-Identifier: MIT */
/*
 * Clients of a job that waits to be rung, the job `echo`.
 * bells quiet CPU JOBFILE SECONDS: how often it is woken while nobody rings it
 * bells trips CPU JOBFILE: round trips until SIGTERM, while dom0 saves and
 * restores the guest
 * bells meet CPU JOBFILE ROUNDS: two processes ring all the time; each job
 * ends by itself, by STOP, by INIT, or as Linux takes the vCPU
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../sidecar/lib/handle.h"
#include "clock.h"
#include "jobs/echo.h"

#define FILE_SIZE  65536u
#define WAIT_MS	   5000u
#define MS	   UINT64_C(1000000)
#define SETTLE_US  300000u
#define PAUSE_US   1000u
#define TRIP_MS	   1000u
#define ANSWER_MS  5000u
#define NR_RINGERS 2u
#define TRIES	   1000u

static struct sidecar *s;
static struct sidecar_vcpu *vcpu;
static struct echo_area *area;
static struct sidecar_ring to, from;
static uint8_t file[FILE_SIZE];
static size_t file_bytes;
static volatile sig_atomic_t asked_to_end;

static void on_term(int sig)
{
	(void)sig;
	asked_to_end = 1;
}

static int failed(const char *what)
{
	char text[SIDECAR_DETAIL_SIZE] = "";

	if (s)
		sidecar_get_detail(s, text, sizeof(text));
	printf("%s: %s\n", what, text);
	fflush(stdout);
	return 1;
}

static bool open_all(uint32_t cpu)
{
	size_t bytes;

	return !sidecar_open(&s) && !sidecar_find_cpu(s, cpu, &vcpu) &&
	       !sidecar_shared(s, sidecar_node_number(sidecar_vcpu_node(vcpu)),
			       (void **)&area, &bytes) &&
	       bytes >= sizeof(*area);
}

/* ---- The job ------------------------------------------------------------ */

static struct sidecar_answer answer;

static enum sidecar_error poll_job(bool *ended)
{
	struct sidecar_progress p = {.size = sizeof(p)};
	enum sidecar_error e;

	answer.size = sizeof(answer);
	e = sidecar_job_poll(vcpu, &p, &answer);
	*ended = p.ended;
	return e;
}

static enum sidecar_error start_job(uint64_t mode, uint64_t nr_answers)
{
	struct sidecar_job job = {.size = sizeof(job), .file = file};
	enum sidecar_error e;
	bool ended = false;

	if (!echo_begin(area, &to, &from))
		return SIDECAR_E_ARGUMENT;
	job.file_bytes = file_bytes;
	job.arg[0] = mode;
	job.arg[1] = nr_answers;
	e = sidecar_job_start(vcpu, &job);
	while (!e && !ended && !sidecar_job_has_begun(vcpu)) {
		e = poll_job(&ended);
		if (!e)
			e = sidecar_wait(s, 1);
	}
	return e;
}

static enum sidecar_error wait_end(void)
{
	enum sidecar_error e = SIDECAR_OK;
	bool ended = false;

	while (!e && !ended) {
		e = poll_job(&ended);
		if (!e && !ended)
			e = sidecar_wait(s, WAIT_MS);
	}
	return e;
}

static enum sidecar_error end_job(void)
{
	sidecar_job_ask_to_end(vcpu);
	return wait_end();
}

static uint64_t nr_waits(void)
{
	return vcpu->command->nr_waits;
}

/* ---- Round trips -------------------------------------------------------- */

static uint64_t nr_trips, nr_wrong, longest_ns, last_tsc, longest_ticks;

static void look_at(const struct echo_record *r, uint64_t number, uint64_t took)
{
	nr_trips++;
	nr_wrong += r->number != number;
	if (took > longest_ns)
		longest_ns = took;
	if (last_tsc && r->tsc - last_tsc > longest_ticks)
		longest_ticks = r->tsc - last_tsc;
	last_tsc = r->tsc;
}

/*
 * False: no answer in a time that is no matter of chance, or no job. @wait_ms
 * goes by if the job tells nothing.
 */
static bool trip_waiting(uint64_t number, uint32_t wait_ms)
{
	struct echo_record r = {.number = number};
	uint64_t begin = clock_ns();
	bool ended = false;

	if (sidecar_ring_put(&to, &r) != 1 || sidecar_job_ring(vcpu))
		return false;
	while (sidecar_ring_get(&from, &r) != 1)
		if (poll_job(&ended) || ended || sidecar_wait(s, wait_ms) ||
		    clock_ns() - begin > ANSWER_MS * MS)
			return false;
	look_at(&r, number, clock_ns() - begin);
	return true;
}

static bool trip(uint64_t number)
{
	return trip_waiting(number, WAIT_MS);
}

static int make_trips(void)
{
	struct sigaction act = {.sa_handler = on_term};

	sigaction(SIGTERM, &act, NULL);
	if (start_job(ECHO_BELL, 0))
		return failed("start");
	printf("runs\n");
	fflush(stdout);
	while (!asked_to_end) {
		if (!trip(nr_trips + 1))
			return failed("trip");
		usleep(PAUSE_US);
	}
	if (end_job())
		return failed("end");
	printf("%" PRIu64 " trips, %" PRIu64 " wrong, the longest %s 1 s, TSC "
	       "jumped by %" PRIu64 " ms\n",
	       nr_trips, nr_wrong,
	       longest_ns < TRIP_MS * MS ? "below" : "above",
	       longest_ticks / answer.ret[3]);
	printf("%" PRIu64 " answers, %" PRIu64 " rung of %" PRIu64 " waits\n",
	       answer.ret[0], answer.ret[2], answer.ret[1]);
	return nr_wrong || answer.ret[0] != nr_trips;
}

/* ---- Nobody rings ------------------------------------------------------- */

static int stay_quiet(uint32_t seconds)
{
	uint64_t begin, then;

	if (start_job(ECHO_BELL, 0) || !trip(1))
		return failed("start");
	usleep(SETTLE_US);
	begin = nr_waits();
	printf("waits\n");
	fflush(stdout);
	sleep(seconds);
	then = nr_waits();
	printf("woken %" PRIu64 " times in %" PRIu32 " s, %s\n", then - begin,
	       seconds, vcpu->command->waits ? "waits" : "does not wait");
	if (!trip(2) || end_job())
		return failed("end");
	printf("%" PRIu64 " answers, %" PRIu64 " waits\n", answer.ret[0],
	       answer.ret[1]);
	return 0;
}

/* ---- Rings beside the end, STOP, INIT and Linux ------------------------- */

/* Of all processes */
static struct {
	volatile uint64_t nr_rings, nr_errors;
	volatile bool done;
} * all;

/* A vCPU that Linux has is not rung: that is an error only for others. */
static bool may_fail(enum sidecar_error e)
{
	return e == SIDECAR_OK || e == SIDECAR_E_LINUX;
}

static void ring_always(uint32_t cpu)
{
	enum sidecar_error e;

	if (!open_all(cpu))
		_exit(failed("open"));
	while (!all->done) {
		e = sidecar_job_ring(vcpu);
		__atomic_add_fetch(&all->nr_rings, 1, __ATOMIC_RELAXED);
		if (!may_fail(e)) {
			__atomic_add_fetch(&all->nr_errors, 1,
					   __ATOMIC_RELAXED);
			failed("ring");
		}
		usleep((unsigned int)random() % PAUSE_US);
	}
	_exit(0);
}

static bool write_online(char what)
{
	char path[64];
	bool done;
	int fd;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%" PRId32 "/online",
		 sidecar_vcpu_linux_cpu(vcpu));
	fd = open(path, O_WRONLY);
	done = fd >= 0 && write(fd, &what, 1) == 1;
	close(fd);
	return done;
}

/* The job has answered all that was asked of it, and ends. */
static bool ends_by_itself(void)
{
	const uint64_t nr = 1 + (uint64_t)random() % 8;

	if (start_job(ECHO_BELL, nr))
		return false;
	for (uint64_t i = 1; i < nr; i++)
		if (!trip(i))
			return false;
	if (sidecar_ring_put(&to, &(struct echo_record){.number = nr}) != 1 ||
	    sidecar_job_ring(vcpu) || wait_end())
		return false;
	return answer.result == SIDECAR_RESULT_OK && answer.ret[0] == nr;
}

static bool ends_by_stop(void)
{
	if (start_job(ECHO_BELL, 0) || !trip(1))
		return false;
	usleep((unsigned int)random() % PAUSE_US);
	return !end_job() && answer.result == SIDECAR_RESULT_OK;
}

/* It does not look whether it is to stop, and tells nothing. */
static bool ends_by_force(uint32_t timeout_ms)
{
	enum sidecar_error e;

	if (start_job(ECHO_DEAF, 0) || !trip_waiting(1, 1))
		return false;
	sidecar_set_timeout(s, timeout_ms);
	e = end_job();
	sidecar_set_timeout(s, ANSWER_MS);
	return e == SIDECAR_E_COMMAND &&
	       answer.result == SIDECAR_RESULT_STOPPED;
}

static bool ends_by_nmi(void)
{
	return ends_by_force(ANSWER_MS) && !answer.restarted;
}

/* The client's patience is over before the job's time is. */
static bool ends_by_init(void)
{
	return ends_by_force(JOB_GRACE_MS / 4) && answer.restarted;
}

/* Linux is kept from it while somebody rings it: then it tries again. */
static bool make_linux_take_it(void)
{
	for (uint32_t i = 0; i < TRIES; i++) {
		if (write_online('1'))
			return true;
		usleep(PAUSE_US);
	}
	return false;
}

/* It was online before, so that this harms no Linux. */
static bool ends_as_linux_takes_it(void)
{
	enum sidecar_error e;

	if (start_job(ECHO_BELL, 0) || !trip(1))
		return false;
	usleep((unsigned int)random() % PAUSE_US);
	if (!make_linux_take_it())
		return false;
	e = wait_end();
	if (!write_online('0') || e != SIDECAR_E_LINUX)
		return false;
	return !sidecar_vcpu_return(vcpu);
}

static bool (*const endings[])(void) = {ends_by_itself, ends_by_stop,
					ends_by_nmi, ends_by_init,
					ends_as_linux_takes_it};
#define NR_ENDINGS (sizeof(endings) / sizeof(*endings))

static int meet(uint32_t rounds)
{
	uint32_t done[NR_ENDINGS] = {0};
	struct sidecar_answer pong = {.size = sizeof(pong)};

	sidecar_set_timeout(s, ANSWER_MS);
	for (uint32_t i = 0; i < rounds; i++) {
		uint32_t how = (uint32_t)random() % NR_ENDINGS;

		if (!endings[how]()) {
			printf("round %" PRIu32 ", ending %" PRIu32
			       ", result %" PRIu32 " %s\n",
			       i, how, answer.result, answer.error);
			all->nr_errors++;
			failed("meet");
			break;
		}
		done[how]++;
	}
	all->done = true;
	while (wait(NULL) > 0)
		;
	if (sidecar_vcpu_command(vcpu, SIDECAR_COMMAND_PING, NULL, 0, &pong))
		all->nr_errors += (uint64_t)failed("ping");
	printf("%" PRIu32 " by itself, %" PRIu32 " stopped, %" PRIu32
	       " by NMI, %" PRIu32 " by INIT, %" PRIu32
	       " by Linux, rung %s, %" PRIu64 " errors\n",
	       done[0], done[1], done[2], done[3], done[4],
	       all->nr_rings > rounds ? "always" : "too little",
	       all->nr_errors);
	return all->nr_errors != 0;
}

static int meet_with_ringers(uint32_t cpu, uint32_t rounds)
{
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return failed("mmap");
	for (unsigned int i = 1; i <= NR_RINGERS; i++)
		if (!fork()) {
			srandom(i + 1);
			ring_always(cpu);
		}
	return open_all(cpu) ? meet(rounds) : failed("open");
}

int main(int argc, char **argv)
{
	FILE *f = argc >= 4 ? fopen(argv[3], "rb") : NULL;
	uint32_t cpu, nr = argc == 5 ? (uint32_t)atoi(argv[4]) : 0;

	if (!f)
		return 2;
	file_bytes = fread(file, 1, sizeof(file), f);
	cpu = (uint32_t)atoi(argv[2]);
	srandom(1);
	if (!strcmp(argv[1], "meet"))
		return meet_with_ringers(cpu, nr);
	if (!open_all(cpu))
		return failed("open");
	return strcmp(argv[1], "quiet") ? make_trips() : stay_quiet(nr);
}
