/* SPDX-License-Identifier: MIT */
/* libsidecar: what Linux has done on a CPU. */
#ifndef SOFTIRQS_H
#define SOFTIRQS_H

#include "error.h"

/*
 * How many softirqs Linux has run on @v's CPU since boot; changes if Linux has
 * used the CPU since the last call. UINT64_MAX if it is not known.
 */
uint64_t softirqs_count(const struct sidecar_vcpu *v);

#endif
