/* SPDX-License-Identifier: MIT */
/*
 * libsidecar: while a vCPU is held, Linux cannot online it and no other client
 * sends it anything. An NMI, INIT or SIPI to a CPU that Linux runs on would
 * crash Linux.
 */
#ifndef HOLD_H
#define HOLD_H

#include "error.h"

/* SIDECAR_E_LINUX if Linux has @v or is bringing it up. */
enum sidecar_error hold_vcpu(const struct sidecar_vcpu *v, int *hold);
void hold_release(const struct sidecar_vcpu *v, int hold);

/*
 * Sends a wake, the next one of @w, unless Linux has @v. SIDECAR_E_TIMEOUT if
 * @v turns out to sleep in Linux's own loop. SIDECAR_E_WAY only for the first:
 * once a wake was sent, the command cannot be taken back.
 */
enum sidecar_error hold_and_wake(const struct sidecar_vcpu *v, struct wait *w);
/*
 * The same SIDECAR_E_TIMEOUT without a way to ask Xen: checks once, some time
 * after the first wake.
 */
enum sidecar_error hold_look(const struct sidecar_vcpu *v, struct wait *w);
/*
 * For STOP: sends an NMI, or a wake if @v is DOWN; neither if Linux has it.
 * @own: the caller has its lock; else no NMI unless a job has begun.
 */
enum sidecar_error hold_and_interrupt(const struct sidecar_vcpu *v,
				      struct wait *w, bool own);

#endif
