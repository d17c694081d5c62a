/* SPDX-License-Identifier: MIT */
/*
 * Linux's files of a CPU: whether Linux has it, and letting Linux have it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"
#include "file.h"
#include "sysfs.h"

/* A number in a file of cpuN; -errno if there is none. */
static long read_number(const struct sidecar_vcpu *v, const char *name)
{
	char path[512], text[16];
	long n;

	if (!file_path(path, sizeof(path), v->s->paths->cpus, "/cpu%d%s",
		       v->linux_cpu, name))
		return -1;
	n = file_read(path, text, sizeof(text) - 1);
	if (n <= 0)
		return n < 0 ? n : -1;
	text[n] = 0;
	return text[0] >= '0' && text[0] <= '9' ? strtol(text, NULL, 10) : -1;
}

static bool has_folder(const struct sidecar_vcpu *v)
{
	char path[512], byte;

	return file_path(path, sizeof(path), v->s->paths->cpus, "/cpu%d",
			 v->linux_cpu) &&
	       file_read(path, &byte, 0) != -ENOENT;
}

/*
 * In doubt it is Linux's: such a vCPU is never touched, nor one that may be a
 * CPU of Linux's of which nothing says which it is. Without its file a base
 * vCPU is one that Linux cannot offline; any other is just coming or going.
 */
enum sidecar_linux sysfs_state(const struct sidecar_vcpu *v)
{
	long online, state;

	if (v->linux_cpu < 0 && cpus_has_unnamed(v->s))
		return SIDECAR_LINUX_UNKNOWN;
	if (v->linux_cpu < 0 || !has_folder(v))
		return SIDECAR_LINUX_NONE;
	online = read_number(v, "/online");
	if (online == 1 || (online && !v->command))
		return SIDECAR_LINUX_ONLINE;
	if (online)
		return SIDECAR_LINUX_MOVING;
	/* 0 is CPUHP_OFFLINE; other values on its way up or down */
	state = read_number(v, "/hotplug/state");
	return state && state != -ENOENT ? SIDECAR_LINUX_MOVING
					 : SIDECAR_LINUX_OFFLINE;
}

/* -1 is a file without a number. */
int sysfs_read_error(const struct sidecar_vcpu *v)
{
	long online = v->linux_cpu < 0 ? 0 : read_number(v, "/online");

	return online < -1 && online != -ENOENT ? (int)-online : 0;
}

/*
 * The number of a hotplug step that does nothing when a CPU comes up, so that a
 * failure there is none: kernel/softirq.c. False if Linux lists no such step.
 */
static bool find_idle_step(const struct sidecar_vcpu *v, char *number,
			   size_t size)
{
	char path[512], text[16384];
	const char *name, *line;
	long n;

	if (!file_path(path, sizeof(path), v->s->paths->cpus,
		       "/hotplug/states"))
		return false;
	n = file_read(path, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	name = strstr(text, ": softirq:dead\n");
	if (!name)
		return false;
	for (line = name; line > text && line[-1] != '\n';)
		line--;
	snprintf(number, size, "%ld", strtol(line, NULL, 10));
	return true;
}

/*
 * 1, CPUHP_CREATE_THREADS, is the first hotplug step; Linux clears the setting
 * after one failure. Before 5.13 it takes no -1: write_cpuhp_fail() in
 * kernel/cpu.c.
 */
int sysfs_refuse_online(const struct sidecar_vcpu *v, bool refuse)
{
	char path[512], idle[16];
	int error;

	if (v->linux_cpu < 0 ||
	    !file_path(path, sizeof(path), v->s->paths->cpus,
		       "/cpu%d/hotplug/fail", v->linux_cpu))
		return 0;
	error = file_write(path, refuse ? "1" : "-1");
	if (error == -EINVAL && !refuse &&
	    find_idle_step(v, idle, sizeof(idle)))
		error = file_write(path, idle);
	return error == -ENOENT || error == -EINVAL ? 0 : error;
}

/* "0-7": whether a list of ranges in Linux's files has @cpu. */
static bool list_has(const char *p, long cpu)
{
	while (*p >= '0' && *p <= '9') {
		char *end;
		long first = strtol(p, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (cpu >= first && cpu <= last)
			return true;
		p = *end == ',' ? end + 1 : end;
	}
	return false;
}

/* Whether Linux could have it: what dom0 takes away it goes on knowing. */
static bool is_possible(const struct sidecar_vcpu *v)
{
	char path[512], text[256];
	long n;

	if (!file_path(path, sizeof(path), v->s->paths->cpus, "/possible"))
		return false;
	n = file_read(path, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = 0;
	return list_has(text, v->linux_cpu);
}

enum sidecar_error sysfs_error_absent(const struct sidecar_vcpu *v)
{
	if (v->linux_cpu < 0 || is_possible(v))
		return error_vcpu(
			v, SIDECAR_E_REFUSED,
			"taken away by xl vcpu-set (in dom0, xl vcpu-set DOMAIN NUMBER gives it back)");
	return error_vcpu(
		v, SIDECAR_E_REFUSED,
		"Linux was booted with fewer CPUs (nr_cpus= or possible_cpus=)");
}

enum sidecar_error sysfs_set_online(const struct sidecar_vcpu *v, bool online)
{
	char path[512];
	long now;
	int error;

	if (v->linux_cpu < 0 ||
	    !file_path(path, sizeof(path), v->s->paths->cpus, "/cpu%d/online",
		       v->linux_cpu))
		return sysfs_error_absent(v);
	error = file_write(path, online ? "1" : "0");
	now = error ? error : read_number(v, "/online");
	if (now < -1)
		error = (int)now;
	if (error)
		return error_vcpu(v, SIDECAR_E_REFUSED, "%s: %s", path,
				  strerror(-error));
	if (now != online)
		return error_vcpu(v, SIDECAR_E_REFUSED,
				  "%s: unchanged (dmesg may say why)", path);
	return SIDECAR_OK;
}
