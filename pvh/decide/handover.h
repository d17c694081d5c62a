/* SPDX-License-Identifier: MIT */
/* A part of decide.c: what Linux is told. Pure. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include "decide.h"

/*
 * Memory map, CPU numbers and command line for d->plan, which is turned off if
 * Linux could not take them.
 */
struct error handover_make(struct decision *d, const struct decide_request *rq);

#endif
