/* SPDX-License-Identifier: MIT */
/*
 * For the lab, as root: what include/sidecar/driver.h promises of single calls.
 *
 *   driver-calls CPU JOB
 *
 * JOB: of the job `bad`. The last line is `ok`, or what is wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sidecar/driver.h"

#define FILE_MAX   262144u
#define DATA_BYTES 8192u
#define STRANGER   65533
#define TEXT	   "until it is stopped\n"
#define LAST	   "stopped\n"

enum deed {
#define DEED(name) DEED_##name,
#include "jobs/deeds.h"
#undef DEED
};

static int fd, cpu;
static uint8_t file[FILE_MAX], data[DATA_BYTES], back[FILE_MAX];
static size_t file_bytes;

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	printf("wrong: %s (errno %d)\n", what, errno);
	exit(1);
}

static bool fails(int r, int error)
{
	return r == -1 && errno == error;
}

static void open_device(void)
{
	if (fd)
		close(fd);
	fd = open(SIDECAR_DEV_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	need(fd > 0, SIDECAR_DEV_PATH);
}

static struct sidecar_dev_claim claim_data(uint32_t flags, uint64_t data_bytes)
{
	struct sidecar_dev_claim c = {
		.size = sizeof(c),
		.flags = flags,
		.cpu = cpu,
		.node = SIDECAR_DEV_ANY,
		.data_bytes = data_bytes,
	};

	need(!ioctl(fd, SIDECAR_DEV_CLAIM, &c), "claim");
	return c;
}

static struct sidecar_dev_claim claim(uint32_t flags)
{
	return claim_data(flags, 0);
}

static uint64_t start(uint32_t deed, size_t data_bytes)
{
	struct sidecar_dev_run r = {
		.size = sizeof(r),
		.file = (uintptr_t)file,
		.file_bytes = file_bytes,
		.arg = {deed},
		.data = (uintptr_t)data,
		.data_bytes = data_bytes,
	};

	need(!ioctl(fd, SIDECAR_DEV_RUN, &r), "run");
	return r.job;
}

/* Of the claim; 0: whichever runs. */
static int stop_job(uint64_t nr)
{
	struct sidecar_dev_stop s = {.size = sizeof(s), .job = nr};

	return ioctl(fd, SIDECAR_DEV_STOP, &s);
}

static struct sidecar_dev_wait wait_end(void)
{
	struct sidecar_dev_wait w = {.size = sizeof(w), .timeout_ms = 9000};

	need(!ioctl(fd, SIDECAR_DEV_WAIT, &w) && w.ended, "wait");
	return w;
}

/* ---- Sizes -------------------------------------------------------------- */

/* Of one call, whose first version had @first bytes, and now has @now. */
static void check_sizes(unsigned long nr, uint32_t first, uint32_t now)
{
	static uint32_t s[2048];
	const uint32_t least[] = {0, 4, first - 4, first - 1};

	memset(s, 0, sizeof(s));
	for (int i = 0; i < 4; i++) {
		s[0] = least[i];
		need(fails(ioctl(fd, nr, s), EINVAL), "less than the first");
	}
	s[0] = 4097;
	need(fails(ioctl(fd, nr, s), E2BIG), "more than a page");
	s[0] = now + 8;
	s[now / 4 + 1] = 1;
	need(fails(ioctl(fd, nr, s), E2BIG), "a member that is not known");
	s[now / 4 + 1] = 0;
	/* whatever is wrong then, it is not the size */
	need(!ioctl(fd, nr, s) || (errno != E2BIG && errno != EINVAL),
	     "a larger size");
	need(!s[now / 4] && !s[now / 4 + 1], "written behind");
}

