/* SPDX-License-Identifier: MIT */
/* sidecarctl: which CPUs a command is for. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "ctl.h"

/*
 * Linux CPU @cpu is among those that were asked for. *@v: its vCPU, with
 * SIDECAR_OK in *@e; else the library says why not.
 */
bool choose_cpu(struct ctl *c, uint32_t cpu, struct sidecar_vcpu **v,
		enum sidecar_error *e);
/* It has nothing to do. */
bool choose_is_idle(const struct sidecar_vcpu *v);

#endif
