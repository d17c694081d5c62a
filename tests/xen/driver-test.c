/* SPDX-License-Identifier: MIT */
/*
 * For the lab: a client of /dev/sidecar. Each call prints lines, the last one
 * `ok` or what went wrong; system calls that fail end it with their errno.
 *
 *   driver-test load FILE         one try: insmod of busybox makes two
 *   driver-test [-usy] list
 *                         ping CPU N
 *                         run CPU FILE ARG     to its end
 *                         hold CPU FILE ARG    the same; prints `runs` first
 *                         stop CPU FILE ARG    stops it after a moment
 *                         asked CPU FILE ARG   stops it at SIGUSR1
 *                         share CPU BYTE       what the memory of a claim holds
 *                         limits CPU FILE      what has to be refused
 *                         bell CPU FILE N      rings it N times
 *                         sleep CPU FILE       how often a job that waits
 *                                              wakes in a second
 *                         exec PROGRAM ARG...  calls it
 *                         fuzz N FILE          garbage, and how much of it
 *                                              made claims, jobs and mappings
 *   -u: as nobody; -y: the claim yields to Linux; -s: it has shared memory
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/job.h"
#include "abi/sidecar.h"
#include "sidecar/driver.h"

#define NOBODY	   65534
#define DATA_BYTES 8192u
#define FILE_MAX   262144u

static int fd;
static volatile sig_atomic_t asked;
static uint32_t claim_flags;
static uint8_t file[FILE_MAX];

__attribute__((noreturn)) static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	printf("wrong: %s (errno %d)\n", what, errno);
	exit(1);
}

static int call(unsigned long nr, void *arg)
{
	return ioctl(fd, nr, arg);
}

static size_t load(const char *path)
{
	int f = open(path, O_RDONLY);
	ssize_t n = f < 0 ? f : read(f, file, sizeof(file));

	if (n < 0)
		die(path);
	close(f);
	return (size_t)n;
}

static struct sidecar_dev_claim claim(int cpu, uint32_t flags, uint64_t data)
{
	struct sidecar_dev_claim c = {
		.size = sizeof(c),
		.flags = flags | claim_flags,
		.cpu = cpu,
		.node = SIDECAR_DEV_ANY,
		.data_bytes = data,
	};

	if (call(SIDECAR_DEV_CLAIM, &c))
		die("claim");
	return c;
}

/* ---- Jobs --------------------------------------------------------------- */

static int start(size_t bytes, uint64_t arg)
{
	struct sidecar_dev_run r = {
		.size = sizeof(r),
		.file = (uintptr_t)file,
		.file_bytes = bytes,
		.arg = {arg},
	};

	return call(SIDECAR_DEV_RUN, &r);
}

/* Of the claim; 0: whichever runs. */
static int stop_job(uint64_t nr)
{
	struct sidecar_dev_stop s = {.size = sizeof(s), .job = nr};

	return ioctl(fd, SIDECAR_DEV_STOP, &s);
}

static void print_end(const struct sidecar_dev_wait *w)
{
	printf("result %u ret %llu %llu %s\n", w->result,
	       (unsigned long long)w->ret[0], (unsigned long long)w->ret[1],
	       w->error);
}

static struct sidecar_dev_wait wait_for(uint32_t flags, uint32_t ms)
{
	struct sidecar_dev_wait w = {
		.size = sizeof(w), .flags = flags, .timeout_ms = ms};

	while (call(SIDECAR_DEV_WAIT, &w))
		if (errno != EINTR)
			die("wait");
	return w;
}

/* The log until the job's end, by poll and read alone. */
static void follow(void)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char text[512];
	ssize_t n;

	while (poll(&p, 1, -1) > 0 || errno == EINTR) {
		if (!(p.revents & POLLIN))
			continue;
		n = read(fd, text, sizeof(text));
		if (n <= 0)
			return;
		fwrite(text, 1, (size_t)n, stdout);
	}
	die("poll");
}

static void run(int cpu, const char *path, uint64_t arg, bool tell)
{
	struct sidecar_dev_wait w;
	size_t bytes = load(path);

	claim(cpu, 0, 0);
	if (start(bytes, arg))
		die("run");
	if (tell)
		printf("runs\n");
	follow();
	w = wait_for(0, SIDECAR_DEV_FOREVER);
	need(w.ended, "ended");
	print_end(&w);
}

static void stop(int cpu, const char *path, uint64_t arg)
{
	struct sidecar_dev_wait w;
	size_t bytes = load(path);

	claim(cpu, 0, 0);
	if (start(bytes, arg))
		die("run");
	w = wait_for(0, 50);
	need(!w.ended, "runs");
	need(start(bytes, arg) && errno == EBUSY, "a second job");
	if (stop_job(0))
		die("stop");
	w = wait_for(0, 0);
	need(w.ended, "ended");
	print_end(&w);
}

