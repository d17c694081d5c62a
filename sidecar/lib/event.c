/* SPDX-License-Identifier: MIT */
/*
 * Events by xen-evtchn: a channel of the guest with itself. vCPUs send to one
 * end, the other one makes the descriptor readable. Nobody sends to the vCPUs'
 * end, so it is also the one port that a waiting job polls. The descriptor that
 * clients get has that, what Linux tells of by itself (changes.c), and the lock
 * files of vCPUs that are watched (claim.c).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll() */
#endif
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "abi/evtchn.h"
#include "abi/sidecar.h"
#include "changes.h"
#include "event.h"
#include "file.h"
#include "life.h"

#define NR_PORTS 8u /* read at once: there are two */
#define NAP_NS	 1000000u

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

static bool add_to_all(const struct devmem *d, int fd)
{
	struct epoll_event e = {.events = EPOLLIN};

	return fd >= 0 && !epoll_ctl(d->backend.fd, EPOLL_CTL_ADD, fd, &e);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void event_open(struct devmem *d)
{
	struct backend *b = &d->backend;

	b->fd = d->uevents_fd = d->clock_fd = d->files_fd = -1;
	d->evtchn_fd = d->paths->evtchn ? open_channel(d) : -1;
	if (d->evtchn_fd < 0)
		return;
	b->fd = epoll_create1(EPOLL_CLOEXEC);
	if (b->fd < 0 || !add_to_all(d, d->evtchn_fd)) {
		event_close(d);
		return;
	}
	d->uevents_fd = changes_open_uevents();
	d->clock_fd = changes_open_clock();
	b->tells_changes =
		add_to_all(d, d->uevents_fd) && add_to_all(d, d->clock_fd);
}

/* Linux has few such descriptors for a user: only who watches takes one. */
bool event_watch(struct devmem *d, const char *path)
{
	if (d->files_fd < 0 && d->backend.fd >= 0) {
		d->files_fd = changes_open_files();
		if (!add_to_all(d, d->files_fd))
			close_fd(&d->files_fd);
	}
	return changes_add_file(d->files_fd, path);
}

/*
 * After a restore Linux has forgotten the ports: the descriptor is of no use,
 * and closing it would take an interrupt from whoever has its port now, or end
 * in Linux's BUG. It stays open, and the handle looks by itself.
 */
static bool is_of_this_life(const struct devmem *d)
{
	return d->event && SIDECAR_EVENT_LIFE(d->event) == life_of_event();
}

uint64_t event_word(struct backend *b)
{
	struct devmem *d = devmem_of(b);

	if (b->fd < 0)
		return 0;
	if (!is_of_this_life(d))
		d->event = 0;
	return d->event;
}

void event_close(struct devmem *d)
{
	close_fd(&d->files_fd);
	close_fd(&d->uevents_fd);
	close_fd(&d->clock_fd);
	if (is_of_this_life(d))
		close_fd(&d->evtchn_fd);
	close_fd(&d->backend.fd);
}

/* Each port that has fired is masked until it is written back. */
static bool take_events(int fd)
{
	uint32_t port[NR_PORTS];
	bool any = false;
	ssize_t n;

	while ((n = read(fd, port, sizeof(port))) > 0) {
		any = true;
		if (write(fd, port, (size_t)n) != n)
			break;
	}
	return any;
}

/* False: there was nothing after all. */
static bool take_all(struct devmem *d)
{
	bool events = take_events(d->evtchn_fd);
	bool online = changes_take_uevents(d->uevents_fd);
	bool goes_on = changes_take_clock(d->clock_fd);
	/* what is written concerns who reads it, not who has the vCPU */
	enum changes_files files = d->files_fd < 0
					   ? CHANGES_NONE
					   : changes_take_files(d->files_fd);
	bool changed = online || goes_on || files == CHANGES_CLOSED;
	bool told = changed || events || files;

	d->backend.nr_changes += changed;
	d->backend.nr_told += told;
	return told;
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
	/* a descriptor that only has an error must not keep us busy */
	r = ppoll(&p, 1, &most, NULL);
	if (r > 0 && !take_all(devmem_of(b)))
		file_nap_ns(ns < NAP_NS ? ns : NAP_NS);
}
