/* SPDX-License-Identifier: MIT */
/* sidecarctl regs and translate. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "ctl.h"

enum sidecar_error registers_show(struct ctl *c, struct sidecar_vcpu *v);
enum sidecar_error registers_translate(struct ctl *c, struct sidecar_vcpu *v);

#endif
