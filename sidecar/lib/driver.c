/* SPDX-License-Identifier: MIT */
/*
 * The backend that uses the driver: a claim is an open file, which tells when
 * something happens to its vCPU.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll() */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "driver_call.h"
#include "driver_memory.h"

/* A claim that is no file: the driver needs none for this. */
#define NO_CLAIM INT_MAX

/* ---- Waiting ------------------------------------------------------------ */

static void driver_wait(struct backend *b, uint64_t ns)
{
	const struct timespec most = {(time_t)(ns / 1000000000u),
				      (long)(ns % 1000000000u)};
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	struct epoll_event e[16];

	/* each is told once: edges */
	if (ppoll(&p, 1, &most, NULL) <= 0)
		return;
	b->nr_told++;
	b->nr_changes++;
	while (epoll_wait(b->fd, e, 16, 0) == 16)
		;
}

static bool watch(struct backend *b, int fd)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLPRI | EPOLLET};

	return !epoll_ctl(b->fd, EPOLL_CTL_ADD, fd, &e);
}

/* ---- Claims ------------------------------------------------------------- */

static void driver_want(struct backend *b, const struct cpu *cpu,
			uint64_t bytes, const struct cpu *first)
{
	struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);

	if (!v)
		return;
	v->want_bytes = bytes;
	v->want_gang = first;
	v->first_id = first ? first->vcpu_id : 0;
}

static void driver_slice(struct backend *b, const struct cpu *cpu,
			 uint64_t *offset, uint64_t *bytes)
{
	const struct driver_vcpu *v = driver_find(b, cpu->vcpu_id);

	*offset = v ? v->slice_offset : 0;
	*bytes = v ? v->slice_bytes : 0;
}

/* The first one begins the gang. */
static int gang_fd(struct driver *d, const struct driver_vcpu *v)
{
	const struct driver_vcpu *first = driver_find(&d->backend, v->first_id);

	return first ? first->fd : -1;
}

static int claim_file(struct driver *d, struct driver_vcpu *v, int fd)
{
	struct sidecar_dev_claim c = {
		.size = sizeof(c),
		.flags = SIDECAR_DEV_INDEX |
			 (v->want_gang ? SIDECAR_DEV_GANG : 0),
		.cpu = SIDECAR_DEV_ANY,
		.node = SIDECAR_DEV_ANY,
		.index = v->index,
		.slice_bytes = v->want_bytes,
		.gang_fd = v->want_gang ? gang_fd(d, v) : 0,
	};
	int r = driver_call(fd, SIDECAR_DEV_CLAIM, &c);

	if (r)
		return r;
	v->slice_offset = c.slice_offset;
	v->slice_bytes = c.slice_bytes;
	v->has_shared = c.shared_bytes;
	v->want_bytes = 0;
	v->want_gang = false;
	return 0;
}

/* It has what it is moved by: Linux's own files. */
static bool is_in_linux(struct driver *d, const struct driver_vcpu *v)
{
	struct sidecar_dev_vcpu i;

	return !driver_call_ask(d, v, &i) && i.flags & SIDECAR_DEV_IN_LINUX;
}

