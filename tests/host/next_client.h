/* SPDX-License-Identifier: MIT */
/*
 * Commands of sidecarctl that a test disturbs, and what the next client has to
 * find, however that ended: no lock, no vCPU that nobody has, no command or
 * answer of the one before.
 */
#ifndef NEXT_CLIENT_H
#define NEXT_CLIENT_H

#include "traced.h"

#define ID	     1u /* vCPU of Linux's CPU 2 */
#define CPU	     2u
#define LONG_MS	     5000u
#define MOST	     2000u /* calls that a command may make */
#define NR_SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* Every place, or some of them. */
static bool next_all;

static inline uint32_t next_step(void)
{
	return next_all ? 1 : 11;
}

static char run_line[256];

/* ---- What each command begins with --------------------------------------- */

static inline void as_it_is(void)
{
}

static inline void job_ends(void)
{
	hw.job = FAKE_JOB_ENDS;
}

/* A job that was asked to end, and has had its time. */
static inline void job_runs(void)
{
	struct sidecar_command *p = command(ID);

	p->command = SIDECAR_COMMAND_RUN;
	p->nr_jobs = p->nr_commands = 1;
	p->job_state = SIDECAR_JOB_STOPPING;
	*status(ID) = SIDECAR_RUN;
	hw.up[ID] = true;
}

static inline void in_linux(void)
{
	*status(ID) = SIDECAR_REMOVED;
	put_cpu(CPU, "online", "1\n");
}

static inline void is_removed(void)
{
	*status(ID) = SIDECAR_REMOVED;
}

static const struct scenario {
	const char *line;
	void (*begin)(void);
} scenarios[] = {
	{"ping 2", as_it_is},	   {run_line, job_ends},
	{"stop 2", job_runs},	   {"online 2", as_it_is},
	{"return 2", in_linux},	   {"return 2", is_removed},
	{"online -f 2", job_runs},
};

static inline void begin(void **state, const struct scenario *sc)
{
	snprintf(run_line, sizeof(run_line), "run %s -q 2", in_tree("the.job"));
	put_text("the.job", "a job's file");
	fake_setup(state);
	timeout_ms = LONG_MS;
	sc->begin();
}

/* ---- What the next client finds ------------------------------------------ */

static inline void wants(enum sidecar_error e, const char *what)
{
	if (e)
		fail_msg("%s: %s: %s", what, sidecar_error_text(e),
			 detail_of(s));
}

/* One that Linux has is not in the sidecar, and can be taken back. */
static inline void take_back(void)
{
	bool in_linux = cpu_online(CPU);

	if (in_linux) {
		assert_int_equal(*status(ID), SIDECAR_REMOVED);
		assert_false(hw.up[ID]);
	}
	if (in_linux || *status(ID) == SIDECAR_REMOVED ||
	    *status(ID) == SIDECAR_REMOVE)
		wants(sidecar_vcpu_return(cpu(CPU)), "return");
}

static inline void stop_job(void)
{
	if (sidecar_vcpu_has_job(cpu(CPU)))
		wants(sidecar_job_end(cpu(CPU), NULL), "stop");
}

static inline void answers_are_its_own(void)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	wants(sidecar_vcpu_command(cpu(CPU), SIDECAR_COMMAND_PING, NULL, 0, &a),
	      "ping");
	assert_int_equal(a.result, SIDECAR_RESULT_OK);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(a.ret[i], ID * 100 + i);
}

static inline void jobs_are_its_own(void)
{
	const struct sidecar_job job = {.size = sizeof(job),
					.file = "a job's file",
					.file_bytes = 12,
					.arg = {41}};
	struct sidecar_answer a = {.size = sizeof(a)};
	struct sidecar_progress p = {.size = sizeof(p)};

	hw.job = FAKE_JOB_ENDS;
	wants(sidecar_job_start(cpu(CPU), &job), "run");
	while (!p.ended)
		wants(sidecar_job_poll(cpu(CPU), &p, &a), "poll");
	assert_int_equal(a.ret[0], 42);
}

static inline void all_is_well(void)
{
	assert_int_equal(open_again(), SIDECAR_OK);
	stop_job();
	take_back();
	answers_are_its_own();
	jobs_are_its_own();
	assert_int_equal(hw.nr_open, 0);
	wants(sidecar_vcpu_online(cpu(CPU)), "online");
	assert_false(cpu_refuses(CPU));
	sidecar_close(s);
	s = NULL;
}

#endif
