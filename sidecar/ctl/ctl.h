/* SPDX-License-Identifier: MIT */
/*
 * Inside sidecarctl: one run of it, and its command line.
 */
#ifndef CTL_H
#define CTL_H

#include "show.h"

#define MAX_CPU 4095u /* Linux CPU number */

/* Exit codes, docs/man/sidecarctl.8 */
#define EXIT_USAGE  2
#define EXIT_ABSENT 3
#define EXIT_ACCESS 4
#define EXIT_BAD    5
#define EXIT_CPU    6
#define EXIT_LINUX  7
#define EXIT_ANSWER 8

struct ctl {
	struct sidecar *s;
	struct show show;
	uint32_t timeout_ms; /* 0: the library's */
	uint32_t count;	     /* pings */
	bool quiet, force, prepare;
	bool chosen[MAX_CPU + 1]; /* Linux CPU numbers */
	int64_t vnode;		  /* all of it too; -1: of none */
	bool all;		  /* none was named */
	bool first_idle;	  /* nor is it for all: for one */
	const char *job;	  /* file, or a name */
	uint64_t address;
	uint64_t arg[4]; /* the job's */
	uint32_t nr_args;
	uint32_t seconds;    /* the job's longest time; 0: any */
	int32_t compare_cpu; /* jitter: Linux's CPU beside it; -1: choose */
	bool compare;
	int exit; /* of the first error */
};

/* What comes before the CPUs on the command line. */
enum first {
	FIRST_CPU,
	FIRST_JOB,
	FIRST_ADDRESS
};

struct command {
	const char *name;
	/* for each CPU, */
	enum sidecar_error (*one)(struct ctl *c, uint32_t i);
	/* or once */
	enum sidecar_error (*whole)(struct ctl *c);
	enum first first;
	bool has_cpus;	       /* they may be named */
	bool needs_cpus;       /* they have to be */
	bool one_idle;	       /* if none is: the first that is idle */
	uint32_t most_seconds; /* of -t; 0: any */
};

/* jobs.c: where the jobs are that are installed */
extern const char *jobs_dir;

/* Ends with one that has no name. */
extern const struct command commands[];

/* Jobs of one call. */
struct jobs {
	struct sidecar_job job;
	uint32_t seconds; /* then they are stopped; 0: never */
	bool keep_log;	  /* for @ended, else printed as it comes */
	/* One job has ended; @log is NULL if it was printed, or empty. */
	void (*ended)(struct ctl *c, const struct sidecar_vcpu_info *v,
		      const struct sidecar_answer *a, const char *log);
};

/* sidecarctl.c: the exit code, if it is the first error */
void ctl_note(struct ctl *c, enum sidecar_error e);
/* Nothing can be done at all: all that comes out. */
void ctl_failed_all(struct ctl *c, enum sidecar_error e, const char *detail);
/* @code, or that of output that got lost; to be called last. */
int ctl_end(int code);
/* Says what went wrong with a CPU too. */
void ctl_failed(struct ctl *c, uint32_t cpu, enum sidecar_error e,
		const char *detail);
/* @cpu is in no sidecar node, as far as they could be read. */
void ctl_no_such(struct ctl *c, uint32_t cpu);
void ctl_say_restarted(const struct sidecar_vcpu_info *v,
		       const struct sidecar_answer *a);
/* Linux CPU @cpu is among those that were asked for; its index in @i. */
bool ctl_is_chosen(struct ctl *c, uint32_t cpu, int32_t *i);
/* It has nothing to do. */
bool ctl_is_idle(struct ctl *c, uint32_t i);

/* look.c */
enum sidecar_error look_regs(struct ctl *c, uint32_t i);
enum sidecar_error look_translate(struct ctl *c, uint32_t i);
/*
 * jobs.c: starts @jobs->job on all CPUs that were chosen and returns when each
 * has ended. SIGINT, SIGTERM, SIGHUP and output that cannot be written stop
 * them.
 */
void jobs_together(struct ctl *c, const struct jobs *jobs);
/* Not 0 after such a signal. */
extern volatile uint32_t jobs_interrupted;
enum sidecar_error jobs_run(struct ctl *c);
enum sidecar_error jobs_stop(struct ctl *c, uint32_t i);
/* jitter.c */
enum sidecar_error jitter_all(struct ctl *c);

/*
 * The command line into @c; NULL, after a line on stderr that names
 * the word, if it makes no sense. Does not return from -h.
 */
const struct command *arguments_read(struct ctl *c, int argc, char **argv);

#endif
