/* SPDX-License-Identifier: MIT */
/* libsidecar: the jobs of a gang, and the page that they share. */
#ifndef GANG_H
#define GANG_H

#include "error.h"

/*
 * A gang of @v[0..nr), whose locks are the caller's and whose jobs are not
 * handed over yet. SIDECAR_E_JOB if no rank's node has shared memory.
 */
enum sidecar_error gang_make(struct sidecar_vcpu *const *v, uint32_t nr);
/* One of its ranks runs on a vCPU of @n. */
bool gang_is_on(const struct gang *g, const struct sidecar_node *n);
/*
 * Rings the ranks that sleep and need not; gives up the lock that the gang has
 * kept when the timeout is over.
 */
void gang_tend(struct gang *g);
/* When it has to be called, if nothing happens. */
uint64_t gang_next_ns(const struct gang *g);
/*
 * The job of @v has ended with @e: the others hear of it. Returns the error of
 * an answer that names the rank that ended first; else @e.
 */
enum sidecar_error gang_leave(struct sidecar_vcpu *v, enum sidecar_error e,
			      struct sidecar_answer *a);
/*
 * Releases the lock of @v, whose job has ended, is left alone or was not handed
 * over. That of the vCPU that has the gang's page is kept until the last rank
 * has come here, or for the timeout.
 */
void gang_unlock(struct sidecar_vcpu *v);

#endif
