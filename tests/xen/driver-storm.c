/* SPDX-License-Identifier: MIT */
/*
 * For the lab: a storm of clients of /dev/sidecar, each its own user and killed
 * in the middle of whatever it does, while Linux takes the same CPUs and gives
 * them back. Everything ends by itself or is named: a process that does not go,
 * a call that fails otherwise than by somebody having the vCPU.
 *
 *   driver-storm SECONDS JOB CPU...
 *
 * JOB: of the job `bad`. Prints how much was done; `ok` is the last line then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/driver.h"

#define NR_CLIENTS 3u
#define FIRST_USER 65532u
#define GROUP	   65534u
#define FILE_MAX   262144u
#define DATA_BYTES 8192u
/* More than a share. */
#define LARGE_BYTES 0x100000u
/* Longer than all that the driver waits for in one call. */
#define GO_SECONDS 60

enum deed {
#define DEED(name) DEED_##name,
#include "jobs/deeds.h"
#undef DEED
};

static struct counts {
	uint32_t claims, runs, ends, pings, kills, onlines, refused, odd;
} * did;

static uint8_t file[FILE_MAX];
static size_t file_bytes;
static int cpus[16], nr_cpus, fd;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count(uint32_t *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

static uint32_t pick(uint32_t nr)
{
	return (uint32_t)random() % nr;
}

static void nap_ms(uint32_t ms)
{
	usleep(ms * 1000);
}

/* True: it worked. Somebody else may have the vCPU at any time. */
static bool went_well(int r, const char *what)
{
	if (!r)
		return true;
	if (errno == EBUSY || errno == ENODEV || errno == ENXIO ||
	    errno == ENOSPC || errno == EINTR)
		return false;
	printf("%.1f %s: %s\n", now(), what, strerror(errno));
	count(&did->odd);
	return false;
}

/* ---- A client ----------------------------------------------------------- */

static bool claim(void)
{
	bool gang = !pick(4);
	struct sidecar_dev_claim c = {
		.size = sizeof(c),
		.flags = pick(4) | (gang ? SIDECAR_DEV_GANG : 0),
		.gang_fd = gang ? -1 : 0,
		.slice_bytes = pick(4) ? 0 : LARGE_BYTES,
		.cpu = pick(2) ? SIDECAR_DEV_ANY
			       : cpus[pick((uint32_t)nr_cpus)],
		.node = SIDECAR_DEV_ANY,
		.data_bytes = DATA_BYTES,
	};
	void *p;

	if (!went_well(ioctl(fd, SIDECAR_DEV_CLAIM, &c), "claim"))
		return false;
	count(&did->claims);
	p = mmap(NULL, DATA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		memset(p, 1, DATA_BYTES);
	else if (went_well(-1, "mmap"))
		return false;
	return true;
}

static bool start(void)
{
	static const uint32_t deeds[] = {DEED_loop, DEED_loop_stop, DEED_ud2,
					 DEED_status, DEED_loop_services};
	struct sidecar_dev_run r = {
		.size = sizeof(r),
		.file = (uintptr_t)file,
		.file_bytes = file_bytes,
		.arg = {deeds[pick(5)]},
	};

	if (!went_well(ioctl(fd, SIDECAR_DEV_RUN, &r), "run"))
		return false;
	count(&did->runs);
	return true;
}

/* Of the claim; 0: whichever runs. */
static int stop_job(uint64_t nr)
{
	struct sidecar_dev_stop s = {.size = sizeof(s), .job = nr};

	return ioctl(fd, SIDECAR_DEV_STOP, &s);
}

static void wait_some(uint32_t ms)
{
	struct sidecar_dev_wait w = {
		.size = sizeof(w), .flags = pick(2), .timeout_ms = ms};

	if (went_well(ioctl(fd, SIDECAR_DEV_WAIT, &w), "wait") && w.ended)
		count(&did->ends);
}

static void ping(void)
{
	struct sidecar_dev_command c = {.size = sizeof(c), .command = 1};

	if (went_well(ioctl(fd, SIDECAR_DEV_COMMAND, &c), "ping"))
		count(&did->pings);
}

static void do_something(void)
{
	struct sidecar_dev_stop e = {.size = sizeof(e), .index = pick(6)};
	char text[64];
	struct sidecar_dev_read r = {
		.size = sizeof(r),
		.to = (uintptr_t)text,
		.bytes = sizeof(text),
	};

	switch (pick(8)) {
	case 0:
		start();
		break;
	case 1:
		ping();
		break;
	case 2:
		went_well(ioctl(fd, SIDECAR_DEV_RING), "ring");
		break;
	case 3:
		went_well(stop_job(0), "stop");
		break;
	case 4:
		if (read(fd, text, sizeof(text)) < 0 && errno != EAGAIN)
			went_well(-1, "read");
		break;
	case 5:
		/* mostly somebody else's */
		if (ioctl(fd, SIDECAR_DEV_END, &e) && errno != EPERM)
			went_well(-1, "end");
		break;
	case 6:
		went_well(ioctl(fd, SIDECAR_DEV_READ, &r), "read memory");
		break;
	default:
		wait_some(pick(50));
	}
}

__attribute__((noreturn)) static void client(uint32_t nr, uint32_t seed)
{
	srandom(seed);
	if (setgroups(0, NULL) || setgid(GROUP) || setuid(FIRST_USER + nr))
		_exit(3);
	for (;;) {
		fd = open(SIDECAR_DEV_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			_exit(4);
		if (claim())
			for (uint32_t i = pick(12); i; i--)
				do_something();
		else
			nap_ms(5);
		close(fd);
	}
}

/* ---- Linux -------------------------------------------------------------- */

static bool set_online(int cpu, bool on)
{
	char path[64];
	int f, r;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	f = open(path, O_WRONLY | O_CLOEXEC);
	r = f < 0 ? f : (int)write(f, on ? "1" : "0", 1);
	close(f);
	return r == 1;
}

__attribute__((noreturn)) static void toggle(double end)
{
	while (now() < end) {
		int cpu = cpus[pick((uint32_t)nr_cpus)];

		if (!set_online(cpu, true)) {
			count(&did->refused);
			nap_ms(pick(20));
			continue;
		}
		count(&did->onlines);
		nap_ms(pick(30));
		if (!set_online(cpu, false))
			printf("%.1f CPU %d stays online: %s\n", now(), cpu,
			       strerror(errno));
	}
	_exit(0);
}

/* ---- All of them -------------------------------------------------------- */

static void print_file(pid_t pid, const char *name)
{
	char path[64], text[4096];
	ssize_t n;
	int f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	f = open(path, O_RDONLY);
	n = f < 0 ? 0 : read(f, text, sizeof(text) - 1);
	close(f);
	text[n > 0 ? n : 0] = 0;
	printf("%s: %s\n", name, text);
}

/* It ends the storm if it does not go. */
static void wait_gone(pid_t pid, const char *what, double seconds)
{
	double end = now() + seconds;

	while (!waitpid(pid, NULL, WNOHANG)) {
		if (now() > end) {
			printf("hangs: %s\n", what);
			print_file(pid, "stack");
			exit(1);
		}
		nap_ms(5);
	}
}

static pid_t fork_client(uint32_t nr)
{
	uint32_t seed = (uint32_t)random();
	pid_t pid = fork();

	if (!pid)
		client(nr, seed);
	return pid;
}

static void kill_client(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_gone(pid, "a killed client", GO_SECONDS);
	count(&did->kills);
}

static void tell(void)
{
	printf("claims %u runs %u ends %u pings %u kills %u onlines %u refused %u odd %u\n",
	       did->claims, did->runs, did->ends, did->pings, did->kills,
	       did->onlines, did->refused, did->odd);
}

static void storm(double seconds)
{
	double end = now() + seconds, next = now();
	pid_t pid[NR_CLIENTS], toggler;

	for (uint32_t i = 0; i < NR_CLIENTS; i++)
		pid[i] = fork_client(i);
	toggler = fork();
	if (!toggler)
		toggle(end);
	while (now() < end) {
		uint32_t i = pick(NR_CLIENTS);

		nap_ms(20 + pick(200));
		kill_client(pid[i]);
		pid[i] = fork_client(i);
		if (now() < next)
			continue;
		tell();
		next = now() + 10;
	}
	/* the last one in Linux comes back with nobody in its way, too */
	for (uint32_t i = 0; i < NR_CLIENTS; i++)
		kill_client(pid[i]);
	wait_gone(toggler, "the one who onlines CPUs", GO_SECONDS);
	tell();
}

int main(int argc, char **argv)
{
	FILE *f = argc > 3 ? fopen(argv[2], "r") : NULL;

	setlinebuf(stdout);
	if (!f || argc - 3 > 16)
		return 2;
	file_bytes = fread(file, 1, sizeof(file), f);
	fclose(f);
	while (nr_cpus < argc - 3) {
		cpus[nr_cpus] = atoi(argv[3 + nr_cpus]);
		nr_cpus++;
	}
	did = mmap(NULL, sizeof(*did), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (did == MAP_FAILED)
		return 1;
	storm(atoi(argv[1]));
	if (!did->odd)
		printf("ok\n");
	return did->odd != 0;
}
