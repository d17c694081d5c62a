/* SPDX-License-Identifier: MIT */
/*
 * Watching jobs of other clients of libsidecar on fake vCPUs: two at once,
 * after their client is gone, after other commands, while Linux or INIT takes
 * the vCPU.
 */
#include <stdio.h>
#include <unistd.h>

#include "run_job.h"

/* One that watches: a handle of its own, what it has read. */
struct watcher {
	struct sidecar *s;
	struct sidecar_vcpu *v;
	struct sidecar_progress p;
	struct sidecar_answer a;
	char piece[SIDECAR_LOG_SIZE];
	char log[2 * SIDECAR_LOG_SIZE];
	size_t nr;
};

static void attach(struct watcher *w)
{
	memset(w, 0, sizeof(*w));
	assert_int_equal(open_other(&w->s), SIDECAR_OK);
	w->v = cpu_of(w->s, CPU);
	w->a.size = sizeof(w->a);
	w->p = (struct sidecar_progress){.size = sizeof(w->p),
					 .log = w->piece,
					 .log_size = sizeof(w->piece)};
	assert_int_equal(sidecar_job_attach(w->v), SIDECAR_OK);
}

static enum sidecar_error look(struct watcher *w)
{
	enum sidecar_error e = sidecar_job_poll(w->v, &w->p, &w->a);

	assert_true(w->nr + w->p.log_bytes < sizeof(w->log));
	memcpy(w->log + w->nr, w->p.log, w->p.log_bytes);
	w->nr += w->p.log_bytes;
	return e;
}

static enum sidecar_error look_to_end(struct watcher *w)
{
	const struct timespec nap = {0, POLL_NS};
	enum sidecar_error e = look(w);

	for (uint32_t i = 0; i < MAX_POLLS && !e && !w->p.ended; i++) {
		nanosleep(&nap, NULL);
		e = look(w);
	}
	assert_true(e || w->p.ended);
	return e;
}

static void leave(struct watcher *w)
{
	sidecar_close(w->s);
}

static void fails(enum sidecar_error want, const char *why)
{
	struct watcher w;

	attach(&w);
	assert_int_equal(look_to_end(&w), want);
	assert_false(w.p.ended);
	assert_non_null(strstr(detail_of(w.s), why));
	assert_int_equal(look(&w), SIDECAR_E_JOB);
	leave(&w);
}

/* ---- While its client is there ------------------------------------------ */

static void two_watch(void **state)
{
	struct watcher first, second;

	(void)state;
	begin();
	sidecar_job_leave_log(cpu(CPU));
	assert_false(sidecar_job_has_begun(cpu(CPU)));
	assert_int_equal(poll_for(3), SIDECAR_OK);
	assert_true(sidecar_job_has_begun(cpu(CPU)));
	fake_log(ID, "one ", 4);
	attach(&first);
	assert_int_equal(look(&first), SIDECAR_OK);
	assert_int_equal(poll_once(), SIDECAR_OK);
	attach(&second);
	fake_log(ID, "two", 3);
	/* neither ends it */
	sidecar_job_ask_to_end(first.v);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	assert_int_equal(sidecar_job_attach(first.v), SIDECAR_E_JOB);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_int_equal(nr_logged, 0);
	assert_int_equal(look_to_end(&first), SIDECAR_OK);
	assert_int_equal(look_to_end(&second), SIDECAR_OK);
	assert_string_equal(first.log, "one two");
	assert_string_equal(second.log, "one two");
	assert_int_equal(first.a.ret[0], 42);
	assert_int_equal(second.a.elapsed_ns, answer.elapsed_ns);
	leave(&first);
	leave(&second);
}

/* What its client has read is not there twice. */
static void what_is_left_of_the_log(void **state)
{
	struct watcher w;

	(void)state;
	begin_seen();
	fake_log(ID, "read ", 5);
	assert_int_equal(poll_once(), SIDECAR_OK);
	attach(&w);
	fake_log(ID, "new", 3);
	assert_int_equal(look(&w), SIDECAR_OK);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_memory_equal(logged, "read new", 8);
	assert_string_equal(w.log, "new");
	leave(&w);
}

