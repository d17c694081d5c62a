/* SPDX-License-Identifier: MIT */
/* A part of decide.c: what goes where in memory. Pure. */
#ifndef PLACE_H
#define PLACE_H

#include "decide.h"

/* Kernel, its file and the initrd. */
struct error place_linux(struct decision *d, const struct decide_request *rq);
/*
 * Low block and kept memory. Linux boots without both, but then there is no
 * sidecar.
 */
void place_kept(struct decision *d, const struct decide_request *rq);
/* The largest free range of each vnode, once all else has its place. */
void place_find_free(struct decision *d, const struct decide_request *rq);

#endif
