/* SPDX-License-Identifier: MIT */
/*
 * init of a Linux with a CPU offline: what sidecar/lib/changes.c hears of, and
 * that it hears of nothing else. Prints a line for each; powers off.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../sidecar/lib/changes.h"

#define ONLINE	 "/sys/devices/system/cpu/cpu1/online"
#define QUIET_MS 3000
#define SOON_MS	 10000

static int uevents, set;

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool done = fd >= 0 &&
		    write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Something else that Linux tells of, and what a CPU that goes is told by. */
static void make_noise(void)
{
	put("/sys/class/mem/null/uevent", "change");
	put("/sys/devices/system/cpu/cpu1/uevent", "change");
}

static long nr_switches(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_nvcsw + r.ru_nivcsw;
}

/* What becomes readable: 1 uevents, 2 the clock, 3 both, 0 nothing. */
static int wait_for(int ms)
{
	struct pollfd p[] = {{.fd = uevents, .events = POLLIN},
			     {.fd = set, .events = POLLIN}};

	poll(p, 2, ms);
	return changes_take_uevents(uevents) + 2 * changes_take_clock(set);
}

/* Done by a child a moment later, so that we wait when it happens. */
static int after(void (*what)(void), int ms)
{
	pid_t child = fork();
	int seen;

	if (!child) {
		usleep(200000);
		what();
		_exit(0);
	}
	seen = wait_for(ms);
	waitpid(child, NULL, 0);
	return seen;
}

static void go_online(void)
{
	put(ONLINE, "1");
}

static void go_offline(void)
{
	put(ONLINE, "0");
}

static void set_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += 2;
	clock_settime(CLOCK_REALTIME, &now);
}

/* As a restored guest does: Linux's system core stops, and goes on. */
static void suspend(void)
{
	if (!put("/sys/power/pm_test", "core") ||
	    !put("/sys/power/state", "mem"))
		printf("changes: no suspend here\n");
}

int main(void)
{
	long before;
	int console;

	mount("dev", "/dev", "devtmpfs", 0, NULL);
	console = open("/dev/console", O_RDWR);
	dup2(console, 1);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	uevents = changes_open_uevents();
	set = changes_open_clock();
	printf("changes: opened %d %d\n", uevents >= 0, set >= 0);
	before = nr_switches();
	printf("changes: quiet %d", wait_for(QUIET_MS));
	printf(", %ld switches\n", nr_switches() - before - 1);
	printf("changes: noise %d\n", after(make_noise, QUIET_MS));
	printf("changes: online %d\n", after(go_online, SOON_MS));
	printf("changes: offline %d\n", after(go_offline, SOON_MS));
	printf("changes: online again %d\n", after(go_online, SOON_MS));
	printf("changes: clock %d\n", after(set_clock, SOON_MS));
	printf("changes: goes on %d\n", after(suspend, SOON_MS));
	printf("changes: quiet %d\n", wait_for(QUIET_MS));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
