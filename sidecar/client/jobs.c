/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl run and stop. All jobs of one call start together and are looked
 * after in turn; an interrupt or the end of their time stops all of them.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl.h"

#define MAX_RUNS 4096u
#define FILE_MAX (1u << 30)
#define LINE_MAX 256u
#define NAP_NS	 1000000
/* A log in JSON is cut behind so many bytes. */
#define TEXT_MAX (1u << 20)

/* One vCPU's job. */
struct run {
	uint32_t i;
	uint32_t linux_cpu;
	bool active;
	char line[LINE_MAX]; /* not ended yet */
	uint32_t line_bytes;
	char *text; /* JSON: all of it */
	size_t text_bytes;
};

struct runs {
	struct ctl *c;
	struct sidecar_job job;
	struct run run[MAX_RUNS];
	uint32_t nr, nr_active;
	bool named; /* lines begin with their CPU */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
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
		errno = EFBIG;
		return NULL;
	}
	*bytes = (size_t)n;
	p = malloc(*bytes);
	if (p && fread(p, 1, *bytes, f) == *bytes)
		return p;
	free(p);
	return NULL;
}

/* A path, or the name of one of those that are installed. */
static FILE *open_job(const char *name)
{
	static const char *const form[] = {
		"%s",
		"/usr/local/lib/xen-sidecar/jobs/%s.job",
		"/usr/lib/xen-sidecar/jobs/%s.job",
	};
	size_t nr = strchr(name, '/') ? 1 : sizeof(form) / sizeof(form[0]);
	FILE *f = NULL;
	char path[4096];

	for (size_t k = 0; !f && k < nr; k++) {
		snprintf(path, sizeof(path), form[k], name);
		f = fopen(path, "rb");
	}
	return f;
}

/* Where open_job() looks for it. */
static const char *looked_in(const char *name)
{
	return strchr(name, '/') ? ""
				 : " here, in /usr/local/lib/xen-sidecar/jobs "
				   "or /usr/lib/xen-sidecar/jobs";
}

static bool job_read(struct ctl *c, struct sidecar_job *job)
{
	FILE *f = open_job(c->job);

	errno = f ? 0 : errno;
	job->file = f ? read_all(f, &job->file_bytes) : NULL;
	if (!job->file)
		fprintf(stderr, "sidecarctl: job %s: %s%s\n", c->job,
			strerror(errno ? errno : EIO),
			f ? "" : looked_in(c->job));
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

static char printable(char c)
{
	return (c >= ' ' && c <= '~') || c == '\n' || c == '\t' ? c : '?';
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
		p->log[k] = printable(p->log[k]);
	if (r->c->show.json) {
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
		show_job(&c->show, &v, &p->answer, run->text);
	if (e && p->ended)
		ctl_note(c, e); /* said above */
	else if (e)
		ctl_failed(c, run->linux_cpu, e, sidecar_detail(c->s));
	free(run->text);
	run->text = NULL;
}

/* ---- Starting ----------------------------------------------------------- */

static bool xen_is_old(void)
{
	uint32_t major = 0, minor = 0;
	FILE *f = fopen("/sys/hypervisor/version/major", "r");

	if (f && fscanf(f, "%" SCNu32, &major) != 1)
		major = 0;
	if (f)
		fclose(f);
	f = fopen("/sys/hypervisor/version/minor", "r");
	if (f && fscanf(f, "%" SCNu32, &minor) != 1)
		minor = 0;
	if (f)
		fclose(f);
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
			" of these CPUs never were Linux's: while the job "
			"runs, onlining one by other means than sidecarctl "
			"panics Linux on Xen before 4.18; --prepare avoids "
			"it\n",
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
	e = sidecar_online(c->s, i);
	return e ? e : sidecar_return(c->s, i);
}

static void start(struct runs *r, uint32_t cpu, int32_t i)
{
	struct run *run = &r->run[r->nr];
	enum sidecar_error e;

	if (i < 0 || r->nr == MAX_RUNS) {
		ctl_no_such(r->c, cpu);
		return;
	}
	*run = (struct run){.i = (uint32_t)i, .linux_cpu = cpu};
	e = prepare(r->c, run->i);
	if (!e)
		e = sidecar_job_start(r->c->s, run->i, &r->job);
	if (e) {
		ctl_failed(r->c, cpu, e, sidecar_detail(r->c->s));
		return;
	}
	run->active = true;
	r->nr++;
	r->nr_active++;
}

static void start_all(struct runs *r)
{
	struct ctl *c = r->c;
	int32_t i;

	for (uint32_t cpu = 0; cpu <= MAX_CPU && !interrupted; cpu++)
		if (ctl_is_chosen(c, cpu, &i))
			start(r, cpu, i);
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
	uint64_t end = now_ns() + r->c->seconds * UINT64_C(1000000000);

	while (r->nr_active) {
		if (interrupted || (r->c->seconds && now_ns() > end))
			stop_all(r);
		for (uint32_t k = 0; k < r->nr; k++)
			if (r->run[k].active)
				look(r, &r->run[k]);
		fflush(r->c->show.to);
		if (r->nr_active)
			nanosleep(&nap, NULL);
	}
}

enum sidecar_error jobs_run(struct ctl *c)
{
	static struct runs r;
	const struct sigaction on = {.sa_handler = on_signal};

	r.c = c;
	r.nr = r.nr_active = 0;
	r.job.run_flags = c->force ? JOB_RUN_FORCE : 0;
	memcpy(r.job.arg, c->arg, sizeof(r.job.arg));
	if (!job_read(c, &r.job)) {
		c->exit = 1;
		return SIDECAR_OK;
	}
	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGHUP, &on, NULL);
	show_begin(&c->show);
	start_all(&r);
	run_all(&r);
	show_end(&c->show);
	free((void *)r.job.file);
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
