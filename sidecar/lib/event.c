/* SPDX-License-Identifier: MIT */
/*
 * Events by xen-evtchn: a channel of the guest with itself. vCPUs send to one
 * end, the other one makes the descriptor readable. Nobody sends to the vCPUs'
 * end, so it is also the one port that a waiting job polls.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll(), dup3() */
#endif
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "abi/evtchn.h"
#include "abi/sidecar.h"
#include "event.h"
#include "file.h"
#include "life.h"

#define NR_PORTS 8u /* read at once: there are two */

static uint32_t life_of_event(void)
{
	struct life l = life_now();

	return SIDECAR_LIFE(l.nr_restores, l.domain);
}

/* The end that vCPUs send to; negative without one. */
static int bind_channel(int fd)
{
	struct evtchn_bind_unbound_arg self = {EVTCHN_DOMID_SELF};
	struct evtchn_bind_interdomain_arg other = {EVTCHN_DOMID_SELF, 0};
	int port = ioctl(fd, EVTCHN_BIND_UNBOUND, &self);

	if (port < 0)
		return port;
	other.remote_port = (uint32_t)port;
	return ioctl(fd, EVTCHN_BIND_INTERDOMAIN, &other);
}

/* A descriptor with a channel of this life, or -1. */
static int open_channel(struct devmem *d)
{
	uint32_t life = life_of_event();
	int port, fd = open(d->paths->evtchn, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	d->event = 0;
	if (fd < 0)
		return fd;
	port = bind_channel(fd);
	/* it may have been bound in the next one already: then it is of no use
	 */
	if (port > 0 && life == life_of_event()) {
		d->event = SIDECAR_EVENT(port, life);
		return fd;
	}
	close(fd);
	return -1;
}

void event_open(struct devmem *d)
{
	d->backend.fd = d->paths->evtchn ? open_channel(d) : -1;
}

void event_close(struct devmem *d)
{
	if (d->backend.fd >= 0)
		close(d->backend.fd);
}

/* Programs keep the number of the descriptor: the new one takes its place. */
static void open_again(struct devmem *d)
{
	int fd = open_channel(d);

	if (fd < 0)
		return;
	if (dup3(fd, d->backend.fd, O_CLOEXEC) < 0)
		d->event = 0;
	close(fd);
}

uint64_t event_word(struct backend *b)
{
	struct devmem *d = devmem_of(b);

	if (b->fd < 0)
		return 0;
	if (SIDECAR_EVENT_LIFE(d->event) != life_of_event())
		open_again(d);
	return d->event;
}

/* Each port that has fired is masked until it is written back. */
static void drain(int fd)
{
	uint32_t port[NR_PORTS];
	ssize_t n;

	while ((n = read(fd, port, sizeof(port))) > 0)
		if (write(fd, port, (size_t)n) != n)
			return;
}

void event_wait(struct backend *b, uint64_t ns)
{
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	const struct timespec most = {(time_t)(ns / 1000000000u),
				      (long)(ns % 1000000000u)};
	int r;

	if (b->fd < 0) {
		if (ns)
			file_nap_ns(ns);
		return;
	}
	r = ppoll(&p, 1, &most, NULL);
	if (r > 0 && p.revents & POLLIN)
		drain(b->fd);
	else if (r > 0)
		file_nap_ns(ns);
}