/* INIT clears the page: what is told is what its client notes. */
static void killed_by_init(void **state)
{
	struct watcher w;

	(void)state;
	timeout_ms = TIMEOUT_MS;
	hw.numb[ID] = true;
	begin();
	sidecar_job_leave_log(cpu(CPU));
	assert_int_equal(poll_for(3), SIDECAR_OK);
	fake_log(ID, "seen", 4);
	attach(&w);
	assert_int_equal(look(&w), SIDECAR_OK);
	sidecar_job_ask_to_end(cpu(CPU));
	assert_int_equal(poll_to_end(), SIDECAR_E_COMMAND);
	assert_int_equal(look_to_end(&w), SIDECAR_E_COMMAND);
	assert_true(w.p.ended);
	assert_int_equal(w.a.result, SIDECAR_RESULT_STOPPED);
	assert_string_equal(w.a.error, "job: did not stop: reset by INIT");
	assert_true(w.a.restarted);
	assert_string_equal(w.log, "seen");
	assert_int_equal(w.p.log_lost, 0);
	leave(&w);
	/* and later, too */
	attach(&w);
	assert_int_equal(look_to_end(&w), SIDECAR_E_COMMAND);
	assert_string_equal(w.a.error, "job: did not stop: reset by INIT");
	leave(&w);
}

/* ---- After its client --------------------------------------------------- */

static void after_other_commands(void **state)
{
	struct watcher w;

	(void)state;
	begin();
	sidecar_job_leave_log(cpu(CPU));
	assert_int_equal(poll_for(3), SIDECAR_OK);
	fake_log(ID, "all of it", 9);
	fake_job_end(ID, SIDECAR_RESULT_JOB);
	assert_int_equal(poll_to_end(), SIDECAR_E_COMMAND);
	assert_int_equal(ping_cpu(CPU), SIDECAR_OK);
	attach(&w);
	assert_int_equal(look_to_end(&w), SIDECAR_E_COMMAND);
	assert_int_equal(w.a.result, SIDECAR_RESULT_JOB);
	assert_string_equal(w.a.error, "job: ended");
	assert_int_equal(w.a.ret[0], 42);
	assert_string_equal(w.log, "all of it");
	leave(&w);
}

/* It was killed: the page alone tells, until the next command. */
static void without_its_client(void **state)
{
	struct watcher w, late;

	(void)state;
	begin_seen();
	fake_log(ID, "x", 1);
	sidecar_close(s);
	s = NULL;
	attach(&w);
	assert_int_equal(look(&w), SIDECAR_OK);
	fake_log(ID, "y", 1);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(look_to_end(&w), SIDECAR_OK);
	assert_string_equal(w.log, "xy");
	leave(&w);
	attach(&late);
	assert_int_equal(look_to_end(&late), SIDECAR_OK);
	assert_int_equal(late.a.ret[0], 42);
	assert_int_equal(late.a.elapsed_ns, 0);
	leave(&late);
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(CPU), SIDECAR_OK);
	fails(SIDECAR_E_JOB, "no job, and no result of one, is on it");
}

/* A note is of the last job: the next one removes it. */
static void of_an_older_job(void **state)
{
	struct watcher w;

	(void)state;
	hw.job = FAKE_JOB_ENDS;
	begin();
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	hw.job = FAKE_JOB_RUNS;
	begin_seen();
	attach(&w);
	assert_int_equal(look(&w), SIDECAR_OK);
	assert_false(w.p.ended);
	/* this one was lost, and another began */
	command(ID)->nr_jobs++;
	assert_int_equal(look_to_end(&w), SIDECAR_E_JOB);
	assert_non_null(strstr(detail_of(w.s), "the result is gone"));
	leave(&w);
	/* one whose client notes nothing, as it is no libsidecar's */
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	command(ID)->nr_jobs++;
	fails(SIDECAR_E_JOB, "no job, and no result of one, is on it");
}

