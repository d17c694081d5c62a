/* SPDX-License-Identifier: MIT */
/* libsidecar: what Linux has done on a CPU. */
#ifndef SOFTIRQS_H
#define SOFTIRQS_H

#include "error.h"

/*
 * How many softirqs Linux has run on @v's CPU since it was booted: others than
 * before if it has had it since. UINT64_MAX if nobody knows.
 */
uint64_t softirqs_count(const struct sidecar_vcpu *v);

#endif
