/* SPDX-License-Identifier: MIT */
/* sidecarctl jitter. */
#ifndef MEASURE_H
#define MEASURE_H

#include "ctl.h"

enum sidecar_error measure_jitter(struct ctl *c);

#endif