static void sizes(void)
{
	open_device();
#define SIDECAR_DEV_END_SIZE_1 SIDECAR_DEV_STOP_SIZE_1
#define SIZES(NAME, name)                                            \
	check_sizes(SIDECAR_DEV_##NAME, SIDECAR_DEV_##NAME##_SIZE_1, \
		    sizeof(struct sidecar_dev_##name))
	SIZES(INFO, info);
	SIZES(NODE, node);
	SIZES(VCPU, vcpu);
	SIZES(RUN, run);
	SIZES(READ, read);
	SIZES(STOP, stop);
	SIZES(END, stop);
	SIZES(WAIT, wait);
	SIZES(COMMAND, command);
	SIZES(CLAIM, claim);
}

/* ---- Memory ------------------------------------------------------------- */

static int read_slice(uint64_t offset, uint64_t bytes)
{
	struct sidecar_dev_read r = {
		.size = sizeof(r),
		.offset = offset,
		.to = (uintptr_t)back,
		.bytes = bytes,
	};

	return ioctl(fd, SIDECAR_DEV_READ, &r);
}

static void slices(void)
{
	uint64_t bytes;

	open_device();
	bytes = claim(0).slice_bytes;
	memset(data, 0xa5, sizeof(data));
	start(DEED_loop_stop, sizeof(data));
	need(fails(read_slice(0, 8), EBUSY), "read while a job runs");
	need(!stop_job(0), "stop");
	need(!read_slice(0, 4096) && !memcmp(back, file, 32), "read: the file");
	need(!read_slice(bytes - sizeof(data), sizeof(data)) &&
		     !memcmp(back, data, sizeof(data)),
	     "read: the data");
	need(fails(read_slice(bytes, 1), EINVAL), "read: behind");
	need(fails(read_slice(8, bytes), EINVAL), "read: too much");
	need(fails(read_slice(UINT64_MAX, 8), EINVAL), "read: far");
}

/* mmap2() of a program of 32 bits, whose offset is a number of pages. */
static void *map_32(uint64_t page)
{
	uint32_t p = 192;

	__asm__ volatile("xchg %%rbp, %1\n\tint $0x80\n\txchg %%rbp, %1"
			 : "+a"(p), "+r"(page)
			 : "b"(0), "c"(4096), "d"(PROT_READ | PROT_WRITE),
			   "S"(MAP_SHARED), "D"(fd)
			 : "memory", "r8", "r9", "r10", "r11");
	if (p < -4095u)
		return (void *)(uintptr_t)p;
	errno = -(int)p;
	return NULL;
}

static void maps(void)
{
	uint32_t *p, *q;

	open_device();
	claim(SIDECAR_DEV_SHARED);
	p = map_32((SIDECAR_DEV_MAP_SHARED >> 12) + 1);
	need(p, "mmap of 32 bits");
	q = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd,
		 (off_t)SIDECAR_DEV_MAP_SHARED);
	need(q != MAP_FAILED, "mmap");
	*p = 0x51dec;
	need(q[1024] == 0x51dec, "the same memory");
	munmap(p, 4096);
	munmap(q, 8192);
}

/* ---- Logs --------------------------------------------------------------- */

static void epolls(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int all = epoll_create1(EPOLL_CLOEXEC);
	void *nowhere =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char text[64];

	open_device();
	need(!epoll_ctl(all, EPOLL_CTL_ADD, fd, &e), "epoll");
	need(!epoll_wait(all, &e, 1, 100), "nothing to tell");
	claim(0);
	start(DEED_loop_status, 0);
	need(epoll_wait(all, &e, 1, 9000) == 1 && e.events & EPOLLIN,
	     "a poll that began before the claim");
	need(fails((int)read(fd, nowhere, 32), EFAULT), "read to nowhere");
	need(read(fd, text, sizeof(text)) == sizeof(TEXT) - 1 &&
		     !memcmp(text, TEXT, sizeof(TEXT) - 1),
	     "text after a read that failed");
	need(fails((int)read(fd, text, sizeof(text)), EAGAIN), "no more text");
	need(!stop_job(0), "stop");
	need(read(fd, text, sizeof(text)) == sizeof(LAST) - 1, "its last text");
	need(!read(fd, text, sizeof(text)), "the end of the log");
	close(all);
}

/* Reads what there is of the log. */
static uint64_t read_all(void)
{
	char text[512];
	uint64_t sum = 0;
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) > 0)
		sum += (uint64_t)n;
	return sum;
}

/* What a job has logged is read, or counted. */
static void floods(void)
{
	char text[512];
	struct sidecar_dev_wait w;
	uint64_t sum;
	ssize_t n;

	open_device();
	claim(0);
	start(DEED_log_flood, 0);
	w = wait_end();
	sum = read_all();
	need(sum == 2048, "what the ring holds");
	need(w.log_lost == 8200 - sum, "what it has lost");
	start(DEED_log_flood, 0);
	for (sum = 0; (n = read(fd, text, sizeof(text))) != 0;)
		sum += n > 0 ? (uint64_t)n : 0;
	w = wait_end();
	need(sum + w.log_lost == 8200, "read while it runs, or lost");
}

