/* SPDX-License-Identifier: MIT */
/*
 * What Linux tells of by itself: that it has brought a CPU online or offline (a
 * uevent, device_online() in Linux's drivers/base/core.c; an event that is
 * pending on a CPU that goes is lost), and that the guest goes on
 * after a save or a migration (a timer that ends when the clock is set:
 * timerfd_create(2), TFD_TIMER_CANCEL_ON_SET; timekeeping_resume() in
 * kernel/time/timekeeping.c), and that somebody has written to a file, or
 * closed it (inotify(7)). Each is a hint: whoever hears of it looks.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "changes.h"

/* The multicast group of the kernel's own messages. */
#define GROUP_KERNEL 1u
#define CODE(n)	     (sizeof(n) / sizeof((n)[0]))

/* The first four characters of a message, as the filter reads them. */
#define FIRST(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

bool changes_only_online(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FIRST('o', 'n', 'l', 'i'),
			 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FIRST('o', 'f', 'f', 'l'),
			 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ~0u),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = CODE(code), .filter = code};

	return !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			   sizeof(program));
}

int changes_open_uevents(void)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK,
					   .nl_groups = GROUP_KERNEL};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -1;
	if (changes_only_online(fd) &&
	    !bind(fd, (const struct sockaddr *)&kernel, sizeof(kernel)))
		return fd;
	close(fd);
	return -1;
}

bool changes_take_uevents(int fd)
{
	char byte;
	bool any = false;

	/* an error says that there was no room for one */
	while (recv(fd, &byte, sizeof(byte), 0) >= 0 || errno == ENOBUFS)
		any = true;
	return any;
}

/* Ends in a year that nobody sees, or when the clock is set. */
static bool arm(int fd)
{
	const struct itimerspec never = {.it_value.tv_sec = (time_t)1 << 33};

	return !timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
				&never, NULL);
}

int changes_open_clock(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || arm(fd))
		return fd;
	close(fd);
	return -1;
}

bool changes_take_clock(int fd)
{
	uint64_t n;
	bool is_set = read(fd, &n, sizeof(n)) < 0 && errno == ECANCELED;

	if (is_set)
		arm(fd);
	return is_set;
}

int changes_open_files(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

bool changes_add_file(int fd, const char *path)
{
	return fd >= 0 &&
	       inotify_add_watch(fd, path, IN_MODIFY | IN_CLOSE_WRITE) >= 0;
}

/* Of @n bytes of events; that some were lost is not only a write, either. */
static bool files_only_written(const char *p, size_t n)
{
	struct inotify_event e;
	size_t at = 0;

	for (; n - at >= sizeof(e); at += sizeof(e) + e.len) {
		memcpy(&e, p + at, sizeof(e));
		if (e.mask != IN_MODIFY || e.len > n - at - sizeof(e))
			return false;
	}
	return at == n;
}

enum changes_files changes_take_files(int fd)
{
	enum changes_files came = CHANGES_NONE;
	char events[1024];
	ssize_t n;

	while ((n = read(fd, events, sizeof(events))) > 0)
		if (!files_only_written(events, (size_t)n))
			came = CHANGES_CLOSED;
		else if (!came)
			came = CHANGES_WRITTEN;
	return came;
}
