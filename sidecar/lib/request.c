/* SPDX-License-Identifier: MIT */
/*
 * Commands but for RUN: the client waits until the vCPU has answered.
 */
#include "command.h"
#include "file.h"
#include "lock.h"
#include "restart.h"
#include "sized.h"
#include "vcpu.h"
#include "wait.h"

struct request {
	uint32_t command;
	const uint64_t *arg;
	size_t nr_args;
};

static enum sidecar_error request_once(const struct sidecar_vcpu *v,
				       const struct request *r,
				       struct sidecar_answer *a)
{
	enum sidecar_error e = command_check_idle(v);
	uint64_t begin;

	if (!e)
		e = command_hand_over(v, r->command, r->arg, r->nr_args);
	if (e)
		return e;
	begin = file_clock_ns();
	e = wait_woken(v, SIDECAR_RUN);
	a->elapsed_ns = file_clock_ns() - begin;
	return e ? e : command_read_answer(v, a);
}

/* It does not answer: it is started again, if somebody can. */
static enum sidecar_error request_again(const struct sidecar_vcpu *v,
					const struct request *r,
					struct sidecar_answer *a,
					uint64_t begin_ns)
{
	enum sidecar_error e;
	bool late = file_clock_ns() - begin_ns > v->s->timeout_ns;

	if (!v->s->backend->can_init && !late)
		return SIDECAR_E_TIMEOUT;
	if (!v->s->backend->can_init)
		return error_vcpu(
			v, SIDECAR_E_TIMEOUT,
			"no answer within %u ms: load the module msr and return it to start it again",
			error_timeout_ms(v->s));
	e = restart_vcpu(v);
	if (e)
		return e;
	a->restarted = true;
	return request_once(v, r, a);
}

static enum sidecar_error check_request(const struct sidecar_vcpu *v,
					const struct request *r)
{
	if (!v->command)
		return error_base_vcpu(v);
	if (r->nr_args > COMMAND_ARGS || (r->nr_args && !r->arg))
		return error_vcpu(v, SIDECAR_E_ARGUMENT,
				  "%zu arguments (want at most %u)", r->nr_args,
				  COMMAND_ARGS);
	/* it would be repeated when there is no answer in time */
	if (r->command == SIDECAR_COMMAND_RUN)
		return error_vcpu(v, SIDECAR_E_JOB,
				  "jobs are started by sidecar_job_start()");
	return vcpu_check_can_wake(v);
}

static enum sidecar_error request_locked(const struct sidecar_vcpu *v,
					 const struct request *r,
					 struct sidecar_answer *a)
{
	uint64_t begin = file_clock_ns();
	enum sidecar_error e = request_once(v, r, a);

	command_take_back(v, e);
	return e == SIDECAR_E_TIMEOUT ? request_again(v, r, a, begin) : e;
}

enum sidecar_error sidecar_vcpu_command(struct sidecar_vcpu *v,
					uint32_t command, const uint64_t *arg,
					size_t nr_args,
					struct sidecar_answer *answer)
{
	const struct request r = {command, arg, nr_args};
	struct sidecar_answer a = {0};
	enum sidecar_error e = sized_check(v->s, answer, sizeof(a), "answer");
	int lock;

	if (e)
		return e;
	e = check_request(v, &r);
	if (!e)
		e = lock_vcpu(v, &lock, true);
	if (!e) {
		e = request_locked(v, &r, &a);
		lock_release(v, lock);
	}
	sized_write(answer, &a, sizeof(a));
	return e;
}