static void note_asked(int nr)
{
	(void)nr;
	asked = true;
}

/* Through whatever happens meanwhile. */
static void stop_when_asked(int cpu, const char *path, uint64_t arg)
{
	struct sidecar_dev_wait w = {0};
	size_t bytes = load(path);

	signal(SIGUSR1, note_asked);
	claim(cpu, 0, 0);
	if (start(bytes, arg))
		die("run");
	printf("runs\n");
	while (!asked && !w.ended)
		w = wait_for(0, 500);
	need(!w.ended, "runs");
	if (stop_job(0))
		die("stop");
	w = wait_for(0, 0);
	need(w.ended, "ended");
	print_end(&w);
}

static void bell(int cpu, const char *path, uint32_t n)
{
	struct sidecar_dev_wait w = {0};
	size_t bytes = load(path);

	claim(cpu, 0, 0);
	if (start(bytes, 0))
		die("run");
	for (uint32_t i = 0; i < n && !w.ended; i++) {
		w = wait_for(SIDECAR_DEV_EVENTS, 2000);
		if (!w.ended && ioctl(fd, SIDECAR_DEV_RING))
			die("ring");
	}
	if (stop_job(0))
		die("stop");
	w = wait_for(0, 0);
	print_end(&w);
}

/* Xen must not find the port pending that the job polls. */
static void sleeps(int cpu, const char *path)
{
	struct sidecar_dev_vcpu v = {.size = sizeof(v)};
	size_t bytes = load(path);
	uint64_t before;

	v.index = claim(cpu, 0, 0).index;
	if (start(bytes, 0))
		die("run");
	wait_for(0, 200);
	need(!call(SIDECAR_DEV_VCPU, &v) && v.nr_waits, "it waits");
	before = v.nr_waits;
	need(!wait_for(0, 1000).ended, "runs");
	need(!call(SIDECAR_DEV_VCPU, &v), "vcpu");
	printf("woke %llu times\n", (unsigned long long)(v.nr_waits - before));
}

static void ping(int cpu, uint32_t n)
{
	struct sidecar_dev_command c = {.size = sizeof(c),
					.command = SIDECAR_COMMAND_PING};
	uint64_t least = UINT64_MAX;

	claim(cpu, 0, 0);
	while (n--) {
		if (call(SIDECAR_DEV_COMMAND, &c))
			die("ping");
		need(c.result == SIDECAR_RESULT_OK, "ping");
		least = c.ns < least ? c.ns : least;
	}
	printf("least %llu us\n", (unsigned long long)least / 1000);
}

/* ---- What is seen, and what is not -------------------------------------- */

static void list(void)
{
	struct sidecar_dev_info i = {.size = sizeof(i)};
	struct sidecar_dev_vcpu v = {.size = sizeof(v)};

	if (call(SIDECAR_DEV_INFO, &i))
		die("info");
	for (; v.index < i.nr_vcpus; v.index++) {
		if (call(SIDECAR_DEV_VCPU, &v))
			die("vcpu");
		printf("CPU %d vCPU %u node %u state %u flags %u slice %llu shared %llu\n",
		       v.cpu, v.vcpu_id, v.node, v.state, v.flags,
		       (unsigned long long)v.slice_bytes,
		       (unsigned long long)v.shared_bytes);
	}
}

static uint8_t *map(uint64_t at, size_t bytes, int prot, int flags)
{
	return mmap(NULL, bytes, prot, flags, fd, (off_t)at);
}

static void fill(uint8_t *p, size_t bytes, uint8_t with, const char *what)
{
	need(p != MAP_FAILED, what);
	for (size_t i = 0; i < bytes; i++)
		need(!p[i], what);
	memset(p, with, bytes);
}

/* Nothing that another claim has left; it is left for the next one. */
static void share(int cpu, uint8_t with)
{
	struct sidecar_dev_claim c = claim(cpu, SIDECAR_DEV_SHARED, DATA_BYTES);
	int both = PROT_READ | PROT_WRITE;

	fill(map(SIDECAR_DEV_MAP_DATA, DATA_BYTES, both, MAP_SHARED),
	     DATA_BYTES, with, "data");
	fill(map(SIDECAR_DEV_MAP_SHARED, c.shared_bytes, both, MAP_SHARED),
	     c.shared_bytes, with, "shared memory");
}

static bool refuses(uint64_t at, size_t bytes, int prot, int flags, int error)
{
	return map(at, bytes, prot, flags) == MAP_FAILED && errno == error;
}

