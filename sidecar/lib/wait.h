/* SPDX-License-Identifier: MIT */
/* libsidecar: waiting for a vCPU, never longer than the timeout. */
#ifndef WAIT_H
#define WAIT_H

#include "error.h"
#include "file.h"

static inline struct wait wait_begin(void)
{
	uint64_t now = file_clock_ns();

	return (struct wait){.begin_ns = now, .next_ns = now};
}

/* After the timeout. */
static inline bool wait_is_over(const struct sidecar_vcpu *v,
				const struct wait *w)
{
	return file_clock_ns() - w->begin_ns > v->s->timeout_ns;
}

/* It is time to send or check again. */
static inline bool wait_is_due(const struct wait *w)
{
	return file_clock_ns() >= w->next_ns;
}

/*
 * Wakes @v until its state is not @state any more. SIDECAR_E_LINUX if Linux
 * took it, SIDECAR_E_TIMEOUT if it has no state left to wake.
 */
enum sidecar_error wait_woken(const struct sidecar_vcpu *v, uint8_t state);
/* Waits, without a wake, for IDLE and DOWN. */
enum sidecar_error wait_idle(const struct sidecar_vcpu *v);
/* Waits while Linux brings it up or down; then it is in @state. */
enum sidecar_error wait_moved(const struct sidecar_vcpu *v,
			      enum sidecar_linux *state);
/* Waits for DOWN; SIDECAR_OK if nobody can be asked. */
enum sidecar_error wait_down(const struct sidecar_vcpu *v);
/*
 * Ends what an earlier client left: RUN, STOP or REMOVE;
 * SIDECAR_E_BUSY if that is a job.
 */
enum sidecar_error wait_settled(const struct sidecar_vcpu *v);
/* Sends NMIs until @job has ended, or the STOP. Needs no lock. */
enum sidecar_error wait_stopped(const struct sidecar_vcpu *v,
				const struct job_name *job);

#endif
