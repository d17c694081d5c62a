/* SPDX-License-Identifier: MIT */
/*
 * What the word `measure` asks for: how long a parked vCPU takes to answer, and
 * how undisturbed a job is, for xen-sidecar-check.
 */
#include "abi/jitter.h"
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"

extern const uint8_t job_jitter[], job_jitter_end[];

#define SLICE	   (32 * 4096u)
#define NR_TRIPS   1000u
#define JITTER_MS  1000u
#define DEADLINE_S 60u

static struct jitter trips;

static uint64_t to_ns(uint64_t ticks)
{
	return ticks * 1000000u / xen.tsc_khz; /* for hours */
}

/* Until Xen has it DOWN: what is measured begins with a wake. */
static bool wait_down(const struct client *c, uint64_t end)
{
	long up = 1;

	while (up && !is_over(end)) {
		xen_vcpu_is_up(&c->vcpu_id, &up, 1);
		xen_yield();
	}
	return !up;
}

static void measure_trips(struct client *c)
{
	uint64_t end = after_ms(DEADLINE_S * 1000);

	while (trips.nr < NR_TRIPS && wait_down(c, end)) {
		uint64_t begin = rdtsc();

		if (!client_run(c, SIDECAR_COMMAND_PING))
			break;
		jitter_add(&trips, rdtsc() - begin);
	}
	say("trips=%lu", trips.nr);
	say("trips.p50_ns=%lu", to_ns(jitter_all_but(&trips, 2)));
	say("trips.p99_ns=%lu", to_ns(jitter_all_but(&trips, 100)));
	say("trips.longest_ns=%lu", to_ns(trips.longest));
}

/* The job's log is read while it runs: it is longer than the ring. */
static void measure_jitter(struct client *c)
{
	uint64_t end = after_ms(DEADLINE_S * 1000);
	struct sidecar_command *p = c->command;

	__builtin_memset(p->arg, 0, sizeof(p->arg));
	p->arg[1] = SLICE;
	p->arg[2] = JITTER_MS;
	p->nr_ranges = 0;
	__builtin_memcpy(c->scratch, job_jitter,
			 (uintptr_t)job_jitter_end - (uintptr_t)job_jitter);
	if (!client_start(c)) {
		say("jitter=did not start");
		return;
	}
	while (*c->status == SIDECAR_RUN && !is_over(end)) {
		jobs_say_log(c, "jitter");
		xen_yield();
	}
	if (*c->status != SIDECAR_IDLE)
		client_stop(c);
	jobs_say_log(c, "jitter");
	say("jitter=result %u", p->result);
	say("jitter.gaps=%lu", p->ret[0]);
	say("jitter.longest_ns=%lu", to_ns(p->ret[1]));
	say("jitter.ms=%lu", to_ns(p->ret[2]) / 1000000);
	say("jitter.tsc_khz=%lu", p->ret[3]);
}

void measure_report(void)
{
	struct client c;

	if (!client_open(&c, 0, 1) || c.control->scratch_size < SLICE) {
		say("measure=no vCPU with scratch");
		return;
	}
	measure_trips(&c);
	measure_jitter(&c);
}
