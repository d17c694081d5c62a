/* SPDX-License-Identifier: MIT */
/*
 * libsidecar: the command page. It is the client's while the vCPU is IDLE: the
 * swap to RUN hands it over, IDLE seen again gives it back (docs/sidecar.md).
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "error.h"

#define COMMAND_ARGS 8u

/* SIDECAR_OK once the page is the client's and earlier commands are done. */
enum sidecar_error command_check_idle(const struct sidecar_vcpu *v);
/*
 * Hands a command to the vCPU, which is not woken yet. It calls
 * lock_signals(). @arg: @nr of at most COMMAND_ARGS, all others are zero.
 */
enum sidecar_error command_hand_over(const struct sidecar_vcpu *v,
				     uint32_t command, const uint64_t *arg,
				     size_t nr);
/* After error @e: takes a command back that cannot have been seen. */
void command_take_back(const struct sidecar_vcpu *v, enum sidecar_error e);
/*
 * With the vCPU's lock: a job that was handed over by a client that is gone,
 * and has not begun, never will. False: it may have, or nobody can tell.
 */
bool command_withdraw(const struct sidecar_vcpu *v);
enum sidecar_error command_read_answer(const struct sidecar_vcpu *v,
				       struct sidecar_answer *a);
/* SIDECAR_E_COMMAND, with the reason, if the result is not OK. */
enum sidecar_error command_check_answer(const struct sidecar_vcpu *v,
					const struct sidecar_answer *a);
/* The answer in place of one that INIT prevented. */
enum sidecar_error command_answer_killed(const struct sidecar_vcpu *v,
					 struct sidecar_answer *a);

#endif
