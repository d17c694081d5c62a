/* SPDX-License-Identifier: MIT */
/* libsidecar: one client at a time. */
#ifndef LOCK_H
#define LOCK_H

#include "error.h"

/*
 * The use of @v. If another client has it: SIDECAR_E_BUSY, with @wait not
 * before the timeout.
 */
enum sidecar_error lock_vcpu(const struct sidecar_vcpu *v, int *lock,
			     bool wait);
/*
 * Besides that, and for a moment: nobody else sends NMI, INIT or SIPI, or
 * starts a command.
 */
enum sidecar_error lock_signals(const struct sidecar_vcpu *v, int *lock);
/* Of either. */
void lock_release(const struct sidecar_vcpu *v, int lock);

#endif
