/* SPDX-License-Identifier: MIT */
/*
 * What sidecarctl prints: for people, or JSON.
 */
#ifndef PRINT_H
#define PRINT_H

#include <stdio.h>

#include "sidecar/libsidecar.h"

struct print {
	FILE *to;
	bool json;
	uint32_t nr; /* items printed so far */
};

/* A JSON list of items around what comes between them; else nothing. */
void print_begin(struct print *p);
void print_end(struct print *p);
/* All nodes and vCPUs. */
void print_list(struct print *p, struct sidecar *s);
/* One item each, for one vCPU. */
void print_ping(struct print *p, const struct sidecar_vcpu_info *v,
		uint32_t count, const uint64_t ns[3]);
void print_stats(struct print *p, const struct sidecar_vcpu_info *v,
		 const struct sidecar_answer *a);
void print_done(struct print *p, const struct sidecar_vcpu_info *v,
		const char *what);
void print_error(struct print *p, uint32_t cpu, enum sidecar_error e,
		 const char *detail);

#endif
