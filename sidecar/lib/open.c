/* SPDX-License-Identifier: MIT */
/*
 * Opening and closing the handle: each layer from the lowest to the highest,
 * and back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "cpus.h"
#include "driver.h"
#include "driver_nodes.h"
#include "job_poll.h"
#include "open.h"
#include "table.h"

static const struct paths real_paths = {
	.tables = "/sys/firmware/acpi/tables",
	.cpus = "/sys/devices/system/cpu",
	.cpuinfo = "/proc/cpuinfo",
	.softirqs = "/proc/softirqs",
	.mem = "/dev/mem",
	.privcmd = "/dev/xen/privcmd",
	.msr = "/dev/cpu/0/msr",
	.msr_writes = "/sys/module/msr/parameters/allow_writes",
	.locks = "/run/sidecar",
	.evtchn = "/dev/xen/evtchn",
	.driver = "/dev/sidecar",
};

static enum sidecar_error open_mem(struct sidecar *s,
				   const struct open_places *places)
{
	s->backend = places->backend ? places->backend
				     : devmem_open(s->paths, places->calls);
	if (s->backend)
		return SIDECAR_OK;
	if (errno == EPERM)
		return error_set(
			s, SIDECAR_E_MEM,
			"%s: forbidden, kernel lockdown? Parked vCPUs can still be onlined by Linux's own online files",
			s->paths->mem);
	return error_set(s, SIDECAR_E_MEM, "%s: %s", s->paths->mem,
			 strerror(errno));
}

static enum sidecar_error error_root(struct sidecar *s)
{
	if (access(s->paths->driver, F_OK))
		return error_set(s, SIDECAR_E_ROOT, "only root may do this");
	return error_set(
		s, SIDECAR_E_ROOT,
		"only root and the members of the group of %s may do this",
		s->paths->driver);
}

static enum sidecar_error open_by_mem(struct sidecar *s,
				      const struct open_places *places)
{
	enum sidecar_error e = table_read(s);

	if (!e)
		e = cpus_read(s);
	if (!e)
		e = open_mem(s, places);
	return e ? e : control_open(s);
}

/* Where the shim's log is, which only root can read; no matter if not. */
static enum sidecar_error open_by_driver(struct sidecar *s)
{
	table_read(s);
	s->nr_nodes = 0;
	return driver_nodes_read(s);
}

enum sidecar_error open_at(const struct open_places *places, struct sidecar **s)
{
	*s = calloc(1, sizeof(**s));
	if (!*s)
		return SIDECAR_E_SYSTEM;
	(*s)->paths = places->paths ? places->paths : &real_paths;
	sidecar_set_timeout(*s, 0);
	if ((*s)->paths->driver && !places->backend)
		(*s)->backend = driver_open((*s)->paths);
	if ((*s)->backend)
		return open_by_driver(*s);
	if (!places->paths && geteuid())
		return error_root(*s);
	return open_by_mem(*s, places);
}

enum sidecar_error sidecar_open(struct sidecar **s)
{
	const struct open_places real = {0};

	return open_at(&real, s);
}

void sidecar_close(struct sidecar *s)
{
	if (!s)
		return;
	job_poll_leave_all(s);
	control_close(s);
	if (s->backend)
		s->backend->close(s->backend);
	free(s);
}

void sidecar_set_timeout(struct sidecar *s, uint32_t timeout_ms)
{
	uint32_t ms = timeout_ms ? timeout_ms : SIDECAR_TIMEOUT_MS;

	if (ms > SIDECAR_MAX_TIMEOUT_MS)
		ms = SIDECAR_MAX_TIMEOUT_MS;
	s->timeout_ns = ms * UINT64_C(1000000);
}

const char *sidecar_wake_method(const struct sidecar *s)
{
	return s->backend ? s->backend->method : "";
}

bool sidecar_has_driver(const struct sidecar *s)
{
	return s->backend && s->backend->is_driver;
}

const char *sidecar_bad_node(const struct sidecar *s)
{
	return *s->bad_node ? s->bad_node : NULL;
}

#define TEXT_OF(x)	      #x
#define VERSION(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

const char *sidecar_version(void)
{
	return VERSION(SIDECAR_VERSION_MAJOR, SIDECAR_VERSION_MINOR);
}