static void limits(int cpu, const char *path)
{
	struct sidecar_dev_command get = {.size = sizeof(get),
					  .command = SIDECAR_COMMAND_GET};
	size_t bytes = load(path);
	struct sidecar_dev_claim c;
	int r = PROT_READ, s = MAP_SHARED;

	need(start(bytes, 0) && errno == ENODATA, "run without a claim");
	need(refuses(0, 4096, r, s, ENODATA), "mmap without a claim");
	c = claim(cpu, 0, DATA_BYTES);
	need(call(SIDECAR_DEV_CLAIM, &c) && errno == EEXIST, "a second claim");
	need(refuses(0, DATA_BYTES + 4096, r, s, EINVAL), "mmap: one more");
	need(refuses(DATA_BYTES, 4096, r, s, EINVAL), "mmap: behind");
	need(refuses(SIDECAR_DEV_MAP_SHARED, 4096, r, s, EINVAL), "not shared");
	need(refuses(1ull << 47, 4096, r, s, EINVAL), "mmap: far");
	need(refuses(SIDECAR_DEV_MAP_SLICE, 4096, r, s, EPERM),
	     "mmap: the slice, shared");
	need(refuses(SIDECAR_DEV_MAP_SLICE, c.slice_bytes + 4096, r,
		     MAP_PRIVATE, EINVAL),
	     "mmap: more than the slice");
	need(refuses(0, 4096, r, MAP_PRIVATE, EPERM), "mmap: private");
	((struct job_header *)file)->memory_bytes =
		(uint32_t)(c.slice_bytes - DATA_BYTES) - 4096;
	need(start(bytes, 0) && errno == E2BIG, "a job over its data");
	need(start(c.slice_bytes, 0) && errno == E2BIG, "a large file");
	need(call(SIDECAR_DEV_COMMAND, &get) == (geteuid() ? -1 : 0),
	     "registers");
	need(!geteuid() || errno == EPERM, "registers");
}

/* ---- Garbage ------------------------------------------------------------ */

static size_t file_bytes;
static uint32_t nr_claims, nr_runs, nr_maps;
static uint8_t back[4096];

static uint64_t odd_number(void)
{
	static const uint64_t odd[] = {
		0,   1,		 8,	4096,	    4095,
		~0u, 1ull << 47, ~0ull, 1ull << 63, 1u << 20,
	};

	return odd[(size_t)random() % (sizeof(odd) / sizeof(odd[0]))];
}

/* Sizes, and much else, that are right get furthest. */
static void make_likely(unsigned long nr, uint64_t *s)
{
	uint32_t *w = (uint32_t *)s;

	w[0] = (uint32_t)_IOC_SIZE(nr);
	if (nr == SIDECAR_DEV_CLAIM) {
		w[1] &= 11;
		w[2] = w[3] = ~0u;
		s[2] &= 0xf000;
		w[7] = w[1] & SIDECAR_DEV_GANG ? ~0u : 0;
		s[4] &= random() % 2 ? 0x1ff000 : 0;
	}
	if (nr == SIDECAR_DEV_RUN) {
		s[1] = (uintptr_t)file;
		s[2] = file_bytes;
		s[7] = (uintptr_t)file;
		s[8] = random() % 8 ? 0 : odd_number();
		s[10] &= 0xffff;
		/* a file that is nearly right */
		if (!(random() % 4))
			file[(size_t)random() % 32] ^=
				(uint8_t)(1 << random() % 8);
	}
	if (nr == SIDECAR_DEV_COMMAND) {
		w[1] %= 8;
		w[37] &= 0xffff;
	}
	if (nr == SIDECAR_DEV_READ) {
		w[1] = 0;
		s[1] &= 0xffff;
		s[2] = (uintptr_t)back;
		s[3] &= sizeof(back) - 1;
	}
	if (nr == SIDECAR_DEV_NODE)
		w[1] &= 7;
	if (nr == SIDECAR_DEV_END || nr == SIDECAR_DEV_STOP) {
		w[1] &= 1;
		s[1] &= 15;
		s[2] &= nr == SIDECAR_DEV_END ? 0xffff00000007 : 0xffff00000000;
	}
	if (nr == SIDECAR_DEV_WAIT)
		w[1] &= 1;
}

