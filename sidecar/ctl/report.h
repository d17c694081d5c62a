/* SPDX-License-Identifier: MIT */
/* sidecarctl: errors, and the exit code. */
#ifndef REPORT_H
#define REPORT_H

#include "ctl.h"

/* The exit code is that of @e, if it is the first error. */
void report_exit(struct ctl *c, enum sidecar_error e);
/* Reports an error of a CPU with the library's text; sets the exit code. */
void report_cpu(struct ctl *c, uint32_t cpu, enum sidecar_error e);
/* Nothing can be done at all: this error is the whole output. */
/* Of an error that several CPUs had: how many more. */
void report_repeats(void);
void report_all(struct ctl *c, enum sidecar_error e);
/* The same with another text. */
void report_all_text(struct ctl *c, enum sidecar_error e, const char *detail);
void report_restarted(const struct sidecar_vcpu *v,
		      const struct sidecar_answer *a);
/* Of nodes that cannot be used. */
void report_bad_node(struct ctl *c);
/* Returns @code, or that of lost output; to be called last. */
int report_end(int code);

/* About no CPU, in a list that has begun. */
void report_item(struct ctl *c, enum sidecar_error e);
void report_item_text(struct ctl *c, enum sidecar_error e, const char *detail);

#endif
