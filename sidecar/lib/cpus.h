/* SPDX-License-Identifier: MIT */
/* libsidecar: how Linux numbers vCPUs. */
#ifndef CPUS_H
#define CPUS_H

#include "error.h"

/* MADT into s->cpu[], checked against /proc/cpuinfo. */
enum sidecar_error cpus_read(struct sidecar *s);
/* Index into s->cpu[] and so Linux's CPU number, or -1. */
int32_t cpus_find(const struct sidecar *s, uint32_t vcpu_id);

#endif
