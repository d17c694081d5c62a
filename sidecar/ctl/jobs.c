/* SPDX-License-Identifier: MIT */
/*
 * Jobs of one call start together and are looked after in turn; an interrupt or
 * the end of their time stops all of them.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "choose.h"
#include "clock.h"
#include "interrupt.h"
#include "job_text.h"
#include "jobs.h"
#include "keep.h"
#include "report.h"
#include "warn.h"

#define MAX_RUNS (MAX_CPU + 1)
/* As much as the vCPU keeps of a log */
#define LOG_BYTES SIDECAR_LOG_SIZE
/* How long to wait at once: libsidecar knows when there is something to do. */
#define WAIT_MS 3600000u
/* The same when the jobs' time is over. */
#define OVER_MS 10u
/* The same for jobs that nobody watches, where nothing tells that one ended. */
#define KEEP_NS 50000000

/* One vCPU's job. */
struct run {
	struct sidecar_vcpu *v;
	uint32_t cpu; /* Linux's number */
	bool active;
	struct job_text text;
};

struct runs {
	struct ctl *c;
	const struct jobs *jobs;
	struct run run[MAX_RUNS];
	uint32_t nr, nr_active;
	uint64_t end_ns; /* 0: none */
	bool kept;	 /* in the background */
	bool failed;	 /* a rank of a gang has */
};

/* ---- Starting ----------------------------------------------------------- */

/* Once Linux had it, Xen no longer refuses what Linux does to online it. */
static enum sidecar_error let_linux_have_it(struct ctl *c,
					    struct sidecar_vcpu *v)
{
	enum sidecar_error e;

	if (!c->prepare || sidecar_vcpu_linux_had(v))
		return SIDECAR_OK;
	e = sidecar_vcpu_check_return(v);
	if (!e)
		e = sidecar_vcpu_online(v);
	return e ? e : sidecar_vcpu_return(v);
}

static enum sidecar_error begin_job(struct runs *r, struct sidecar_vcpu *v,
				    bool if_free)
{
	struct sidecar_job job = r->jobs->job;
	enum sidecar_error e;

	if (r->jobs->attach)
		return sidecar_job_attach(v);
	e = let_linux_have_it(r->c, v);
	job.size = sizeof(job);
	job.if_free = if_free;
	if (!e)
		e = sidecar_job_start(v, &job);
	if (!e && r->c->detach)
		sidecar_job_leave_log(v);
	return e;
}

static void add_run(struct runs *r, uint32_t cpu, struct sidecar_vcpu *v)
{
	r->run[r->nr] = (struct run){
		.v = v,
		.cpu = cpu,
		.active = true,
		.text.to = r->jobs->keep_log ? NULL : r->c->show.to,
		.text.cpu = cpu,
	};
	r->nr++;
	r->nr_active++;
}

static enum sidecar_error start_job(struct runs *r, uint32_t cpu,
				    struct sidecar_vcpu *v, bool if_free)
{
	enum sidecar_error e = begin_job(r, v, if_free);

	if (!e)
		add_run(r, cpu, v);
	return e;
}

/*
 * On the first that is idle and that no other client takes just now.
 * False if there is none; *@taken: the first that somebody took, or NULL.
 */
static bool start_on_free(struct runs *r, uint32_t *taken_cpu,
			  struct sidecar_vcpu **taken)
{
	struct sidecar_vcpu *v;
	enum sidecar_error e;

	*taken = NULL;
	for (uint32_t cpu = 0; cpu <= MAX_CPU && !interrupt_came; cpu++) {
		if (sidecar_find_cpu(r->c->s, cpu, &v) || !choose_is_idle(v))
			continue;
		e = start_job(r, cpu, v, true);
		if (!e)
			return true;
		if (e != SIDECAR_E_BUSY && e != SIDECAR_E_LINUX) {
			report_cpu(r->c, cpu, e);
			return true;
		}
		if (!*taken) {
			*taken = v;
			*taken_cpu = cpu;
		}
	}
	return false;
}

static void start_on_one(struct runs *r)
{
	struct sidecar_vcpu *taken;
	enum sidecar_error e;
	uint32_t cpu;

	if (start_on_free(r, &cpu, &taken) || interrupt_came)
		return;
	if (!taken) {
		warn_none_idle();
		report_exit(r->c, SIDECAR_E_CPU);
		return;
	}
	e = start_job(r, cpu, taken, false);
	if (e)
		report_cpu(r->c, cpu, e);
}

