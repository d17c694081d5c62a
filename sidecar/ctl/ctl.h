/* SPDX-License-Identifier: MIT */
/*
 * What one call of sidecarctl is about. The functions are layers
 * (docs/tree.md); a layer's header includes no higher one.
 */
#ifndef CTL_H
#define CTL_H

#include "show.h"

#define JOB_PATH_MAX 4096u
#define MAX_CPU	     4095u /* Linux CPU number */

/* Exit codes, docs/man/sidecarctl.8 */
#define EXIT_USAGE  2
#define EXIT_ABSENT 3
#define EXIT_ACCESS 4
#define EXIT_BAD    5
#define EXIT_CPU    6
#define EXIT_LINUX  7
#define EXIT_ANSWER 8

/* The same of wait, beside what the job returned. */
#define EXIT_STOPPED 124
#define EXIT_WAIT    125
#define EXIT_DIED    126
#define EXIT_MOST    255

struct ctl {
	struct sidecar *s;
	struct show show;
	uint32_t timeout_ms; /* 0: the library's */
	uint32_t count;	     /* pings */
	bool quiet, verbose, force, prepare, detach, gang, help;
	bool given['z' + 1];	/* these options, by their letters */
	uint32_t watch_seconds; /* list: how often; 0: once */
	bool is_kept;		/* run: another process has the handle's jobs */
	bool exits_as_job;	/* an error of our own is EXIT_WAIT then */
	bool chosen[MAX_CPU + 1]; /* Linux CPU numbers */
	int64_t vnode;	 /* also every parked CPU of this vnode; -1: none */
	bool all;	 /* every parked CPU: -A, or no CPU named */
	bool first_idle; /* no CPU named for run or jitter: the first idle */
	const char *job; /* file, or a name */
	char job_path[JOB_PATH_MAX]; /* of the file that was found */
	const char *in, *out;	     /* files of its, or -; NULL: none */
	const char *core;	     /* file for a core, or NULL */
	uint64_t address;
	uint64_t arg[4]; /* the job's */
	uint32_t nr_args;
	const char *const *argv; /* the job's name and the words behind --, */
	uint32_t nr_argv;	 /* if there is a -- */
	uint64_t memory_bytes;	 /* the job's; 0: an equal share */
	uint32_t seconds;	 /* the job's longest time; 0: any */
	int32_t compare_cpu; /* jitter: CPU of Linux to measure; -1: choose */
	bool compare;
	int exit; /* of the first error */
};

/* What comes before the CPUs on the command line. */
enum first_word {
	FIRST_CPU,
	FIRST_JOB,
	FIRST_ADDRESS
};

/* An option that not every command has, and what it does there. */
struct command_option {
	char letter; /* 0 behind the last one */
	const char *does;
};

#define MAX_COMMAND_OPTIONS 10u

/* How a command is called. */
struct command_line {
	const char *words;	   /* behind its name; or "" */
	const char *brief, *about; /* what it does */
	const char *example;	   /* or NULL */
	struct command_option options[MAX_COMMAND_OPTIONS + 1];
};

struct command {
	const char *name;
	const struct command_line *line;
	/* for each CPU, */
	enum sidecar_error (*for_vcpu)(struct ctl *c, struct sidecar_vcpu *v);
	/* or once */
	enum sidecar_error (*once)(struct ctl *c);
	enum first_word first;
	bool has_cpus;	       /* they may be named */
	bool needs_cpus;       /* they have to be */
	bool one_idle;	       /* if none is: the first that is idle */
	uint32_t most_seconds; /* of -t; 0: any */
};

#endif