/* INIT ends a job that logs; all of it is read, or counted. */
static void halts(void)
{
	struct sidecar_dev_stop s = {.size = sizeof(s), .timeout_ms = 1};
	volatile uint64_t *logged;
	struct sidecar_dev_wait w;
	uint64_t sum;

	for (int i = 0; i < 10; i++) {
		open_device();
		claim_data(0, 4096);
		logged = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		need(logged != MAP_FAILED, "mmap");
		start(DEED_log_count, 0);
		for (int tries = 300; tries && logged[511] < 1024; tries--)
			usleep(10000);
		need(logged[511] >= 1024, "it logs");
		need(!ioctl(fd, SIDECAR_DEV_STOP, &s), "stop");
		w = wait_end();
		need(w.result == 8, "stopped");
		sum = read_all() + w.log_lost;
		/* it is counted after it is logged */
		need(sum == logged[511] || sum == logged[511] + 8,
		     "text until INIT");
		munmap((void *)logged, 4096);
	}
}

/* ---- Gangs and large slices ---------------------------------------------- */

static struct sidecar_dev_claim wish(uint32_t flags, int gang_fd,
				     uint64_t slice_bytes)
{
	return (struct sidecar_dev_claim){
		.size = sizeof(struct sidecar_dev_claim),
		.flags = flags,
		.cpu = SIDECAR_DEV_ANY,
		.node = 0,
		.gang_fd = gang_fd,
		.slice_bytes = slice_bytes,
	};
}

static int open_other(void)
{
	int other = open(SIDECAR_DEV_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	need(other >= 0, SIDECAR_DEV_PATH);
	return other;
}

static uint32_t *map_at(int f, uint64_t at, size_t bytes, int flags)
{
	uint32_t *p =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, f, (off_t)at);

	need(p != MAP_FAILED, "mmap");
	return p;
}

/* All on node 0, which has three vCPUs, and shared memory for one gang. */
static void gangs(void)
{
	struct sidecar_dev_claim c = wish(SIDECAR_DEV_GANG, -1, 0);
	int second = open_other(), third = open_other();
	uint32_t *p, *q;

	open_device();
	need(!ioctl(fd, SIDECAR_DEV_CLAIM, &c) && c.shared_bytes, "a gang");
	p = map_at(fd, SIDECAR_DEV_MAP_SHARED, 4096, MAP_SHARED);
	need(!*p, "cleared");
	*p = 77;
	c = wish(SIDECAR_DEV_GANG, -1, 0);
	need(fails(ioctl(second, SIDECAR_DEV_CLAIM, &c), EBUSY),
	     "another gang");
	c = wish(SIDECAR_DEV_SHARED, 0, 0);
	need(fails(ioctl(second, SIDECAR_DEV_CLAIM, &c), EBUSY),
	     "a claim with shared memory");
	c = wish(SIDECAR_DEV_GANG, third, 0);
	need(fails(ioctl(second, SIDECAR_DEV_CLAIM, &c), EINVAL), "no claim");
	c = wish(SIDECAR_DEV_GANG, 0, 0);
	need(ioctl(second, SIDECAR_DEV_CLAIM, &c), "not the driver's file");
	c = wish(SIDECAR_DEV_GANG, 1000, 0);
	need(fails(ioctl(second, SIDECAR_DEV_CLAIM, &c), EBADF), "no file");
	c = wish(0, fd, 0);
	need(fails(ioctl(second, SIDECAR_DEV_CLAIM, &c), EINVAL), "no flag");
	c = wish(SIDECAR_DEV_GANG, fd, 0);
	need(!ioctl(second, SIDECAR_DEV_CLAIM, &c), "the gang's second");
	c = wish(0, 0, 0);
	need(!ioctl(third, SIDECAR_DEV_CLAIM, &c), "one that is in none");
	need(mmap(NULL, 4096, PROT_READ, MAP_SHARED, third,
		  (off_t)SIDECAR_DEV_MAP_SHARED) == MAP_FAILED,
	     "which has no shared memory");
	/* the first one goes: the memory stays the gang's */
	munmap(p, 4096);
	open_device();
	q = map_at(second, SIDECAR_DEV_MAP_SHARED, 4096, MAP_SHARED);
	need(*q == 77, "the same memory");
	c = wish(SIDECAR_DEV_SHARED, 0, 0);
	need(fails(ioctl(fd, SIDECAR_DEV_CLAIM, &c), EBUSY), "still a gang's");
	munmap(q, 4096);
	close(second);
	c = wish(SIDECAR_DEV_SHARED, 0, 0);
	need(!ioctl(fd, SIDECAR_DEV_CLAIM, &c), "nobody's");
	p = map_at(fd, SIDECAR_DEV_MAP_SHARED, 4096, MAP_SHARED);
	need(!*p, "cleared again");
	munmap(p, 4096);
	second = open_other();
	c = wish(SIDECAR_DEV_GANG, fd, 0);
	need(fails(ioctl(second, SIDECAR_DEV_CLAIM, &c), EINVAL),
	     "nor a gang's");
	close(second);
	close(third);
}

