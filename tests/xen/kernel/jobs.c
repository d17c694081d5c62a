/* SPDX-License-Identifier: MIT */
/*
 * Runs every job that there is on parked vCPUs and says how it ended: good
 * ones, each deed of the bad one, files and slices that must be refused.
 */
#include "abi/job.h"
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"

extern const uint8_t job_hello[], job_hello_end[], job_bad[], job_bad_end[];
extern const uint8_t job_clean[], job_clean_end[];
extern const uint8_t job_areas[], job_areas_end[];
extern const uint8_t job_sections[], job_sections_end[];

#define PAGE	   4096u
#define SLICE	   (16 * PAGE)
#define LOOP_MS	   50u
#define DOWN_MS	   10000u
#define NR_STRAYS  5u
#define LINE_MAX   200
#define NODE_SMALL 1u /* in the case jobs: without scratch */
#define NODE_LARGE 2u

enum deed {
#define DEED(name) DEED_##name,
#include "../jobs/deeds.h"
#undef DEED
	NR_DEEDS
};

/* The file goes to the start of a slice of the vCPU's own. */
static void load(struct client *c, const uint8_t *file, const uint8_t *end,
		 uint64_t offset, uint64_t size)
{
	__builtin_memset(c->command->arg, 0, sizeof(c->command->arg));
	c->command->arg[0] = offset;
	c->command->arg[1] = size;
	client_name_ranges(c, false);
	__builtin_memcpy(c->scratch + offset, file,
			 (uintptr_t)end - (uintptr_t)file);
}