/* ---- What is none ------------------------------------------------------- */

static void nothing_to_watch(void **state)
{
	(void)state;
	fails(SIDECAR_E_JOB, "no job, and no result of one, is on it");
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_job_attach(cpu(0)), SIDECAR_E_CPU);
	/* a command that is no job */
	command(ID)->command = SIDECAR_COMMAND_PING;
	*status(ID) = SIDECAR_RUN;
	fails(SIDECAR_E_JOB, "no job, and no result of one, is on it");
}

static void never_begins(void **state)
{
	(void)state;
	timeout_ms = TIMEOUT_MS;
	command(ID)->command = SIDECAR_COMMAND_RUN;
	*status(ID) = SIDECAR_RUN;
	fails(SIDECAR_E_BUSY, "its job has not begun within 60 ms");
}

static void taken_by_linux(void **state)
{
	struct watcher w;

	(void)state;
	begin_seen();
	attach(&w);
	assert_int_equal(look(&w), SIDECAR_OK);
	put_cpu(CPU, "online", "1\n");
	assert_int_equal(look_to_end(&w), SIDECAR_E_LINUX);
	leave(&w);
	assert_int_equal(poll_to_end(), SIDECAR_E_LINUX);
	/* it is not running there, and nobody saw it end */
	fails(SIDECAR_E_LINUX, "Linux has it online");
	put_cpu(CPU, "online", "0\n");
	hw.up[ID] = false;
}

/* Linux gave it up again: it is DOWN, which no job ever is. */
static void went_down(void **state)
{
	(void)state;
	begin_seen();
	hw.up[ID] = false;
	fails(SIDECAR_E_TIMEOUT, "went DOWN in the middle of its job");
	hw.up[ID] = true;
}

static void statuses(void **state)
{
	struct sidecar_answer a = {.result = SIDECAR_RESULT_JOB};

	(void)state;
	strcpy(a.error, "job: exit status 0x1f7");
	assert_int_equal(sidecar_answer_status(&a), 0x1f7);
	a.result = SIDECAR_RESULT_STOPPED;
	assert_int_equal(sidecar_answer_status(&a), 0);
	a.result = SIDECAR_RESULT_JOB;
	strcpy(a.error, "job: ");
	assert_int_equal(sidecar_answer_status(&a), 0);
}

/* Whoever wrote the lock file: it is a note, or none. */
static void notes_of_any_kind(void **state)
{
	char note[128 + 1024] = "";
	struct watcher w;
	static const char *const bad[] = {
		"job: 1 2 3",
		"job: 1 2 1 0 0 0 7 8 9 10 11 12 13 14 15 0\n\n",
		"job: 1 2 1 0 0 0 7 8 9 10 11 12 13 14 15 0 0 0\n\n",
		"job: 1 2 1 0 0 0 7 8 9 10 11 12 13 14 15 0 x",
		"job: 1 2 1 0 0 0 7 8 9 10 11 12 13 14 15 0 -1\nx\n",
		"jab: 1 2 1 0 0 0 7 8 9 10 11 12 13 14 15 0 0\n\n",
		"job: 1 2 1 0 0 0 7 8 9 10 11 12 13 14 15 0 0",
		"job: 1 2 0 0 0 0 7 8 9 10 11 12 13 14 15 0 0\n\n",
	};

	(void)state;
	/* makes the folder */
	begin();
	sidecar_close(s);
	s = NULL;
	fake_setup(state);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(note, 0, sizeof(note));
		strcpy(note + 128, bad[i]);
		put("run/lock/vcpu-1", note, sizeof(note));
		fails(SIDECAR_E_JOB, "no job, and no result of one");
	}
	memset(note, 'x', sizeof(note));
	strcpy(note + 128, "job: 1 2 1 0 7 1 7 8 9 10 11 12 13 14 15 0 0\n");
	note[128 + strlen(note + 128)] = '\033';
	put("run/lock/vcpu-1", note, sizeof(note));
	attach(&w);
	assert_int_equal(look_to_end(&w), SIDECAR_E_COMMAND);
	assert_int_equal(w.a.ret[7], 15);
	assert_int_equal(strlen(w.a.error), sizeof(w.a.error) - 1);
	assert_int_equal(w.a.error[0], '?');
	leave(&w);
}