static void start_on_chosen(struct runs *r)
{
	struct sidecar_vcpu *v;
	enum sidecar_error e;

	for (uint32_t cpu = 0; cpu <= MAX_CPU && !interrupt_came; cpu++) {
		if (!choose_cpu(r->c, cpu, &v, &e))
			continue;
		if (!e)
			e = start_job(r, cpu, v, false);
		if (e)
			report_cpu(r->c, cpu, e);
	}
}

/* ---- A gang ------------------------------------------------------------- */

/* All CPUs that were chosen, prepared; false if one cannot be. */
static bool choose_ranks(struct runs *r, struct sidecar_vcpu *v[MAX_RUNS])
{
	enum sidecar_error e;

	for (uint32_t cpu = 0; cpu <= MAX_CPU && !interrupt_came; cpu++) {
		if (!choose_cpu(r->c, cpu, &v[r->nr], &e))
			continue;
		if (!e)
			e = let_linux_have_it(r->c, v[r->nr]);
		if (e) {
			report_cpu(r->c, cpu, e);
			return false;
		}
		add_run(r, cpu, v[r->nr]);
	}
	return !interrupt_came;
}

static enum sidecar_error start_ranks(struct runs *r,
				      struct sidecar_vcpu *v[MAX_RUNS])
{
	struct sidecar_job job = r->jobs->job;
	enum sidecar_error e;

	job.size = sizeof(job);
	e = sidecar_gang_start(v, r->nr, &job);
	for (uint32_t i = 0; !e && r->c->detach && i < r->nr; i++)
		sidecar_job_leave_log(v[i]);
	return e;
}

/* All, or none: then there is nothing to look after. */
static void start_gang(struct runs *r)
{
	static struct sidecar_vcpu *v[MAX_RUNS];
	enum sidecar_error e = SIDECAR_OK;

	if (choose_ranks(r, v) && r->nr) {
		e = start_ranks(r, v);
		if (!e)
			return;
		report_item(r->c, e);
	} else if (!r->c->exit && !interrupt_came) {
		warn_none_idle();
		report_exit(r->c, SIDECAR_E_CPU);
	}
	r->nr = r->nr_active = 0;
}

static void warn_of_linux(const struct runs *r)
{
	uint32_t nr = 0;

	for (uint32_t k = 0; k < r->nr; k++)
		nr += !sidecar_vcpu_linux_had(r->run[k].v);
	if (nr && !r->c->quiet && !r->jobs->attach)
		warn_never_in_linux(nr);
}

static void report_interrupted(struct runs *r)
{
	fprintf(stderr, "sidecarctl: interrupted before a job was started\n");
	report_exit(r->c, SIDECAR_E_JOB);
}

static void start_all(struct runs *r)
{
	if (r->jobs->gang) {
		start_gang(r);
	} else {
		if (r->c->first_idle)
			start_on_one(r);
		start_on_chosen(r);
	}
	if (!r->nr && interrupt_came && !r->c->exit)
		report_interrupted(r);
	for (uint32_t k = 0; k < r->nr; k++)
		r->run[k].text.named = r->nr > 1;
	warn_of_linux(r);
}

/* ---- Running ------------------------------------------------------------ */

/* The first rank that has not ended well; the others are asked to end. */
static void report_rank(struct runs *r, const struct run *run, bool ended,
			const struct sidecar_answer *answer)
{
	char detail[SIDECAR_DETAIL_SIZE];

	sidecar_get_detail(r->c->s, detail, sizeof(detail));
	fprintf(stderr,
		"sidecarctl: the gang ends: rank %ld, CPU %" PRIu32 ": %s\n",
		(long)(run - r->run), run->cpu, ended ? answer->error : detail);
	r->failed = true;
}

/* @ended: @answer is the job's; else it was lost, @e is the reason. */
static void end_run(struct runs *r, struct run *run, enum sidecar_error e,
		    bool ended, const struct sidecar_answer *answer)
{
	struct ctl *c = r->c;

	run->active = false;
	r->nr_active--;
	job_text_end(&run->text);
	report_restarted(run->v, answer);
	if (r->jobs->gang && e && !r->failed)
		report_rank(r, run, ended, answer);
	if (ended)
		r->jobs->ended(c, &r->jobs->job, run->v, answer,
			       run->text.kept);
	if (e == SIDECAR_E_COMMAND && ended)
		report_exit(c, e); /* said above */
	else if (e)
		report_cpu(c, run->cpu, e);
	job_text_free(&run->text);
}

