/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl run and stop, and what other commands do with jobs. All jobs of
 * one call start together and are looked after in turn; an interrupt or the end
 * of their time stops all of them.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "ctl.h"
#include "printable.h"

#define MAX_RUNS   (MAX_CPU + 1)
#define FILE_MAX   (1u << 30)
#define LINE_MAX   256u
#define DETAIL_MAX 512u
#define NAP_NS	   1000000
/* A log that is kept is cut behind so many bytes. */
#define TEXT_MAX (1u << 20)

/* One vCPU's job. */
struct run {
	uint32_t i;
	uint32_t linux_cpu;
	bool active;
	char line[LINE_MAX]; /* not ended yet */
	uint32_t line_bytes;
	char *text; /* all of it, if it is kept */
	size_t text_bytes;
};

struct runs {
	struct ctl *c;
	const struct jobs *jobs;
	struct run run[MAX_RUNS];
	uint32_t nr, nr_active;
	bool named; /* lines begin with their CPU */
};

volatile uint32_t jobs_interrupted;

static void on_signal(int signal)
{
	(void)signal;
	jobs_interrupted = 1;
}

/*
 * A second SIGINT ends sidecarctl itself. A pipe whose reader has gone is an
 * error of the output, and nohup's SIGHUP stays as it is.
 */
