/* SPDX-License-Identifier: MIT */
/*
 * libsidecar: a vCPU that is held stays out of Linux, and nobody else sends it
 * anything. For NMI, INIT and SIPI, which are Linux's end where Linux is.
 */
#ifndef HOLD_H
#define HOLD_H

#include "error.h"

/* SIDECAR_E_LINUX if Linux has @v or is about to. */
enum sidecar_error hold_vcpu(const struct sidecar_vcpu *v, int *hold);
void hold_release(const struct sidecar_vcpu *v, int hold);

/*
 * A wake, the next one of @w, unless Linux has @v: what one has started is not
 * to be taken back. SIDECAR_E_TIMEOUT if @v sleeps elsewhere.
 */
enum sidecar_error hold_and_wake(const struct sidecar_vcpu *v, struct wait *w);
/*
 * Where nobody can ask Xen: the same error, a while after the first wake, and
 * looked for once.
 */
enum sidecar_error hold_look(const struct sidecar_vcpu *v, struct wait *w);
/*
 * For STOP: one NMI, or a wake if @v is DOWN; neither if Linux has it. Without
 * its lock (@own is false) no NMI unless a job has begun.
 */
enum sidecar_error hold_and_interrupt(const struct sidecar_vcpu *v,
				      struct wait *w, bool own);

#endif