/* Of node 0, whose three shares are 640 KiB each. */
static void large_slices(void)
{
	struct sidecar_dev_claim c = wish(0, 0, 0);
	int second = open_other(), third = open_other();
	uint32_t *p;

	open_device();
	c = wish(0, 0, 3 * 655360 + 4096);
	need(fails(ioctl(fd, SIDECAR_DEV_CLAIM, &c), E2BIG), "too large");
	c = wish(0, 0, 655361);
	need(fails(ioctl(fd, SIDECAR_DEV_CLAIM, &c), EINVAL), "no pages");
	c = wish(0, 0, 2 * 655360);
	need(!ioctl(fd, SIDECAR_DEV_CLAIM, &c) && c.slice_bytes == 2 * 655360 &&
		     !c.slice_offset,
	     "two shares");
	p = map_at(fd, SIDECAR_DEV_MAP_SLICE, 2 * 655360, MAP_PRIVATE);
	for (uint32_t i = 0; i < 2 * 655360 / 4; i++)
		need(!p[i], "cleared");
	memset(data, 0x5a, sizeof(data));
	start(DEED_loop_stop, sizeof(data));
	need(p[2 * 655360 / 4 - 1] == 0x5a5a5a5a, "its end");
	/* not the job's: this process's own copy */
	p[2 * 655360 / 4 - 1] = 1;
	need(!stop_job(0), "stop");
	need(!read_slice(2 * 655360 - 4, 4) && back[0] == 0x5a, "unchanged");
	munmap(p, 2 * 655360);
	c = wish(0, 0, 2 * 655360);
	/* not the one that is claimed */
	c.cpu = cpu;
	need(fails(ioctl(second, SIDECAR_DEV_CLAIM, &c), ENOSPC), "no two");
	c = wish(0, 0, 0);
	need(!ioctl(second, SIDECAR_DEV_CLAIM, &c) &&
		     c.slice_offset == 2 * 655360,
	     "the third share");
	c = wish(0, 0, 0);
	need(fails(ioctl(third, SIDECAR_DEV_CLAIM, &c), EBUSY),
	     "a share that is taken");
	close(second);
	close(third);
	open_device();
	c = wish(0, 0, 0);
	need(!ioctl(fd, SIDECAR_DEV_CLAIM, &c), "back");
	p = map_at(fd, SIDECAR_DEV_MAP_SLICE, 655360, MAP_PRIVATE);
	for (uint32_t i = 0; i < 655360 / 4; i++)
		need(!p[i], "cleared for the next");
	munmap(p, 655360);
}

static void set_online(const char *to)
{
	char path[64];
	int f;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	f = open(path, O_WRONLY);
	need(write(f, to, 1) == 1, path);
	close(f);
}

/* Its command page is cleared when the vCPU comes back. */
static void yields(void)
{
	char text[64];

	open_device();
	claim(SIDECAR_DEV_YIELD);
	start(DEED_loop_status, 0);
	usleep(100000);
	set_online("1");
	set_online("0");
	need(read(fd, text, 6) == 6 && !memcmp(text, TEXT, 6), "text, after");
	need(read(fd, text, sizeof(text)) == sizeof(TEXT LAST) - 7 &&
		     !memcmp(text, &(TEXT LAST)[6], sizeof(TEXT LAST) - 7),
	     "the rest of it");
	need(!read(fd, text, sizeof(text)), "its end");
	need(wait_end().result == 6, "result");
}

