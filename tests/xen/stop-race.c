/* SPDX-License-Identifier: MIT */
/*
 * Two clients of one vCPU: a process runs short jobs in a row, this one stops
 * what runs, with pauses between its looks, so that other jobs begin there.
 * Each job that was asked to stop has to be one that a stop has looked at
 * first. Usage: stop-race CPU STOPS JOBFILE
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../sidecar/lib/handle.h"

#define MAX_JOBS  1000000u
#define PAUSE_US  1000u /* the longest */
#define JOB_US	  4000u /* so that some live through two of them, */
#define SCALES	  6u	/* times up to 2^5: many do where all is slow */
#define POLL_US	  50u
#define FILE_SIZE 65536u

/* By number of the job, as its vCPU counts them; of both processes. */
static struct {
	volatile bool meant[MAX_JOBS];	 /* a stop looked at it first */
	volatile bool stopped[MAX_JOBS]; /* it was asked to end */
	volatile uint32_t nr_jobs, nr_errors;
	volatile bool done;
} * all;

static struct sidecar *s;
static struct sidecar_vcpu *vcpu;
static uint32_t looks; /* of this stop */
static int (*real_is_up)(struct backend *b, const struct cpu *cpu);

static uint32_t random_below(uint32_t most)
{
	return (uint32_t)random() % most;
}

static uint64_t number(void)
{
	return vcpu->command->nr_jobs % MAX_JOBS;
}

/* The library asks when it has looked at the job: at first, and once more. */
static int looked(struct backend *b, const struct cpu *cpu)
{
	int up = real_is_up(b, cpu);

	looks++;
	if (looks == 1)
		all->meant[number()] = true;
	if (looks <= 2)
		usleep(random_below(PAUSE_US));
	return up;
}

static void say_failed(const char *what)
{
	char text[SIDECAR_DETAIL_SIZE];

	sidecar_get_detail(s, text, sizeof(text));
	printf("%s: %s\n", what, text);
	fflush(stdout);
}

static enum sidecar_error run_one(const struct sidecar_job *job)
{
	struct sidecar_progress p = {.size = sizeof(p)};
	struct sidecar_answer a = {.size = sizeof(a)};
	enum sidecar_error e = sidecar_job_start(vcpu, job);

	while (!e && !p.ended) {
		e = sidecar_job_poll(vcpu, &p, &a);
		usleep(POLL_US);
	}
	if (p.ended && a.ret[0])
		all->stopped[number()] = true;
	return e;
}

static void run_jobs(struct sidecar_job *job)
{
	enum sidecar_error e;

	while (!all->done) {
		job->arg[0] = random_below(JOB_US) << random_below(SCALES);
		e = run_one(job);
		all->nr_jobs++;
		if (!e)
			continue;
		all->nr_errors++;
		say_failed("run");
	}
	_exit(0);
}

static void stop_jobs(uint32_t nr)
{
	bool restarted;
	uint32_t made = 0;

	real_is_up = s->backend->is_up;
	s->backend->is_up = looked;
	while (made < nr) {
		looks = 0;
		if (sidecar_job_end(vcpu, &restarted) || restarted) {
			all->nr_errors++;
			say_failed("stop");
		}
		made += looks > 1;
		usleep(random_below(PAUSE_US));
	}
}

static int report(void)
{
	uint32_t nr = 0, wrong = 0;

	for (uint32_t i = 0; i < MAX_JOBS; i++) {
		nr += all->stopped[i];
		wrong += all->stopped[i] && !all->meant[i];
	}
	printf("%" PRIu32 " jobs, %" PRIu32 " stopped, %" PRIu32
	       " of them not meant, %" PRIu32 " errors\n",
	       all->nr_jobs, nr, wrong, all->nr_errors);
	return wrong || all->nr_errors;
}

static bool open_all(uint32_t linux_cpu)
{
	if (sidecar_open(&s) || sidecar_find_cpu(s, linux_cpu, &vcpu)) {
		say_failed("open");
		return false;
	}
	return s->backend->can_tell_up;
}

int main(int argc, char **argv)
{
	static uint8_t file[FILE_SIZE];
	struct sidecar_job job = {.size = sizeof(job), .file = file};
	FILE *f = argc == 4 ? fopen(argv[3], "rb") : NULL;
	pid_t pid;

	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!f || all == MAP_FAILED)
		return 2;
	job.file_bytes = fread(file, 1, sizeof(file), f);
	pid = fork();
	if (!open_all((uint32_t)atoi(argv[1])))
		return 3;
	srandom(pid ? 1 : 2);
	if (!pid)
		run_jobs(&job);
	stop_jobs((uint32_t)atoi(argv[2]));
	all->done = true;
	waitpid(pid, NULL, 0);
	return report();
}
