/* SPDX-License-Identifier: MIT */
/*
 * What sidecarctl prints: for people, or JSON.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stdio.h>

#include "sidecar/libsidecar.h"

struct show {
	FILE *to;
	bool json;
	uint32_t nr; /* items printed so far */
};

/* With JSON, the brackets of the list; else nothing. */
void show_begin(struct show *p);
void show_end(struct show *p);
/* The separator before an item. */
void show_item(struct show *p);
/* The same, and the vCPU's numbers. */
void show_vcpu(struct show *p, const struct sidecar_vcpu *v);
/* A string of JSON. */
void show_text(FILE *to, const char *s);

/* One item each, for one vCPU. */
void show_ping(struct show *p, const struct sidecar_vcpu *v, uint32_t count,
	       const uint64_t ns[3]);
void show_stats(struct show *p, const struct sidecar_vcpu *v,
		const struct sidecar_answer *a);
struct show_value {
	const char *name;
	uint64_t value;
};
void show_values(struct show *p, const struct sidecar_vcpu *v,
		 const struct show_value *value, uint32_t nr);
/* Where an exception met a job. */
struct show_where {
	const struct sidecar_fault *fault; /* NULL: not known, or none did */
	bool known;			   /* in which function, how far */
	char function[128];
	uint64_t offset;
};
/* How a job ended; @log is for JSON, NULL if there is none. */
void show_job(struct show *p, const struct sidecar_vcpu *v,
	      const struct sidecar_answer *a, const char *log,
	      const struct show_where *where);
void show_done(struct show *p, const struct sidecar_vcpu *v, const char *what);
/* @cpu below 0: the error is about no CPU. */
void show_error(struct show *p, int64_t cpu, enum sidecar_error e,
		const char *detail);

#endif
