/* SPDX-License-Identifier: MIT */
/* sidecarctl ping, stats, online and return. */
#ifndef VCPUS_H
#define VCPUS_H

#include "ctl.h"

enum sidecar_error vcpus_ping(struct ctl *c, struct sidecar_vcpu *v);
enum sidecar_error vcpus_stats(struct ctl *c, struct sidecar_vcpu *v);
enum sidecar_error vcpus_online(struct ctl *c, struct sidecar_vcpu *v);
enum sidecar_error vcpus_return(struct ctl *c, struct sidecar_vcpu *v);

#endif
