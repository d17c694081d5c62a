/* SPDX-License-Identifier: MIT */
/*
 * The only ways to write a vCPU's status byte. A transition that
 * SIDECAR_TRANSITIONS() does not have does not compile.
 */
#ifndef STATUS_H
#define STATUS_H

#include "abi/sidecar.h"
#include "barrier.h"

enum status_transition {
#define STATUS_NAME(from, to, whose) STATUS_##from##_##to##_##whose,
	SIDECAR_TRANSITIONS(STATUS_NAME)
#undef STATUS_NAME
};

/* @from to @to, if it still is @from; true if it was. */
#define status_swap(p, from, to, whose)        \
	((void)STATUS_##from##_##to##_##whose, \
	 swap_if((p), SIDECAR_##from, SIDECAR_##to))
/* Stores @to; the caller guarantees that the state is @from. */
#define status_set(p, from, to, whose) \
	((void)STATUS_##from##_##to##_##whose, store_release((p), SIDECAR_##to))

#endif
