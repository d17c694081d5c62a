/* SPDX-License-Identifier: MIT */
/* libsidecar: INIT and SIPI; vCPUs between the sidecar and Linux. */
#ifndef MOVE_H
#define MOVE_H

#include "error.h"

/* INIT, SIPI; IDLE and DOWN at the end. The lock is the caller's. */
enum sidecar_error move_restart(const struct sidecar_vcpu *v);

#endif
