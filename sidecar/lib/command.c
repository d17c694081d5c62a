/* SPDX-License-Identifier: MIT */
/*
 * The command page: a command is handed over, its answer read.
 */
#include <stdio.h>

#include "command.h"
#include "lock.h"
#include "printable.h"
#include "status.h"
#include "vcpu.h"
#include "wait.h"

enum sidecar_error command_check_idle(const struct sidecar_vcpu *v)
{
	uint8_t state;
	enum sidecar_error e = vcpu_check_linux(v);

	if (!e)
		e = wait_settled(v);
	if (e)
		return e;
	state = vcpu_state(v);
	if (state == SIDECAR_IDLE)
		return SIDECAR_OK;
	if (state < SIDECAR_NR_STATES)
		return error_vcpu(v, SIDECAR_E_REMOVED,
				  "its state is %s: return it to start it",
				  sidecar_state_text(state));
	return error_vcpu(v, SIDECAR_E_STATE,
			  "status is 0x%x, written over: return it to start it",
			  state);
}

static void write_command(const struct sidecar_vcpu *v, uint32_t command,
			  const uint64_t *arg, size_t nr)
{
	for (size_t i = 0; i < COMMAND_ARGS; i++)
		v->command->arg[i] = i < nr ? arg[i] : 0;
	/* an old answer must not pass for one to this command */
	v->command->result = UINT32_MAX;
	v->command->error_len = 0;
	v->command->event = vcpu_event(v);
	/* a ring before this was for another job */
	v->command->rung = 0;
	v->command->command = command;
}

enum sidecar_error command_hand_over(const struct sidecar_vcpu *v,
				     uint32_t command, const uint64_t *arg,
				     size_t nr)
{
	enum sidecar_error e;
	bool handed;
	int lock;

	write_command(v, command, arg, nr);
	/* a STOP between its look and its swap is for the job that it saw */
	e = lock_signals(v, &lock);
	if (e)
		return e;
	handed = status_swap(v->status, IDLE, RUN, CLIENT);
	lock_release(v, lock);
	if (handed)
		return SIDECAR_OK;
	return error_vcpu(v, SIDECAR_E_BUSY,
			  "its state changed meanwhile: try again");
}

/* A vCPU that cannot be woken at all has not seen the command. */
void command_take_back(const struct sidecar_vcpu *v, enum sidecar_error e)
{
	if (e == SIDECAR_E_WAY)
		status_swap(v->status, RUN, IDLE, CLIENT);
}

/*
 * Nobody else wakes a vCPU that is DOWN: it takes its lock, or, to stop a job,
 * the one for signals. The state is the last look, as it may have ended.
 */
static bool withdraw_held(const struct sidecar_vcpu *v)
{
	return !vcpu_has_begun_job(v) && vcpu_is_up(v) == 0 &&
	       (status_swap(v->status, RUN, IDLE, CLIENT) ||
		status_swap(v->status, STOP, IDLE, CLIENT));
}

bool command_withdraw(const struct sidecar_vcpu *v)
{
	bool withdrawn;
	int lock;

	if (v->command->command != SIDECAR_COMMAND_RUN ||
	    lock_signals(v, &lock))
		return false;
	withdrawn = withdraw_held(v);
	lock_release(v, lock);
	return withdrawn;
}

/* ---- Answers ------------------------------------------------------------ */

/* What the vCPU wrote is text for people: nothing else gets through. */
static void copy_error(const struct sidecar_vcpu *v, char *to)
{
	uint32_t n = v->command->error_len;
	uint32_t i;

	if (n > sizeof(v->command->error))
		n = sizeof(v->command->error);
	for (i = 0; i < n; i++)
		to[i] = printable(v->command->error[i]);
	to[i] = 0;
}

enum sidecar_error command_check_answer(const struct sidecar_vcpu *v,
					const struct sidecar_answer *a)
{
	if (a->result == SIDECAR_RESULT_OK)
		return SIDECAR_OK;
	return error_vcpu(v, SIDECAR_E_COMMAND, "result %u: %s", a->result,
			  a->error);
}

enum sidecar_error command_read_answer(const struct sidecar_vcpu *v,
				       struct sidecar_answer *a)
{
	uint8_t state = vcpu_state(v);

	copy_error(v, a->error);
	if (state != SIDECAR_IDLE)
		return error_vcpu(
			v, SIDECAR_E_COMMAND,
			"left the sidecar (%s): return it to start it%s%s",
			sidecar_state_text(state), *a->error ? ": " : "",
			a->error);
	a->result = v->command->result;
	for (uint32_t i = 0; i < 8; i++)
		a->ret[i] = v->command->ret[i];
	if (a->result == SIDECAR_RESULT_OK)
		a->error[0] = 0;
	return command_check_answer(v, a);
}

enum sidecar_error command_answer_killed(const struct sidecar_vcpu *v,
					 struct sidecar_answer *a)
{
	a->result = SIDECAR_RESULT_STOPPED;
	snprintf(a->error, sizeof(a->error),
		 "job: did not stop: reset by INIT");
	return command_check_answer(v, a);
}