/* ---- Other processes' jobs ---------------------------------------------- */

static void ends(void)
{
	struct sidecar_dev_stop e = {.size = sizeof(e)};
	int other = open(SIDECAR_DEV_PATH, O_RDWR | O_CLOEXEC);

	open_device();
	e.index = claim(0).index;
	start(DEED_loop, 0);
	need(!seteuid(STRANGER), "stranger");
	need(fails(ioctl(other, SIDECAR_DEV_END, &e), EPERM), "a stranger's");
	need(!seteuid(0), "root");
	need(!ioctl(other, SIDECAR_DEV_END, &e), "root's");
	need(wait_end().result == 8, "ended by somebody else");
	e.index = 10000;
	need(fails(ioctl(other, SIDECAR_DEV_END, &e), EINVAL), "no such vCPU");
	close(other);
}

static bool runs(void)
{
	struct sidecar_dev_wait w = {.size = sizeof(w), .timeout_ms = 300};

	return !ioctl(fd, SIDECAR_DEV_WAIT, &w) && !w.ended;
}

/* A stop that comes late, when the next job has begun. */
static void late_stops(void)
{
	struct sidecar_dev_stop e = {.size = sizeof(e)};
	struct sidecar_dev_vcpu v = {.size = sizeof(v)};
	struct sidecar_dev_wait w;
	uint64_t second;

	open_device();
	e.index = v.index = claim(0).index;
	e.job = start(DEED_status, 0);
	usleep(800000);
	w = wait_end();
	need(e.job && w.job == e.job, "the job's number");
	need(w.ns && w.ns < 500000000, "its time, not until somebody looks");
	second = start(DEED_loop, 0);
	need(second > e.job, "the next one's");
	need(!ioctl(fd, SIDECAR_DEV_VCPU, &v) && v.job == second, "vcpu: job");
	need(!stop_job(e.job) && !ioctl(fd, SIDECAR_DEV_END, &e) && runs(),
	     "a late stop");
	e.flags = SIDECAR_DEV_ASK;
	e.job = second;
	need(!ioctl(fd, SIDECAR_DEV_END, &e) && runs(), "asked");
	need(!ioctl(fd, SIDECAR_DEV_END, &e) && wait_end().result == 8,
	     "asked again");
	need(wait_end().job == second, "which one ended");
	e.flags = 2;
	need(fails(ioctl(fd, SIDECAR_DEV_END, &e), EINVAL), "unknown flags");
	e.flags = 0;
	e.timeout_ms = SIDECAR_DEV_TIMEOUT_MOST_MS + 1;
	need(fails(ioctl(fd, SIDECAR_DEV_END, &e), EINVAL), "a long timeout");
}

static void indices(void)
{
	struct sidecar_dev_claim c = {
		.size = sizeof(c),
		.flags = SIDECAR_DEV_INDEX,
		.cpu = SIDECAR_DEV_ANY,
		.node = SIDECAR_DEV_ANY,
	};
	struct sidecar_dev_vcpu v = {.size = sizeof(v), .index = 1};

	open_device();
	need(!ioctl(fd, SIDECAR_DEV_VCPU, &v), "vcpu");
	c.index = 10000;
	need(fails(ioctl(fd, SIDECAR_DEV_CLAIM, &c), ENODEV), "no such index");
	c.index = 1;
	need(!ioctl(fd, SIDECAR_DEV_CLAIM, &c) && c.index == 1, "by index");
	need(!ioctl(fd, SIDECAR_DEV_VCPU, &v) && v.flags & SIDECAR_DEV_OWN,
	     "the one that was meant");
}

int main(int argc, char **argv)
{
	FILE *f = argc == 3 ? fopen(argv[2], "r") : NULL;

	setlinebuf(stdout);
	if (!f)
		return 2;
	cpu = atoi(argv[1]);
	file_bytes = fread(file, 1, sizeof(file), f);
	fclose(f);
	sizes();
	slices();
	maps();
	epolls();
	floods();
	halts();
	yields();
	ends();
	late_stops();
	gangs();
	large_slices();
	indices();
	printf("ok\n");
	return 0;
}
