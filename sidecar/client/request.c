/* SPDX-License-Identifier: MIT */
/*
 * Commands. The command page is the client's while the vCPU is IDLE: the swap
 * to RUN hands it over, IDLE seen again gives it back (docs/sidecar.md).
 */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "printable.h"
#include "status.h"

/* What the vCPU wrote is text for people: nothing else gets through. */
static void copy_error(const struct vcpu *v, char *to)
{
	uint32_t n = v->command->error_len;
	uint32_t i;

	if (n > sizeof(v->command->error))
		n = sizeof(v->command->error);
	for (i = 0; i < n; i++)
		to[i] = printable(v->command->error[i]);
	to[i] = 0;
}

enum sidecar_error request_check(struct sidecar *s, struct vcpu *v)
{
	uint8_t state;
	enum sidecar_error e = move_check_linux(s, v);

	if (!e)
		e = wait_settled(s, v);
	if (e)
		return e;
	state = load_acquire(v->status);
	if (state == SIDECAR_IDLE)
		return SIDECAR_OK;
	if (state < SIDECAR_NR_STATES)
		return fail_vcpu(
			s, SIDECAR_E_REMOVED, v,
			"its state is %s (sidecarctl return brings it back)",
			sidecar_state_text(state));
	return fail_vcpu(
		s, SIDECAR_E_STATE, v,
		"status is 0x%x, written over (sidecarctl return starts it again)",
		state);
}

static void write_command(struct vcpu *v, uint32_t command, const uint64_t *arg)
{
	for (uint32_t i = 0; i < 8; i++)
		v->command->arg[i] = arg ? arg[i] : 0;
	/* an old answer must not pass for one to this command */
	v->command->result = UINT32_MAX;
	v->command->error_len = 0;
	v->command->command = command;
}

enum sidecar_error request_answer(struct sidecar *s, struct vcpu *v,
				  struct sidecar_answer *a)
{
	uint8_t state = load_acquire(v->status);

	copy_error(v, a->error);
	if (state != SIDECAR_IDLE)
		return fail_vcpu(
			s, SIDECAR_E_COMMAND, v,
			"left the sidecar (%s, sidecarctl return brings it back)%s%s",
			sidecar_state_text(state), *a->error ? ": " : "",
			a->error);
	a->result = v->command->result;
	for (uint32_t i = 0; i < 8; i++)
		a->ret[i] = v->command->ret[i];
	if (a->result != SIDECAR_RESULT_OK)
		return fail_vcpu(s, SIDECAR_E_COMMAND, v, "result %u: %s",
				 a->result, a->error);
	a->error[0] = 0;
	return SIDECAR_OK;
}

enum sidecar_error request_killed(struct sidecar *s, struct vcpu *v,
				  struct sidecar_answer *a)
{
	a->result = SIDECAR_RESULT_STOPPED;
	snprintf(a->error, sizeof(a->error), "job: did not stop: INIT");
	return fail_vcpu(s, SIDECAR_E_COMMAND, v, "result %u: %s", a->result,
			 a->error);
}

enum sidecar_error request_send(struct sidecar *s, struct vcpu *v,
				uint32_t command, const uint64_t *arg)
{
	enum sidecar_error e;
	bool sent;
	int hold;

	write_command(v, command, arg);
	/* a STOP between its look and its swap is for the job that it saw */
	e = lock_hold(s, v, &hold);
	if (e)
		return e;
	sent = status_swap(v->status, IDLE, RUN, CLIENT);
	lock_drop(hold);
	if (sent)
		return SIDECAR_OK;
	return fail_vcpu(s, SIDECAR_E_BUSY, v,
			 "its state changed meanwhile: try again");
}

/* A vCPU that cannot be woken at all has not seen the command. */
void request_take_back(struct vcpu *v, enum sidecar_error e)
{
	if (e == SIDECAR_E_WAY)
		status_swap(v->status, RUN, IDLE, CLIENT);
}

static enum sidecar_error attempt(struct sidecar *s, struct vcpu *v,
				  uint32_t command, const uint64_t *arg,
				  struct sidecar_answer *a)
{
	enum sidecar_error e = request_check(s, v);
	uint64_t begin;

	if (!e)
		e = request_send(s, v, command, arg);
	if (e)
		return e;
	begin = file_clock_ns();
	e = wait_woken(s, v, SIDECAR_RUN);
	a->elapsed_ns = file_clock_ns() - begin;
	return e ? e : request_answer(s, v, a);
}

static enum sidecar_error check_command(struct sidecar *s, const struct vcpu *v,
					uint32_t command)
{
	if (!v->command)
		return fail_base(s, v);
	/* it would be repeated when there is no answer in time */
	if (command == SIDECAR_COMMAND_RUN)
		return fail_vcpu(s, SIDECAR_E_JOB, v,
				 "jobs are started by sidecar_job_start()");
	return wake_check(s, v);
}

enum sidecar_error sidecar_request(struct sidecar *s, uint32_t i,
				   uint32_t command, const uint64_t *arg,
				   struct sidecar_answer *a)
{
	struct vcpu *v = &s->vcpu[i];
	uint64_t begin = file_clock_ns();
	enum sidecar_error e = check_command(s, v, command);
	int lock;

	memset(a, 0, sizeof(*a));
	if (!e)
		e = lock_take(s, v, &lock, true);
	if (e)
		return e;
	e = attempt(s, v, command, arg, a);
	request_take_back(v, e);
	if (e == SIDECAR_E_TIMEOUT && s->waker.icr) {
		e = move_restart(s, v);
		if (!e) {
			a->restarted = true;
			e = attempt(s, v, command, arg, a);
		}
	}
	if (e == SIDECAR_E_TIMEOUT && !s->waker.icr &&
	    file_clock_ns() - begin > s->timeout_ns)
		fail_vcpu(
			s, e, v,
			"no answer within %u ms (modprobe msr; then sidecarctl return starts it again)",
			fail_after_ms(s));
	lock_drop(lock);
	return e;
}
