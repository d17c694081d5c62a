/* SPDX-License-Identifier: MIT */
/* libsidecar: how Linux numbers vCPUs. */
#ifndef CPUS_H
#define CPUS_H

#include "error.h"

/*
 * MADT into s->cpu[], with Linux's numbers of the hot-added ones from its
 * files, checked against /proc/cpuinfo.
 */
enum sidecar_error cpus_read(struct sidecar *s);
/* NULL if it is not in the MADT. */
const struct madt_cpu *cpus_find(const struct sidecar *s, uint32_t vcpu_id);
/*
 * Linux has a CPU of which nothing says which vCPU it is: it may be any that
 * has no number. That is so once Linux has made its folder anew, as after xl
 * vcpu-set.
 */
bool cpus_has_unnamed(const struct sidecar *s);

#endif
