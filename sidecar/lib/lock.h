/* SPDX-License-Identifier: MIT */
/* libsidecar: one client at a time. */
#ifndef LOCK_H
#define LOCK_H

#include "error.h"

/*
 * The use of @v. SIDECAR_E_BUSY if another client has it, with @wait only after
 * the timeout.
 */
enum sidecar_error lock_vcpu(const struct sidecar_vcpu *v, int *lock,
			     bool wait);
/*
 * A second, short-term lock: while it is held, no other client sends NMI, INIT
 * or SIPI, or starts a command.
 */
enum sidecar_error lock_signals(const struct sidecar_vcpu *v, int *lock);
/* Releases either. */
void lock_release(const struct sidecar_vcpu *v, int lock);

#endif