static void garbage_ioctl(void)
{
	static const unsigned long nrs[] = {
		SIDECAR_DEV_INFO, SIDECAR_DEV_VCPU,    SIDECAR_DEV_CLAIM,
		SIDECAR_DEV_RUN,  SIDECAR_DEV_STOP,    SIDECAR_DEV_RING,
		SIDECAR_DEV_WAIT, SIDECAR_DEV_COMMAND, SIDECAR_DEV_NODE,
		SIDECAR_DEV_READ, SIDECAR_DEV_END,
	};
	unsigned long nr =
		nrs[(size_t)random() % (sizeof(nrs) / sizeof(nrs[0]))];
	uint64_t s[128];
	int r;

	/* no struct is larger: the driver writes to it */
	for (size_t i = 0; i < 128; i++)
		s[i] = random() % 2 ? odd_number() : 0;
	if (random() % 4)
		make_likely(nr, s);
	/* no wait is long */
	if (nr == SIDECAR_DEV_WAIT)
		((uint32_t *)s)[2] %= 5;
	if (!(random() % 16))
		nr ^= 1ul << random() % 32;
	r = ioctl(fd, nr, random() % 16 ? s : (void *)odd_number());
	nr_claims += !r && nr == SIDECAR_DEV_CLAIM;
	nr_runs += !r && nr == SIDECAR_DEV_RUN;
}

static void garbage_map(void)
{
	static const uint64_t known[] = {SIDECAR_DEV_MAP_SHARED,
					 SIDECAR_DEV_MAP_SLICE};
	uint64_t at = random() % 2 ? odd_number() : known[random() % 2];
	void *p = map(at & ~4095ull, odd_number() & 0xffffff,
		      PROT_READ | PROT_WRITE,
		      random() % 4 ? MAP_SHARED : MAP_PRIVATE);

	if (p == MAP_FAILED)
		return;
	*(volatile char *)p = 1;
	nr_maps++;
}

static void open_again(const char *path)
{
	close(fd);
	fd = open(SIDECAR_DEV_PATH, O_RDWR | O_NONBLOCK);
	if (fd < 0)
		die(SIDECAR_DEV_PATH);
	file_bytes = load(path);
}

static void garbage(const char *path)
{
	char text[64];

	switch (random() % 16) {
	case 0:
	case 1:
		garbage_map();
		break;
	case 2:
		if (read(fd, random() % 4 ? text : (char *)odd_number(),
			 (size_t)random() % sizeof(text)) < 0 &&
		    errno == EIO)
			die("read");
		break;
	case 3:
		open_again(path);
		break;
	default:
		garbage_ioctl();
	}
}

static void fuzz(uint32_t n, const char *path)
{
	open_again(path);
	for (uint32_t i = 0; i < n; i++)
		garbage(path);
	printf("claims %u runs %u maps %u\n", nr_claims, nr_runs, nr_maps);
}

static int dispatch(char **a)
{
	const char *what = a[0];
	int cpu = a[0] && a[1] ? atoi(a[1]) : -1;
	const char *path = cpu >= 0 ? a[2] : NULL;
	uint64_t arg = path && a[3] ? strtoull(a[3], NULL, 0) : 0;

	if (!what)
		return 2;
	if (!strcmp(what, "exec") && a[1]) {
		execvp(a[1], a + 1);
		die(a[1]);
	}
	if (!strcmp(what, "list"))
		list();
	else if (!path)
		return 2;
	else if (!strcmp(what, "fuzz"))
		fuzz((uint32_t)cpu, path);
	else if (!strcmp(what, "run") || !strcmp(what, "hold"))
		run(cpu, path, arg, *what == 'h');
	else if (!strcmp(what, "stop"))
		stop(cpu, path, arg);
	else if (!strcmp(what, "asked"))
		stop_when_asked(cpu, path, arg);
	else if (!strcmp(what, "sleep"))
		sleeps(cpu, path);
	else if (!strcmp(what, "bell"))
		bell(cpu, path, (uint32_t)arg);
	else if (!strcmp(what, "ping"))
		ping(cpu, (uint32_t)atoi(path));
	else if (!strcmp(what, "share"))
		share(cpu, (uint8_t)atoi(path));
	else if (!strcmp(what, "limits"))
		limits(cpu, path);
	else
		return 2;
	printf("ok\n");
	return 0;
}

static void be_nobody(void)
{
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		die("nobody");
}

/* Ends with errno. */
static int load_module(const char *path)
{
	int f = open(path, O_RDONLY | O_CLOEXEC);

	if (f >= 0 && !syscall(SYS_finit_module, f, "", 0))
		return 0;
	printf("%s\n", strerror(errno));
	return errno;
}

int main(int argc, char **argv)
{
	int c;

	setlinebuf(stdout);
	while ((c = getopt(argc, argv, "+uys")) != -1) {
		if (c == 'u')
			be_nobody();
		else if (c == 'y')
			claim_flags |= SIDECAR_DEV_YIELD;
		else if (c == 's')
			claim_flags |= SIDECAR_DEV_SHARED;
		else
			return 2;
	}
	if (argc == optind + 2 && !strcmp(argv[optind], "load"))
		return load_module(argv[optind + 1]);
	fd = open(SIDECAR_DEV_PATH, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(SIDECAR_DEV_PATH);
	return dispatch(argv + optind);
}
