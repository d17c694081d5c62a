/* SPDX-License-Identifier: MIT */
/* sidecarctl jitter: the same on a CPU of Linux. */
#ifndef COMPARE_H
#define COMPARE_H

#include "ctl.h"
#include "abi/jitter.h"

/*
 * For as long as @ticks of the TSC, into @j. The number of the CPU, or -1 if
 * there is nothing to compare, after a line that says why.
 */
int32_t compare_with_linux(struct ctl *c, uint64_t ticks, struct jitter *j);

#endif
