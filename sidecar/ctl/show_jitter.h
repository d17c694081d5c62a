/* SPDX-License-Identifier: MIT */
/* sidecarctl jitter: its output. */
#ifndef SHOW_JITTER_H
#define SHOW_JITTER_H

#include "abi/jitter.h"
#include "show.h"

/* @linux_cpu below 0: nothing to compare with. */
void show_jitter(struct show *p, const struct sidecar_vcpu *v,
		 const struct jitter *j, int32_t linux_cpu,
		 const struct jitter *other, uint64_t tsc_khz);

#endif
