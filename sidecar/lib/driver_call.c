/* SPDX-License-Identifier: MIT */
/*
 * A vCPU by the driver. When the layers above have handed over a command on the
 * page of driver_handle.h and wake the vCPU, the driver gets it; whenever they
 * look at the status byte, what has come of it is asked for.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "driver_call.h"
#include "driver_memory.h"
#include "status.h"

int driver_call(int fd, unsigned long nr, void *arg)
{
	return ioctl(fd, nr, arg) ? -errno : 0;
}

int driver_call_ask(struct driver *d, const struct driver_vcpu *v,
		    struct sidecar_dev_vcpu *i)
{
	*i = (struct sidecar_dev_vcpu){.size = sizeof(*i), .index = v->index};
	return driver_call(d->fd, SIDECAR_DEV_VCPU, i);
}

static uint32_t timeout_ms(const struct driver *d)
{
	uint64_t ms = *d->timeout_ns / 1000000;

	if (ms > SIDECAR_DEV_TIMEOUT_MOST_MS)
		return SIDECAR_DEV_TIMEOUT_MOST_MS;
	/* 0 would be the driver's own */
	return ms ? (uint32_t)ms : 1;
}

/* ---- Answers ------------------------------------------------------------ */

static void put_error(struct driver_vcpu *v, const char *text)
{
	size_t n = strnlen(text, sizeof(v->command.error));

	for (size_t i = 0; i < n; i++)
		v->command.error[i] = text[i];
	v->command.error_len = (uint32_t)n;
}

/* The vCPU's part of the protocol: the answer first, then the state. */
static void put_answer(struct driver_vcpu *v, uint32_t result, const __u64 *ret,
		       const char *error)
{
	v->command.result = result;
	for (int i = 0; i < 8; i++)
		v->command.ret[i] = ret ? ret[i] : 0;
	put_error(v, error);
	v->command.waits = 0;
	v->runs = false;
	/* it has left the sidecar, and its answer is not to be believed */
	if (result == SIDECAR_DEV_LOST)
		status_set(&v->status, ANY, REMOVED, VCPU);
	else if (!status_swap(&v->status, RUN, IDLE, VCPU))
		status_swap(&v->status, STOP, IDLE, VCPU);
}

/* It was refused as the vCPU would: @text is the reason. */
static int put_refused(struct driver_vcpu *v, const char *text)
{
	put_answer(v, SIDECAR_RESULT_REFUSED, NULL, text);
	return 0;
}

/* ---- Commands ----------------------------------------------------------- */

static int give_command(const struct driver *d, struct driver_vcpu *v)
{
	struct sidecar_dev_command c = {
		.size = sizeof(c),
		.command = v->command.command,
		.timeout_ms = timeout_ms(d),
	};
	int r;

	for (int i = 0; i < 8; i++)
		c.arg[i] = v->command.arg[i];
	r = driver_call(v->fd, SIDECAR_DEV_COMMAND, &c);
	if (r == -EPERM)
		return put_refused(v, "the driver wants CAP_SYS_RAWIO for it");
	if (r)
		return r;
	v->command.nr_commands++;
	put_answer(v, c.result, c.ret, c.error);
	return 0;
}

static void job_has_begun(struct driver_vcpu *v, uint64_t job)
{
	v->runs = true;
	v->log_lost = v->log_told = 0;
	v->command.nr_commands++;
	v->command.nr_jobs = job;
	/* the driver knows whether it waits for a ring */
	v->command.waits = 1;
	v->command.job_state = SIDECAR_JOB_RUNNING;
}

static int give_job(const struct driver *d, struct driver_vcpu *v)
{
	volatile struct sidecar_command *c = &v->command;
	struct sidecar_dev_run run = {
		.size = sizeof(run),
		.run_flags = (uint32_t)c->arg[6],
		.file = (uintptr_t)v->file.p,
		.file_bytes = v->file.bytes,
		.arg = {c->arg[2], c->arg[3], c->arg[4], c->arg[5]},
		.data = (uintptr_t)v->data.p,
		.data_bytes = v->data.bytes,
		.timeout_ms = timeout_ms(d),
	};
	int r = driver_call(v->fd, SIDECAR_DEV_RUN, &run);

	if (r == -E2BIG)
		return put_refused(v, "job: it does not fit its memory");
	if (r == -EINVAL || r == -EFAULT)
		return put_refused(v, "job: not a job's file");
	if (!r)
		job_has_begun(v, run.job);
	return r;
}

static int give(const struct driver *d, struct driver_vcpu *v)
{
	int r;

	if (v->fd < 0)
		return -EPERM;
	if (v->command.command != SIDECAR_COMMAND_RUN)
		return give_command(d, v);
	r = give_job(d, v);
	if (!r)
		driver_drop_pieces(v);
	return r;
}

int driver_call_wake(struct backend *b, const struct cpu *cpu)
{
	struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);

	if (!v)
		return -ENODEV;
	/* Linux takes it out when it brings it up */
	if (status_swap(&v->status, REMOVE, REMOVED, VCPU))
		return 0;
	if (v->runs)
		return 0;
	if (v->status == SIDECAR_RUN)
		return give(driver_of(b), v);
	/* asked to end before it has begun */
	if (v->status == SIDECAR_STOP) {
		v->command.nr_commands++;
		put_answer(v, SIDECAR_RESULT_STOPPED, NULL, "job: stopped");
	}
	return 0;
}

/* ---- Jobs that run ------------------------------------------------------ */