/* ---- Clients of other versions ------------------------------------------ */

static char note_file[128 + 1024 + 1];

static const char *read_note_file(void)
{
	FILE *f = fopen(in_tree("run/lock/vcpu-1"), "r");

	assert_non_null(f);
	memset(note_file, 0, sizeof(note_file));
	assert_int_equal(fread(note_file, 1, 128 + 1024, f), 128 + 1024);
	fclose(f);
	return note_file + 128;
}

/* 17 numbers and a text, in two lines; NULL, or what is behind these. */
static const char *behind_two_lines(const char *note)
{
	const char *at = note + 4;
	uint32_t nr = 0;

	if (strncmp(note, "job:", 4) != 0)
		return NULL;
	for (; *at == ' '; nr++)
		at += 1 + strspn(at + 1, "0123456789");
	if (nr != 17 || *at != '\n')
		return NULL;
	at = strchr(at + 1, '\n');
	return at ? at + 1 : NULL;
}

/* Who knows two lines alone reads what is written ... */
static void notes_for_others(void **state)
{
	const char *more;

	(void)state;
	waker.up = waker.nmi = NULL;
	waker.is_up = NULL;
	put_text("softirqs", "CPU2\nTIMER: 7\n");
	begin_seen();
	more = behind_two_lines(read_note_file());
	assert_non_null(more);
	assert_string_equal(more, "softirqs: 7\n");
	fake_job_end(ID, SIDECAR_RESULT_JOB);
	assert_int_equal(poll_to_end(), SIDECAR_E_COMMAND);
	more = behind_two_lines(read_note_file());
	assert_non_null(more);
	assert_string_equal(more, "");
	assert_string_equal(strchr(note_file + 128, '\n'), "\njob: ended\n");
	unlink(in_tree("softirqs"));
}

/* ... and what others write is read, with more lines or without. */
static void notes_of_others(void **state)
{
	static const char *const more[] = {"", "softirqs: 5\n", "softirqs: x\n",
					   "later: 1\nand more\n"};
	char note[128 + 1024];
	struct watcher w;

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		memset(note, 0, sizeof(note));
		snprintf(note + 128, 1024,
			 "job: 1 2 1 0 6 0 7 8 9 10 11 12 13 14 15 0 0\n"
			 "job: exit status 0x5\n%s",
			 more[i]);
		put("run/lock/vcpu-1", note, sizeof(note));
		attach(&w);
		assert_int_equal(look_to_end(&w), SIDECAR_E_COMMAND);
		assert_int_equal(sidecar_answer_status(&w.a), 5);
		assert_int_equal(w.a.ret[7], 15);
		leave(&w);
	}
}

/* Nothing of an earlier test is noted. */
static int setup_fresh(void **state)
{
	unlink(in_tree("run/lock/vcpu-1"));
	return setup(state);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_fresh, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(two_watch),	  CASE(what_is_left_of_the_log),
		CASE(killed_by_init),	  CASE(after_other_commands),
		CASE(without_its_client), CASE(of_an_older_job),
		CASE(nothing_to_watch),	  CASE(never_begins),
		CASE(taken_by_linux),	  CASE(went_down),
		CASE(statuses),		  CASE(notes_of_any_kind),
		CASE(notes_for_others),	  CASE(notes_of_others),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
