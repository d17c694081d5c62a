/* SPDX-License-Identifier: MIT */
/*
 * Each system call of sidecarctl fails, once or from then on: no descriptor is
 * left, the disk is full, /run is read-only, a signal ends a wait. It ends
 * with a line that names the cause, or as if nothing had happened.
 */
#define _GNU_SOURCE
#include "next_client.h"

#define HELD_MS	   60
#define HELD_STEPS (next_all ? 1u : 7u)
/* Calls before, and some of those after, the job has begun */
#define ASKED_FIRST 20u
#define ASKED_LAST  120u
#define ASKED_STEPS (next_all ? 1u : 19u)

static bool opens(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_openat;
}

static bool opens_to_write(const struct user_regs_struct *r)
{
	return opens(r) && (r->rdx & O_ACCMODE) != O_RDONLY;
}

static bool makes_files(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_mkdir || (opens(r) && r->rdx & O_CREAT);
}

/* Not to stderr. */
static bool writes(const struct user_regs_struct *r)
{
	return (r->orig_rax == SYS_write && r->rdi > 2) ||
	       r->orig_rax == SYS_pwrite64;
}

static bool reads(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_read || r->orig_rax == SYS_pread64;
}

static bool maps(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_mmap;
}

static bool locks(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_flock || r->orig_rax == SYS_fcntl;
}

static bool sleeps(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_clock_nanosleep ||
	       r->orig_rax == SYS_nanosleep || r->orig_rax == SYS_ppoll;
}

static const struct failure {
	const char *what;
	bool (*calls)(const struct user_regs_struct *r);
	int error;
} failures[] = {
	{"descriptors", opens, EMFILE},
	{"read-only", opens_to_write, EROFS},
	{"no new files", makes_files, EROFS},
	{"disk full", writes, ENOSPC},
	{"no reads", reads, EIO},
	{"no mappings", maps, ENOMEM},
	{"no locks", locks, ENOLCK},
	{"no sleep", sleeps, EINTR},
};

#define NR_FAILURES (sizeof(failures) / sizeof(failures[0]))

/* Of a file that could be read again the next moment Linux may be the cause. */
static void names_the_cause(const struct traced_end *end, const char *line,
			    const struct failure *f, uint32_t at, bool once)
{
	if (end->killed || end->exit < 0)
		fail_msg("%s: %s at %u: killed: %s", line, f->what, at,
			 end->said);
	if (!end->exit || strstr(end->said, strerror(f->error)) ||
	    (once && strstr(end->said, "up or down: try again")))
		return;
	fail_msg("%s: %s at %u: exit %d: %s", line, f->what, at, end->exit,
		 end->said);
}

static void fails_on(void **state, const struct scenario *sc,
		     const struct failure *f, enum trouble_kind kind)
{
	struct traced_end end = {.reached = true};

	for (uint32_t at = 0; end.reached; at += next_step()) {
		assert_true(at < MOST);
		begin(state, sc);
		end = traced(sc->line,
			     (struct trouble){kind, at, f->error, f->calls});
		names_the_cause(&end, sc->line, f, at, kind == TROUBLE_FAIL);
		all_is_well();
	}
	assert_int_equal(end.exit, 0);
}

static void fails(void **state, enum trouble_kind kind)
{
	for (size_t i = 0; i < NR_SCENARIOS; i++)
		for (size_t k = 0; k < NR_FAILURES; k++)
			fails_on(state, &scenarios[i], &failures[k], kind);
}

static void once(void **state)
{
	fails(state, TROUBLE_FAIL);
}

static void from_then_on(void **state)
{
	fails(state, TROUBLE_FAIL_ON);
}

/* ---- Signals and time ------------------------------------------------------
 */

/* One that has a handler: the call that it meets ends with EINTR. */
static void interrupted(void **state)
{
	for (size_t i = 0; i < NR_SCENARIOS; i++) {
		const struct scenario *sc = &scenarios[i];
		struct traced_end end = {.reached = true};

		for (uint32_t at = 0; end.reached; at += next_step()) {
			begin(state, sc);
			end = traced(sc->line,
				     (struct trouble){TROUBLE_SIGNAL, at,
						      SIGUSR1, NULL});
			if (end.killed || end.exit || *end.said)
				fail_msg("%s: at %u: exit %d: %s", sc->line, at,
					 end.exit, end.said);
			all_is_well();
		}
	}
}

/* Stopped for longer than any of its deadlines; the vCPU is not to blame. */
static void held(void **state)
{
	for (size_t i = 0; i < NR_SCENARIOS; i++) {
		const struct scenario *sc = &scenarios[i];
		struct traced_end end = {.reached = true};

		for (uint32_t at = 0; end.reached; at += HELD_STEPS) {
			begin(state, sc);
			timeout_ms = HELD_MS / 2;
			end = traced(sc->line,
				     (struct trouble){TROUBLE_HOLD, at, HELD_MS,
						      NULL});
			if (end.killed || end.exit || *end.said)
				fail_msg("%s: at %u: exit %d: %s", sc->line, at,
					 end.exit, end.said);
			timeout_ms = LONG_MS;
			all_is_well();
		}
	}
}

/* The job ends with the client that was asked to. */
static void asked_to_end(void **state, int sig)
{
	static const struct scenario runs = {run_line, as_it_is};
	struct traced_end end = {.reached = true};
	uint32_t nr_stopped = 0;

	for (uint32_t at = ASKED_FIRST; at < ASKED_LAST; at += ASKED_STEPS) {
		begin(state, &runs);
		end = traced(run_line,
			     (struct trouble){TROUBLE_SIGNAL, at, sig, NULL});
		assert_true(end.reached);
		/* before it listens it is just gone */
		if (!end.killed) {
			assert_int_equal(end.exit, EXIT_ANSWER);
			assert_int_equal(*status(ID), SIDECAR_IDLE);
			assert_false(hw.up[ID]);
			nr_stopped++;
		}
		all_is_well();
	}
	assert_true(nr_stopped);
}

static void by_terminal(void **state)
{
	asked_to_end(state, SIGINT);
}

static void by_system(void **state)
{
	asked_to_end(state, SIGTERM);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once),	       cmocka_unit_test(from_then_on),
		cmocka_unit_test(interrupted), cmocka_unit_test(held),
		cmocka_unit_test(by_terminal), cmocka_unit_test(by_system),
	};

	next_all = argc > 1 && !strcmp(argv[1], "all");
	return cmocka_run_group_tests(tests, traced_make, fake_remove);
}