static int claim_vcpu(struct driver *d, struct driver_vcpu *v)
{
	int fd = open(d->paths->driver, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int r = fd < 0 ? -errno : claim_file(d, v, fd);

	if (!r && !watch(&d->backend, fd))
		r = -errno;
	if (!r) {
		v->fd = fd;
		v->runs = false;
		v->command.job_state = SIDECAR_JOB_NONE;
		v->status = SIDECAR_IDLE;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	if (r != -EBUSY)
		return r;
	return is_in_linux(d, v) ? NO_CLAIM : -EAGAIN;
}

static int driver_claim(struct backend *b, uint32_t vcpu_id,
			enum claim_kind kind)
{
	struct driver_vcpu *v = driver_find(b, vcpu_id);

	if (!v)
		return -ENODEV;
	if (kind == CLAIM_SIGNALS)
		return NO_CLAIM;
	/* as a lock file: no handle has it twice */
	return v->fd >= 0 ? -EAGAIN : claim_vcpu(driver_of(b), v);
}

static void driver_release(struct backend *b, int claim)
{
	struct driver *d = driver_of(b);

	for (uint32_t i = 0; claim != NO_CLAIM && i < d->nr_vcpus; i++) {
		struct driver_vcpu *v = &d->vcpu[i];

		if (v->fd != claim)
			continue;
		driver_drop_pieces(v);
		v->runs = false;
		v->has_shared = false;
		v->fd = -1;
		/* what is mapped keeps the file, which would tell on */
		epoll_ctl(b->fd, EPOLL_CTL_DEL, claim, NULL);
		close(claim);
	}
}

/* ---- Notes: what they are for cannot happen ----------------------------- */

static void note_nothing(struct backend *b, int claim)
{
	(void)b;
	(void)claim;
}

/* Linux may take it whatever was before. */
static bool linux_had(struct backend *b, uint32_t vcpu_id)
{
	(void)b;
	(void)vcpu_id;
	return true;
}

static void note_no_softirqs(struct backend *b, uint32_t vcpu_id, uint64_t n)
{
	(void)b;
	(void)vcpu_id;
	(void)n;
}

static uint64_t noted_softirqs(struct backend *b, uint32_t vcpu_id)
{
	(void)b;
	(void)vcpu_id;
	return 0;
}

static void note_no_job(struct backend *b, int claim,
			const struct job_note *note)
{
	(void)b;
	(void)claim;
	(void)note;
}

static bool noted_job(struct backend *b, uint32_t vcpu_id,
		      struct job_note *note)
{
	(void)b;
	(void)vcpu_id;
	(void)note;
	return false;
}

/* ---- Opening ------------------------------------------------------------ */

static void driver_close(struct backend *b)
{
	struct driver *d = driver_of(b);

	for (uint32_t i = 0; i < d->nr_vcpus; i++)
		if (d->vcpu[i].fd >= 0)
			driver_release(b, d->vcpu[i].fd);
	close(b->fd);
	close(d->fd);
	free(d);
}

static const struct backend driver_backend = {
	.map = driver_map,
	.unmap = driver_unmap,
	.wake = driver_call_wake,
	.interrupt = driver_call_interrupt,
	.send_init = driver_call_init,
	.send_sipi = driver_call_sipi,
	.is_up = driver_call_is_up,
	.look = driver_call_look,
	.log_lost = driver_call_log_lost,
	.wait = driver_wait,
	.want = driver_want,
	.slice = driver_slice,
	.claim = driver_claim,
	.release = driver_release,
	.note_linux = note_nothing,
	.linux_had = linux_had,
	.note_softirqs = note_no_softirqs,
	.noted_softirqs = noted_softirqs,
	.note_job = note_no_job,
	.noted_job = noted_job,
	.close = driver_close,
	.can_wake = true,
	.can_interrupt = true,
	.can_init = true,
	.can_tell_up = true,
	.is_driver = true,
	/* by the end of the job that ran there */
	.tells_changes = true,
};

static struct driver *make(const struct sidecar_dev_info *i, int fd)
{
	struct driver *d =
		calloc(1, sizeof(*d) + i->nr_vcpus * sizeof(d->vcpu[0]));

	if (!d)
		return NULL;
	d->backend = driver_backend;
	d->fd = fd;
	d->version = i->version;
	d->nr_nodes = i->nr_nodes;
	d->nr_vcpus = i->nr_vcpus;
	for (uint32_t v = 0; v < d->nr_vcpus; v++)
		d->vcpu[v].fd = -1;
	d->backend.fd = epoll_create1(EPOLL_CLOEXEC);
	if (d->backend.fd >= 0)
		return d;
	free(d);
	return NULL;
}

struct backend *driver_open(const struct paths *paths)
{
	struct sidecar_dev_info i = {.size = sizeof(i)};
	int fd = open(paths->driver, O_RDWR | O_CLOEXEC);
	struct driver *d;

	if (fd < 0)
		return NULL;
	d = ioctl(fd, SIDECAR_DEV_INFO, &i) ? NULL : make(&i, fd);
	if (!d) {
		close(fd);
		return NULL;
	}
	d->paths = paths;
	d->backend.memory = d->backend.claims = paths->driver;
	snprintf(d->backend.method, sizeof(d->backend.method),
		 "by the driver xen_sidecar, %s", paths->driver);
	return &d->backend;
}
