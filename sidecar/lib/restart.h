/* SPDX-License-Identifier: MIT */
/* libsidecar: INIT and SIPI. The lock is the caller's. */
#ifndef RESTART_H
#define RESTART_H

#include "error.h"

/* INIT, then SIPI: IDLE and DOWN at the end. */
enum sidecar_error restart_vcpu(const struct sidecar_vcpu *v);
/* INIT alone: REMOVED and DOWN. */
enum sidecar_error restart_only_stop(const struct sidecar_vcpu *v);

#endif
