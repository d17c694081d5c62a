/* SPDX-License-Identifier: MIT */
/* libsidecar: Linux's files of a CPU. */
#ifndef SYSFS_H
#define SYSFS_H

#include "error.h"

/* What cannot be read of them counts as ONLINE, MOVING or UNKNOWN. */
enum sidecar_linux sysfs_state(const struct sidecar_vcpu *v);
/* Why its files cannot be read, an errno; 0: they can, or are not there. */
int sysfs_read_error(const struct sidecar_vcpu *v);
/*
 * Linux's next attempt to online @v fails in its first step, before it touches
 * the vCPU; or does not any more. Of no effect where Linux cannot do that.
 * 0 or a negative errno.
 */
int sysfs_refuse_online(const struct sidecar_vcpu *v, bool refuse);
/* Writes Linux's own online file; returns when Linux is done. */
/* Of a CPU that Linux does not have: why. */
enum sidecar_error sysfs_error_absent(const struct sidecar_vcpu *v);
enum sidecar_error sysfs_set_online(const struct sidecar_vcpu *v, bool online);

#endif