static void hear_signals(void)
{
	const struct sigaction on = {.sa_handler = on_signal};
	const struct sigaction once = {.sa_handler = on_signal,
				       .sa_flags = (int)SA_RESETHAND};
	struct sigaction before;

	sigaction(SIGINT, &once, NULL);
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGHUP, &on, &before);
	if (before.sa_handler == SIG_IGN)
		sigaction(SIGHUP, &before, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- The job's file ----------------------------------------------------- */

static void *read_all(FILE *f, size_t *bytes)
{
	char *p = NULL;
	long n;

	if (fseek(f, 0, SEEK_END) || (n = ftell(f)) < 0)
		return NULL;
	rewind(f);
	if (!n || n > (long)FILE_MAX) {
		errno = n ? EFBIG : ENODATA;
		return NULL;
	}
	*bytes = (size_t)n;
	p = malloc(*bytes);
	if (p && fread(p, 1, *bytes, f) == *bytes)
		return p;
	free(p);
	return NULL;
}

const char *jobs_dir = JOBS_DIR;

/* A path, or the name of one of those that are installed. */
static FILE *open_job(const char *name)
{
	char path[4096];
	FILE *f = fopen(name, "rb");

	if (f || strchr(name, '/'))
		return f;
	snprintf(path, sizeof(path), "%s/%s.job", jobs_dir, name);
	return fopen(path, "rb");
}

/* @found: by its name, but it could not be read */
static void job_unreadable(struct ctl *c, bool found)
{
	char detail[DETAIL_MAX], where[DETAIL_MAX / 2] = "";

	if (!found && !strchr(c->job, '/'))
		snprintf(where, sizeof(where), " here and in %s", jobs_dir);
	snprintf(detail, sizeof(detail), "job %s: %s%s", c->job,
		 strerror(errno ? errno : EIO), where);
	ctl_failed_all(c, SIDECAR_E_SYSTEM, detail);
}

static bool job_read(struct ctl *c, struct sidecar_job *job)
{
	FILE *f = open_job(c->job);

	errno = f ? 0 : errno;
	job->file = f ? read_all(f, &job->file_bytes) : NULL;
	if (!job->file)
		job_unreadable(c, f);
	if (f)
		fclose(f);
	return job->file;
}

/* ---- What they say ------------------------------------------------------ */

static void put_line(struct runs *r, struct run *run)
{
	FILE *to = r->c->show.to;

	if (r->named)
		fprintf(to, "CPU %" PRIu32 ": ", run->linux_cpu);
	fwrite(run->line, 1, run->line_bytes, to);
	putc('\n', to);
	run->line_bytes = 0;
}

static void keep(struct run *run, const char *text, uint32_t bytes)
{
	char *more;

	if (run->text_bytes + bytes > TEXT_MAX)
		return;
	more = realloc(run->text, run->text_bytes + bytes + 1);
	if (!more)
		return;
	run->text = more;
	memcpy(more + run->text_bytes, text, bytes);
	run->text_bytes += bytes;
	more[run->text_bytes] = 0;
}

static void put_log(struct runs *r, struct run *run, struct sidecar_progress *p)
{
	if (p->log_lost)
		fprintf(stderr,
			"sidecarctl: CPU %" PRIu32 ": %" PRIu32
			" bytes of its log came too fast and are lost\n",
			run->linux_cpu, p->log_lost);
	for (uint32_t k = 0; k < p->log_bytes; k++)
		p->log[k] = printable_text(p->log[k]);
	if (r->jobs->keep_log) {
		keep(run, p->log, p->log_bytes);
		return;
	}
	for (uint32_t k = 0; k < p->log_bytes; k++) {
		if (p->log[k] != '\n')
			run->line[run->line_bytes++] = p->log[k];
		if (p->log[k] == '\n' || run->line_bytes == LINE_MAX)
			put_line(r, run);
	}
}

static void ended(struct runs *r, struct run *run, enum sidecar_error e,
		  const struct sidecar_progress *p)
{
	struct ctl *c = r->c;
	struct sidecar_vcpu_info v;

	run->active = false;
	r->nr_active--;
	if (run->line_bytes)
		put_line(r, run);
	sidecar_vcpu(c->s, run->i, &v);
	ctl_say_restarted(&v, &p->answer);
	if (p->ended)
		r->jobs->ended(c, &v, &p->answer, run->text);
	if (e && p->ended)
		ctl_note(c, e); /* said above */
	else if (e)
		ctl_failed(c, run->linux_cpu, e, sidecar_detail(c->s));
	free(run->text);
	run->text = NULL;
}

/* ---- Starting ----------------------------------------------------------- */

/* 0 if it cannot be read. */
static uint32_t read_number(const char *path)
{
	FILE *f = fopen(path, "r");
	uint32_t n;

	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu32, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static bool xen_is_old(void)
{
	uint32_t major = read_number("/sys/hypervisor/version/major");
	uint32_t minor = read_number("/sys/hypervisor/version/minor");

	return major < 4 || (major == 4 && minor < 18);
}

static void warn_online(const struct runs *r)
{
	struct sidecar_vcpu_info v;
	uint32_t nr = 0;

	for (uint32_t k = 0; k < r->nr; k++) {
		sidecar_vcpu(r->c->s, r->run[k].i, &v);
		nr += !v.linux_had;
	}
	if (nr && !r->c->quiet && xen_is_old())
		fprintf(stderr,
			"sidecarctl: %" PRIu32
			" of these CPUs never were Linux's: while the job runs, onlining one by other means than sidecarctl panics Linux on Xen before 4.18; --prepare avoids it\n",
			nr);
}

/* Once Linux had it, Xen no longer refuses what Linux does to online it. */
static enum sidecar_error prepare(struct ctl *c, uint32_t i)
{
	struct sidecar_vcpu_info v;
	enum sidecar_error e;

	sidecar_vcpu(c->s, i, &v);
	if (!c->prepare || v.linux_had)
		return SIDECAR_OK;
	e = sidecar_check_return(c->s, i);
	if (!e)
		e = sidecar_online(c->s, i);
	return e ? e : sidecar_return(c->s, i);
}

static enum sidecar_error start(struct runs *r, uint32_t cpu, uint32_t i,
				bool if_free)
{
	struct run *run = &r->run[r->nr];
	struct sidecar_job job = r->jobs->job;
	enum sidecar_error e = prepare(r->c, i);

	job.if_free = if_free;
	if (!e)
		e = sidecar_job_start(r->c->s, i, &job);
	if (e)
		return e;
	*run = (struct run){.i = i, .linux_cpu = cpu, .active = true};
	r->nr++;
	r->nr_active++;
	return SIDECAR_OK;
}

static void start_chosen(struct runs *r, uint32_t cpu, int32_t i)
{
	enum sidecar_error e;

	if (i < 0 || r->nr == MAX_RUNS) {
		ctl_no_such(r->c, cpu);
		return;
	}
	e = start(r, cpu, (uint32_t)i, false);
	if (e)
		ctl_failed(r->c, cpu, e, sidecar_detail(r->c->s));
}

/*
 * The first that has nothing to do and that nobody else takes just now; if
 * there is none, the first that somebody took.
 */
static void start_first(struct runs *r)
{
	struct ctl *c = r->c;
	uint32_t taken = MAX_CPU + 1;
	enum sidecar_error e;
	int32_t i;

	for (uint32_t cpu = 0; cpu <= MAX_CPU && !jobs_interrupted; cpu++) {
		i = sidecar_find_cpu(c->s, cpu);
		if (i < 0 || !ctl_is_idle(c, (uint32_t)i))
			continue;
		e = start(r, cpu, (uint32_t)i, true);
		if (e == SIDECAR_E_BUSY || e == SIDECAR_E_LINUX) {
			taken = cpu < taken ? cpu : taken;
			continue;
		}
		if (e)
			ctl_failed(c, cpu, e, sidecar_detail(c->s));
		return;
	}
	if (jobs_interrupted)
		return;
	if (taken <= MAX_CPU) {
		start_chosen(r, taken, sidecar_find_cpu(c->s, taken));
		return;
	}
	fprintf(stderr,
		"sidecarctl: no vCPU is idle: end a job with stop, or take a CPU from Linux with return\n");
	ctl_note(c, SIDECAR_E_CPU);
}

static void start_all(struct runs *r)
{
	struct ctl *c = r->c;
	int32_t i;

	if (c->first_idle)
		start_first(r);
	for (uint32_t cpu = 0; cpu <= MAX_CPU && !jobs_interrupted; cpu++)
		if (ctl_is_chosen(c, cpu, &i))
			start_chosen(r, cpu, i);
	r->named = r->nr > 1;
	warn_online(r);
}

/* ---- Running ------------------------------------------------------------ */

static void look(struct runs *r, struct run *run)
{
	struct sidecar_progress p;
	enum sidecar_error e = sidecar_job_poll(r->c->s, run->i, &p);

	put_log(r, run, &p);
	if (e || p.ended)
		ended(r, run, e, &p);
}

static void stop_all(struct runs *r)
{
	for (uint32_t k = 0; k < r->nr; k++)
		if (r->run[k].active)
			sidecar_job_stop(r->c->s, r->run[k].i);
}

static void run_all(struct runs *r)
{
	const struct timespec nap = {0, NAP_NS};
	uint32_t seconds = r->jobs->seconds;
	uint64_t end = clock_ns() + seconds * UINT64_C(1000000000);

	while (r->nr_active) {
		if (jobs_interrupted || ferror(r->c->show.to) ||
		    (seconds && clock_ns() > end))
			stop_all(r);
		for (uint32_t k = 0; k < r->nr; k++)
			if (r->run[k].active)
				look(r, &r->run[k]);
		fflush(r->c->show.to);
		if (r->nr_active)
			nanosleep(&nap, NULL);
	}
}

void jobs_together(struct ctl *c, const struct jobs *jobs)
{
	static struct runs r;

	r.c = c;
	r.jobs = jobs;
	r.nr = r.nr_active = 0;
	jobs_interrupted = 0;
	hear_signals();
	start_all(&r);
	run_all(&r);
}

/* ---- Commands ----------------------------------------------------------- */

static void show_ended(struct ctl *c, const struct sidecar_vcpu_info *v,
		       const struct sidecar_answer *a, const char *log)
{
	show_job(&c->show, v, a, log);
}

enum sidecar_error jobs_run(struct ctl *c)
{
	struct jobs jobs = {
		.job.run_flags = c->force ? JOB_RUN_FORCE : 0,
		.seconds = c->seconds,
		.keep_log = c->show.json,
		.ended = show_ended,
	};

	memcpy(jobs.job.arg, c->arg, sizeof(jobs.job.arg));
	if (!job_read(c, &jobs.job))
		return SIDECAR_OK;
	show_begin(&c->show);
	jobs_together(c, &jobs);
	show_end(&c->show);
	free((void *)jobs.job.file);
	return SIDECAR_OK;
}

enum sidecar_error jobs_stop(struct ctl *c, uint32_t i)
{
	struct sidecar_vcpu_info v;
	enum sidecar_error e;
	bool ran, restarted;

	sidecar_vcpu(c->s, i, &v);
	ran = v.job;
	e = sidecar_stop(c->s, i, &restarted);
	if (e || (c->all && !ran))
		return e;
	show_done(&c->show, &v,
		  !ran	      ? "no job runs"
		  : restarted ? "did not stop: INIT, started again"
			      : "stopped");
	return SIDECAR_OK;
}