/* One read(), of as much as there is room for; 0: there is no more. */
static ssize_t move_some(struct driver_vcpu *v, uint32_t room)
{
	volatile struct sidecar_command *c = &v->command;
	char text[SIDECAR_LOG_SIZE];
	ssize_t n = read(v->fd, text, room);

	for (ssize_t i = 0; i < n; i++)
		c->log[(c->log_head + (uint32_t)i) % SIDECAR_LOG_SIZE] =
			text[i];
	if (n > 0) {
		c->log_writing = c->log_head + (uint32_t)n;
		c->log_head = c->log_writing;
	}
	return n;
}

/*
 * What there is no room for stays with the driver; true: that is all. It tells
 * of text once, however much there is.
 */
static bool move_log(struct driver_vcpu *v)
{
	volatile struct sidecar_command *c = &v->command;
	uint32_t room;

	do
		room = SIDECAR_LOG_SIZE - (c->log_head - c->log_tail);
	while (room && move_some(v, room) > 0);
	return room != 0;
}

static void take_fault(struct driver_vcpu *v, const struct sidecar_dev_wait *w)
{
	struct sidecar_fault *fault = (struct sidecar_fault *)&v->command.fault;

	_Static_assert(sizeof(*fault) == sizeof(w->fault), "registers");
	memcpy(fault, w->fault, sizeof(*fault));
	/* jobs are counted by the driver */
	if (fault->job)
		fault->job = v->command.nr_jobs;
}

static void look_at_job(struct driver_vcpu *v)
{
	struct sidecar_dev_wait w = {.size = sizeof(w)};
	int r = driver_call(v->fd, SIDECAR_DEV_WAIT, &w);

	if (!r)
		v->log_lost = w.log_lost;
	/* its end comes after its last text */
	if (!move_log(v) || r == -EINTR || (!r && !w.ended))
		return;
	take_fault(v, &w);
	v->command.job_state = SIDECAR_JOB_ENDED;
	put_answer(v, r ? SIDECAR_DEV_LOST : w.result, w.ret, w.error);
}

/* One that this client has not claimed: only what everybody sees. */
static void look_at_other(struct driver *d, struct driver_vcpu *v)
{
	struct sidecar_dev_vcpu i;
	bool has_job;

	if (driver_call_ask(d, v, &i))
		return;
	has_job = i.flags & SIDECAR_DEV_HAS_JOB;
	v->command.job_state = has_job ? SIDECAR_JOB_RUNNING : SIDECAR_JOB_NONE;
	v->command.waits = has_job;
	/* this client has asked it to end: this one, and no later one */
	if (has_job && v->status == SIDECAR_STOP && v->command.nr_jobs == i.job)
		return;
	v->command.nr_jobs = i.job;
	v->status = (uint8_t)i.state;
}

void driver_call_look(struct backend *b, const struct cpu *cpu)
{
	struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);

	if (v && v->fd < 0)
		look_at_other(driver_of(b), v);
	else if (v && v->runs)
		look_at_job(v);
}

uint32_t driver_call_log_lost(struct backend *b, const struct cpu *cpu)
{
	struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);
	uint64_t n =
		v && v->log_lost > v->log_told ? v->log_lost - v->log_told : 0;

	if (n > UINT32_MAX)
		n = UINT32_MAX;
	if (v)
		v->log_told += n;
	return (uint32_t)n;
}

/* @ms: 0: the driver's own time */
static int stop(int fd, const struct driver_vcpu *v, uint32_t flags,
		uint32_t ms)
{
	struct sidecar_dev_stop stop = {
		.size = sizeof(stop),
		.flags = flags,
		.job = v->command.nr_jobs,
		.index = fd == v->fd ? 0 : v->index,
		.timeout_ms = ms,
	};

	return driver_call(fd, fd == v->fd ? SIDECAR_DEV_STOP : SIDECAR_DEV_END,
			   &stop);
}

/* Who may not end it has asked for nothing. */
static int end_of_other(struct driver *d, struct driver_vcpu *v)
{
	int r = stop(d->fd, v, 0, timeout_ms(d));

	if (r)
		v->status = SIDECAR_RUN;
	return r;
}

/* A job that is to end, or that is rung; who waits asks again. */
int driver_call_interrupt(struct backend *b, const struct cpu *cpu)
{
	struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);
	bool stops = v && v->status == SIDECAR_STOP;

	if (!v)
		return -ENODEV;
	if (v->fd < 0)
		return stops ? end_of_other(driver_of(b), v) : -EPERM;
	return stops ? stop(v->fd, v, SIDECAR_DEV_ASK, 0)
		     : driver_call(v->fd, SIDECAR_DEV_RING, NULL);
}

/* ---- INIT and SIPI: the driver sends them where they are needed --------- */

int driver_call_init(struct backend *b, const struct cpu *cpu)
{
	struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);

	if (!v)
		return -ENODEV;
	if (!v->runs)
		return 0;
	v->runs = false;
	/* it has had its time */
	return stop(v->fd, v, 0, 1);
}

/* By a command, before which it starts the vCPU if that does not park. */
int driver_call_sipi(struct backend *b, const struct cpu *cpu,
		     uint64_t entry_pa)
{
	struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);
	struct sidecar_dev_command c = {
		.size = sizeof(c),
		.command = SIDECAR_COMMAND_PING,
		.timeout_ms = timeout_ms(driver_of(b)),
	};
	int r;

	(void)entry_pa;
	if (!v)
		return -ENODEV;
	r = v->fd < 0 ? 0 : driver_call(v->fd, SIDECAR_DEV_COMMAND, &c);
	if (!r)
		status_swap(&v->status, RUN, IDLE, VCPU);
	return r;
}

int driver_call_is_up(struct backend *b, const struct cpu *cpu)
{
	struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);
	struct sidecar_dev_vcpu i;

	if (!v || driver_call_ask(driver_of(b), v, &i))
		return -1;
	return i.flags & SIDECAR_DEV_UP ? 1 : 0;
}