#define LOAD(c, name, offset, size) \
	load(c, job_##name, job_##name##_end, offset, size)

void jobs_say_log(struct client *c, const char *name)
{
	struct sidecar_command *p = c->command;
	uint32_t head = load_acquire(&p->log_head);
	char line[LINE_MAX];
	size_t n = 0;

	if (head - p->log_tail > SIDECAR_LOG_SIZE) {
		say("log.%s.lost=%u", name,
		    head - p->log_tail - SIDECAR_LOG_SIZE);
		p->log_tail = head - SIDECAR_LOG_SIZE;
	}
	while (p->log_tail != head) {
		char ch = p->log[p->log_tail++ % SIDECAR_LOG_SIZE];

		if (ch != '\n' && ch && n < sizeof(line))
			line[n++] = ch;
		if (ch != '\n')
			continue;
		say("log.%s=%.*s", name, (int)n, line);
		n = 0;
	}
}

static void run(struct client *c, const char *name)
{
	if (!client_run(c, SIDECAR_COMMAND_RUN))
		say("no answer: %s, NMIs %u", name, client_stop(c));
	client_say(c, "job", name);
	jobs_say_log(c, name);
}

void jobs_load_endless(struct client *c)
{
	LOAD(c, bad, 0, SLICE);
	c->command->arg[2] = DEED_loop_services;
}

bool jobs_run_clean(struct client *c, uint64_t offset)
{
	LOAD(c, clean, offset, SLICE);
	return client_run(c, SIDECAR_COMMAND_RUN) && !c->command->result &&
	       !c->command->ret[0];
}

void jobs_clean(struct client *c, const char *name)
{
	LOAD(c, clean, 0, SLICE);
	run(c, name);
}

/* ---- Jobs that do as they should ---------------------------------------- */

/* It reads what is there and writes the number of each area over it. */
static void areas(struct client *c, const char *name, uint32_t deed, bool all)
{
	uint32_t *p = (uint32_t *)c->shared;

	LOAD(c, areas, PAGE, SLICE);
	client_name_ranges(c, all);
	c->command->arg[2] = deed;
	p[0] = 1000;
	p[c->control->shared_size / sizeof(*p) - 1] = 2000;
	run(c, name);
	say("shared.%s=%u %u", name, p[0],
	    p[c->control->shared_size / sizeof(*p) - 1]);
}

static void good_jobs(struct client *c)
{
	LOAD(c, hello, 0, SLICE);
	for (uint32_t i = 0; i < 4; i++)
		c->command->arg[2 + i] = i + 10;
	run(c, "hello");
	LOAD(c, clean, SLICE, SLICE);
	run(c, "clean");
	run(c, "clean.again");
	LOAD(c, clean, 0, c->control->scratch_size);
	run(c, "clean.all");
	LOAD(c, sections, 0, SLICE);
	run(c, "sections");
	areas(c, "areas", 0, true);
	areas(c, "areas.own", 0, false);
	areas(c, "areas.behind", 1, true);
	areas(c, "areas.code", 2, true);
	areas(c, "areas.none", 3, false);
}

/* All vCPUs of a node at once, each in its own slice. */
static void everywhere(uint32_t node)
{
	struct client c[3];
	uint32_t nr = 0, ok = 0;

	for (uint32_t slot = 1; slot < 4; slot++)
		nr += client_open(&c[nr], node, slot);
	for (uint32_t i = 0; i < nr; i++) {
		LOAD(&c[i], clean, i * (uint64_t)SLICE, SLICE);
		c[i].command->command = SIDECAR_COMMAND_RUN;
		store_release(c[i].status, SIDECAR_RUN);
	}
	for (uint32_t i = 0; i < nr; i++)
		ok += client_wait(&c[i], SIDECAR_RUN) &&
		      *c[i].status == SIDECAR_IDLE && !c[i].command->result &&
		      !c[i].command->ret[0];
	say("everywhere.node%u=%u of %u", node, ok, nr);
}

/* ---- Jobs that do not ---------------------------------------------------- */

static const char *const deeds[NR_DEEDS] = {
#define DEED(name) #name,
#include "../jobs/deeds.h"
#undef DEED
};

static void load_deed(struct client *c, enum deed d)
{
	LOAD(c, bad, 0, SLICE);
	c->command->arg[2] = d;
}

static void bad_jobs(struct client *c)
{
	for (enum deed d = 0; d < DEED_loop; d++) {
		load_deed(c, d);
		run(c, deeds[d]);
	}
}

/* How many NMIs it takes is a matter of when they come. */
static void stop_job(struct client *c, enum deed d)
{
	uint32_t nr, running;

	load_deed(c, d);
	client_start(c);
	client_sleep_ms(LOOP_MS);
	running = c->command->job_state;
	nr = client_stop(c);
	c->command->ret[0] = !!c->command->ret[0];
	client_say(c, "stop", deeds[d]);
	say("stop.%s.states=%u %u", deeds[d], running, c->command->job_state);
	say("stop.%s.nmis=%u", deeds[d], nr);
}

/* An NMI without STOP means nothing, however often it comes. */
static void stray_nmis(struct client *c)
{
	load_deed(c, DEED_loop_stop);
	client_start(c);
	for (uint32_t i = 0; i < NR_STRAYS; i++) {
		client_nmi(c);
		client_sleep_ms(LOOP_MS / NR_STRAYS);
	}
	say("stray=state %u job %u", *c->status, c->command->job_state);
	client_stop(c);
	say("stray.then=state %u result %u", *c->status, c->command->result);
}

static void stop_jobs(struct client *c)
{
	stray_nmis(c);
	stop_job(c, DEED_loop);
	stop_job(c, DEED_loop_services);
	stop_job(c, DEED_loop_stop);
	stop_job(c, DEED_loop_late);
	/* STOP before it has begun */
	load_deed(c, DEED_loop_stop);
	c->command->command = SIDECAR_COMMAND_RUN;
	store_release(c->status, SIDECAR_STOP);
	client_wait(c, SIDECAR_STOP);
	c->command->ret[0] = !!c->command->ret[0];
	client_say(c, "stop", "early");
}

/* ---- What is counted ----------------------------------------------------- */

struct stats {
	uint64_t tsc, commands, jobs, faults, wakes;
};

static void wait_down(const struct client *c)
{
	long up = 1;

	for (uint32_t i = 0; i < DOWN_MS && up; i++) {
		client_sleep_ms(1);
		xen_vcpu_is_up(&c->vcpu_id, &up, 1);
	}
}

/* It is DOWN before and after: each command needs a wake. */
static struct stats stats(struct client *c)
{
	struct stats s;

	wait_down(c);
	client_run(c, SIDECAR_COMMAND_STATS);
	__builtin_memcpy(&s, c->command->ret, sizeof(s));
	wait_down(c);
	return s;
}

/* Since @old, without the STATS that ends here; wakes may be repeated. */
static struct stats say_stats(struct client *c, const char *name,
			      struct stats old)
{
	struct stats now = stats(c);

	say("stats.%s=commands %lu jobs %lu faults %lu woken %u tsc %u", name,
	    now.commands - old.commands - 1, now.jobs - old.jobs,
	    now.faults - old.faults,
	    now.wakes - old.wakes > now.commands - old.commands - 1,
	    now.tsc > old.tsc && now.tsc < rdtsc());
	return now;
}

static void stats_report(struct client *c)
{
	struct stats s = stats(c);

	s = say_stats(c, "none", s);
	client_run(c, SIDECAR_COMMAND_PING);
	s = say_stats(c, "ping", s);
	LOAD(c, clean, 0, SLICE);
	client_run(c, SIDECAR_COMMAND_RUN);
	s = say_stats(c, "job", s);
	load_deed(c, DEED_divide);
	client_run(c, SIDECAR_COMMAND_RUN);
	s = say_stats(c, "job_fault", s);
	/* one that has a fixup */
	c->command->arg[0] = SIDECAR_REG_DR7;
	c->command->arg[1] = 1ull << 32;
	client_run(c, SIDECAR_COMMAND_SET);
	say_stats(c, "kernel_fault", s);
}

/* ---- What is refused ----------------------------------------------------- */

static void refuse_slice(struct client *c, const char *name, uint64_t offset,
			 uint64_t size)
{
	c->command->arg[0] = offset;
	c->command->arg[1] = size;
	run(c, name);
}

static void refuse_header(struct client *c, uint32_t word, uint32_t value)
{
	LOAD(c, hello, 0, SLICE);
	((uint32_t *)c->scratch)[word] = value;
	client_run(c, SIDECAR_COMMAND_RUN);
	say("header.%u.%x=state %u result %u%s", word, value, *c->status,
	    c->command->result, client_error(c));
	c->command->log_tail = c->command->log_head;
}

static void refused(struct client *c)
{
	uint64_t all = c->control->scratch_size;

	LOAD(c, hello, 0, SLICE);
	refuse_slice(c, "slice.unaligned", 8, SLICE);
	refuse_slice(c, "slice.size", 0, SLICE + 1);
	refuse_slice(c, "slice.none", 0, 0);
	refuse_slice(c, "slice.huge", 0, UINT64_MAX - PAGE + 1);
	refuse_slice(c, "slice.outside", all, PAGE);
	refuse_slice(c, "slice.far", UINT64_MAX - PAGE + 1, 2 * PAGE);
	refuse_slice(c, "slice.long", PAGE, all);
	refuse_slice(c, "slice.file", 0, 2 * PAGE);
	/* file, guard, two of stack, services */
	refuse_slice(c, "slice.least", 0, 5 * PAGE);
	refuse_slice(c, "slice.less", 0, 4 * PAGE);
	for (uint32_t word = 0; word < 8; word++) {
		refuse_header(c, word, 3);
		refuse_header(c, word, 0xfffff000);
	}
}

static void refuse_range(struct client *c, const char *name, uint64_t pa,
			 uint64_t bytes)
{
	LOAD(c, hello, 0, SLICE);
	c->command->nr_ranges = 1;
	c->command->range[0] = (struct sidecar_range){pa, bytes};
	client_run(c, SIDECAR_COMMAND_RUN);
	/* where it is is another number with each build */
	say("range.%s=state %u result %u %u", name, *c->status,
	    c->command->result,
	    !__builtin_memcmp(c->command->error, "RUN: range ", 11));
}

/* A job gets nothing but shared memory, whatever a client names. */
static void refuse_ranges(struct client *c)
{
	const struct sidecar_control *k = c->control;
	uint64_t shared = k->carve_pa + k->shared_offset;

	refuse_range(c, "control", k->carve_pa, PAGE);
	refuse_range(c, "image", k->carve_pa + k->image_offset, PAGE);
	refuse_range(c, "tables", k->carve_pa + k->tables_offset, PAGE);
	refuse_range(c, "command", k->carve_pa + k->vcpu_offset, PAGE);
	refuse_range(c, "views", k->carve_pa + k->views_offset, PAGE);
	refuse_range(c, "scratch", k->carve_pa + k->scratch_offset, PAGE);
	refuse_range(c, "before", shared - PAGE, 2 * PAGE);
	refuse_range(c, "behind", shared, k->shared_size + PAGE);
	refuse_range(c, "linux", 0x100000, PAGE);
	refuse_range(c, "unaligned", shared + 8, PAGE);
	refuse_range(c, "nothing", shared, 0);
	refuse_range(c, "endless", shared, UINT64_MAX - PAGE + 1);
	/* a large page is no page table */
	LOAD(c, hello, 0, SLICE);
	c->command->nr_ranges = 2;
	c->command->range[0] = (struct sidecar_range){shared, k->shared_size};
	c->command->range[1] = (struct sidecar_range){shared + PAGE, PAGE};
	client_run(c, SIDECAR_COMMAND_RUN);
	say("range.twice=state %u result %u", *c->status, c->command->result);
	LOAD(c, hello, 0, SLICE);
	c->command->nr_ranges = SIDECAR_MAX_RANGES + 1;
	client_run(c, SIDECAR_COMMAND_RUN);
	say("range.many=state %u result %u%s", *c->status, c->command->result,
	    client_error(c));
	c->command->log_tail = c->command->log_head;
}

void jobs_report(void)
{
	struct client c, none;

	if (!client_open(&c, 0, 1) || !client_open(&none, NODE_SMALL, 1)) {
		say("jobs=not the guest of the case jobs");
		return;
	}
	commands_report(&c);
	good_jobs(&c);
	everywhere(0);
	everywhere(NODE_LARGE);
	bad_jobs(&c);
	bell_report(&c);
	stats_report(&c);
	stop_jobs(&c);
	refused(&c);
	refuse_ranges(&c);
	run(&none, "no_scratch");
	jobs_clean(&c, "clean.last");
	registers_report();
	garbage_report();
}
