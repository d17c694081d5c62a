/* SPDX-License-Identifier: MIT */
/* The fake sidecar's files and memory: a tree in /tmp. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sidecar.h"

struct paths paths;
uint8_t *mem;

static char dir[64];
static char path_tables[128], path_cpus[128], path_cpuinfo[128],
	path_softirqs[128], path_mem[128], path_locks[128];

void put(const char *name, const void *p, size_t n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static char first_of(uint32_t cpu, const char *name)
{
	char path[256], c = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cpu/cpu%u/%s", dir, cpu, name);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(&c, 1, 1, f), 1);
	fclose(f);
	return c;
}

int cpu_online(uint32_t cpu)
{
	return first_of(cpu, "online") - '0';
}

bool cpu_refuses(uint32_t cpu)
{
	return first_of(cpu, "hotplug/fail") == '1';
}

const char *in_tree(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

int watch_opens(const char *name)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	assert_true(fd >= 0);
	/* what is the same as the last event would not come */
	assert_true(inotify_add_watch(fd, in_tree(name), IN_OPEN | IN_CLOSE) >=
		    0);
	return fd;
}

uint32_t nr_opens(int watch)
{
	struct inotify_event e[16];
	uint32_t nr = 0;
	ssize_t n;

	while ((n = read(watch, e, sizeof(e))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(e[0]); i++)
			nr += (e[i].mask & IN_OPEN) != 0;
	return nr;
}

int fake_hold(uint32_t vcpu_id)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/run/lock/vcpu-%u", dir, vcpu_id);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &all), 0);
	return fd;
}

static void make(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_mem(void)
{
	int fd = open(path_mem, O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, MEM_SIZE), 0);
	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(mem != MAP_FAILED);
	close(fd);
}

int fake_make(void **state)
{
	char name[64];

	(void)state;
	strcpy(dir, "/tmp/fake_sidecar.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path_tables, sizeof(path_tables), "%s/tables", dir);
	snprintf(path_cpus, sizeof(path_cpus), "%s/cpu", dir);
	snprintf(path_cpuinfo, sizeof(path_cpuinfo), "%s/cpuinfo", dir);
	snprintf(path_softirqs, sizeof(path_softirqs), "%s/softirqs", dir);
	snprintf(path_mem, sizeof(path_mem), "%s/mem", dir);
	snprintf(path_locks, sizeof(path_locks), "%s/run/lock", dir);
	paths = (struct paths){
		.tables = path_tables,
		.cpus = path_cpus,
		.cpuinfo = path_cpuinfo,
		.softirqs = path_softirqs,
		.mem = path_mem,
		.privcmd = "none",
		.msr = "none",
		.msr_writes = "none",
		.locks = path_locks,
	};
	make("tables");
	make("cpu");
	make("cpu/hotplug");
	for (uint32_t i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "cpu/cpu%u", i);
		make(name);
		snprintf(name, sizeof(name), "cpu/cpu%u/hotplug", i);
		make(name);
		snprintf(name, sizeof(name), "cpu/cpu%u/firmware_node", i);
		make(name);
	}
	make_mem();
	return 0;
}

int fake_remove(void **state)
{
	char cmd[128];

	(void)state;
	munmap(mem, MEM_SIZE);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}