static void poll_run(struct runs *r, struct run *run)
{
	char log[LOG_BYTES];
	struct sidecar_answer a = {.size = sizeof(a)};
	struct sidecar_progress p = {
		.size = sizeof(p),
		.log = r->jobs->no_log ? NULL : log,
		.log_size = sizeof(log),
	};
	enum sidecar_error e = sidecar_job_poll(run->v, &p, &a);

	job_text_add(&run->text, log, p.log_bytes, p.log_lost);
	if (e || p.ended)
		end_run(r, run, e, p.ended, &a);
}

static void ask_all_to_end(struct runs *r)
{
	for (uint32_t k = 0; k < r->nr; k++)
		if (r->run[k].active)
			sidecar_job_ask_to_end(r->run[k].v);
}

/* Until the jobs' time is over, at most. */
static uint32_t ms_to_wait(const struct runs *r)
{
	uint64_t now = clock_ns();

	if (!r->end_ns)
		return WAIT_MS;
	if (r->end_ns <= now)
		return OVER_MS;
	if (r->end_ns - now > WAIT_MS * UINT64_C(1000000))
		return WAIT_MS;
	return (uint32_t)((r->end_ns - now) / 1000000) + 1;
}

static void wait_a_while(const struct runs *r)
{
	const struct timespec nap = {0, KEEP_NS};

	if (r->kept && sidecar_fd(r->c->s) < 0)
		nanosleep(&nap, NULL);
	else
		sidecar_wait(r->c->s, ms_to_wait(r));
}

static void poll_all(struct runs *r)
{
	for (uint32_t k = 0; k < r->nr; k++)
		if (r->run[k].active)
			poll_run(r, &r->run[k]);
	fflush(r->c->show.to);
	if (r->nr_active)
		wait_a_while(r);
}

static void run_all(struct runs *r)
{
	uint32_t seconds = r->jobs->seconds;

	if (seconds)
		r->end_ns = clock_ns() + seconds * UINT64_C(1000000000);
	while (r->nr_active) {
		if (interrupt_came || ferror(r->c->show.to) ||
		    (seconds && clock_ns() > r->end_ns))
			ask_all_to_end(r);
		poll_all(r);
	}
}

/* ---- Detaching ---------------------------------------------------------- */

/* From then on each has an end, or a deadline, without us. */
static bool have_begun(const struct runs *r)
{
	for (uint32_t k = 0; k < r->nr; k++)
		if (r->run[k].active && !sidecar_job_has_begun(r->run[k].v))
			return false;
	return true;
}

static void say_detached(struct runs *r, pid_t keeper)
{
	char what[64];

	snprintf(what, sizeof(what), "detached, kept by process %ld",
		 (long)keeper);
	for (uint32_t k = 0; k < r->nr; k++)
		if (r->run[k].active)
			show_done(&r->c->show, r->run[k].v, what);
}

static void report_no_keeper(struct runs *r)
{
	char detail[128];

	snprintf(detail, sizeof(detail), "no process to keep the jobs: %s",
		 strerror(errno));
	report_item_text(r->c, SIDECAR_E_SYSTEM, detail);
}

/* Does not return in the process that stays with the jobs. */
static void detach_all(struct runs *r)
{
	pid_t keeper;

	while (!have_begun(r)) {
		if (interrupt_came)
			ask_all_to_end(r);
		poll_all(r);
	}
	if (!r->nr_active)
		return;
	keeper = keep_fork();
	if (keeper > 0) {
		say_detached(r, keeper);
		r->c->is_kept = true;
		return;
	}
	if (keeper < 0) {
		report_no_keeper(r);
		ask_all_to_end(r);
	}
	r->kept = keeper == 0;
	run_all(r);
	if (!r->kept)
		return;
	sidecar_close(r->c->s);
	_exit(0);
}

void jobs_together(struct ctl *c, const struct jobs *jobs)
{
	static struct runs r;

	r.c = c;
	r.jobs = jobs;
	r.nr = r.nr_active = 0;
	r.end_ns = 0;
	r.kept = r.failed = false;
	if (jobs->attach)
		interrupt_came = 0;
	else
		interrupt_listen();
	start_all(&r);
	if (c->detach && !jobs->attach)
		detach_all(&r);
	else
		run_all(&r);
	interrupt_forget();
}
