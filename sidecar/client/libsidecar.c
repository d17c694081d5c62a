/* SPDX-License-Identifier: MIT */
/*
 * The handle of libsidecar: opening, closing, errors, and what there is.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "barrier.h"
#include "client.h"
#include "lib/memmap.h"

const struct sidecar_paths sidecar_default_paths = {
	.tables = "/sys/firmware/acpi/tables",
	.cpus = "/sys/devices/system/cpu",
	.cpuinfo = "/proc/cpuinfo",
	.mem = "/dev/mem",
	.privcmd = "/dev/xen/privcmd",
	.msr = "/dev/cpu/0/msr",
	.locks = "/run/sidecar",
};

/* ---- Errors ------------------------------------------------------------- */

const char *sidecar_error_text(enum sidecar_error e)
{
	switch (e) {
	case SIDECAR_OK:
		return "ok";
	case SIDECAR_E_ROOT:
		return "needs root";
	case SIDECAR_E_ABSENT:
		return "no sidecar here";
	case SIDECAR_E_TABLE:
		return "bad discovery table";
	case SIDECAR_E_ABI:
		return "unknown ABI version";
	case SIDECAR_E_MEM:
		return "no access to the sidecar's memory";
	case SIDECAR_E_CONTROL:
		return "bad control page";
	case SIDECAR_E_CPUS:
		return "vCPUs and Linux's CPUs do not agree";
	case SIDECAR_E_SYSTEM:
		return "system error";
	case SIDECAR_E_CPU:
		return "not a CPU of the sidecar";
	case SIDECAR_E_LINUX:
		return "Linux has it";
	case SIDECAR_E_REMOVED:
		return "not in the sidecar";
	case SIDECAR_E_STATE:
		return "impossible state";
	case SIDECAR_E_BUSY:
		return "busy";
	case SIDECAR_E_WAY:
		return "no way to do this";
	case SIDECAR_E_TIMEOUT:
		return "no answer";
	case SIDECAR_E_COMMAND:
		return "command failed";
	case SIDECAR_E_JOB:
		return "cannot run the job";
	case SIDECAR_E_REFUSED:
		return "refused by Linux";
	}
	return "unknown error";
}

enum sidecar_error fail(struct sidecar *s, enum sidecar_error e,
			const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->detail, sizeof(s->detail), fmt, ap);
	va_end(ap);
	return e;
}

enum sidecar_error fail_vcpu(struct sidecar *s, enum sidecar_error e,
			     const struct vcpu *v, const char *fmt, ...)
{
	char text[sizeof(s->detail) - 64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fail(s, e, "CPU %d (vCPU %u, APIC id %u): %s", v->linux_cpu,
		    v->vcpu_id, v->apic_id, text);
}

enum sidecar_error fail_base(struct sidecar *s, const struct vcpu *v)
{
	return fail_vcpu(s, SIDECAR_E_CPU, v,
			 "a base vCPU: it is Linux's for good");
}

uint32_t fail_after_ms(const struct sidecar *s)
{
	return (uint32_t)(s->timeout_ns / UINT64_C(1000000));
}

const char *sidecar_detail(const struct sidecar *s)
{
	return s ? s->detail : "no memory";
}

/* ---- Opening ------------------------------------------------------------ */

static enum sidecar_error open_all(struct sidecar *s, bool real_wakes)
{
	enum sidecar_error e = table_read(s);

	if (!e)
		e = cpus_read(s);
	if (!e)
		e = control_open(s);
	if (!e && real_wakes)
		wake_open(s);
	return e;
}

static void configure(struct sidecar *s, const struct sidecar_config *c)
{
	uint32_t ms = c->timeout_ms ? c->timeout_ms : SIDECAR_TIMEOUT_MS;

	if (ms > SIDECAR_MAX_TIMEOUT_MS)
		ms = SIDECAR_MAX_TIMEOUT_MS;
	s->timeout_ns = ms * UINT64_C(1000000);
	s->paths = c->paths ? c->paths : &sidecar_default_paths;
	if (c->waker)
		s->waker = *c->waker;
	s->mem_fd = s->privcmd_fd = s->msr_fd = -1;
}

enum sidecar_error sidecar_open(const struct sidecar_config *config,
				struct sidecar **s)
{
	static const struct sidecar_config none;

	config = config ? config : &none;
	*s = calloc(1, sizeof(**s));
	if (!*s)
		return SIDECAR_E_SYSTEM;
	configure(*s, config);
	if (!config->paths && geteuid())
		return fail(*s, SIDECAR_E_ROOT, "only root may do this");
	return open_all(*s, !config->waker);
}

void sidecar_close(struct sidecar *s)
{
	if (!s)
		return;
	run_close(s);
	control_close(s);
	wake_close(s);
	if (s->mem_fd >= 0)
		close(s->mem_fd);
	free(s);
}

/* ---- What there is ------------------------------------------------------ */

const char *sidecar_way(const struct sidecar *s)
{
	return s->way;
}

const char *sidecar_left_out(const struct sidecar *s)
{
	return s->left_out;
}

uint32_t sidecar_nr_nodes(const struct sidecar *s)
{
	return s->nr_nodes;
}

void sidecar_node(const struct sidecar *s, uint32_t i,
		  struct sidecar_node_info *info)
{
	*info = s->node[i].info;
}

uint32_t sidecar_nr_vcpus(const struct sidecar *s)
{
	return s->nr_vcpus;
}

void sidecar_vcpu(struct sidecar *s, uint32_t i, struct sidecar_vcpu_info *info)
{
	const struct vcpu *v = &s->vcpu[i];

	*info = (struct sidecar_vcpu_info){
		.node = (uint32_t)(v->node - s->node),
		.slot = v->slot,
		.vcpu_id = v->vcpu_id,
		.apic_id = v->apic_id,
		.linux_cpu = v->linux_cpu,
		.in_linux = cpus_state(s, v),
		.base = !v->command,
		.state = load_acquire(v->status),
		.up = wake_is_up(s, v),
		.job = run_is_job(s, v),
		.linux_had = lock_linux_had(s, v),
	};
	if (info->in_linux == SIDECAR_LINUX_NONE)
		info->linux_cpu = -1;
}

int32_t sidecar_find_cpu(const struct sidecar *s, uint32_t linux_cpu)
{
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		if (s->vcpu[i].linux_cpu >= 0 &&
		    (uint32_t)s->vcpu[i].linux_cpu == linux_cpu)
			return (int32_t)i;
	return -1;
}

const char *sidecar_state_text(uint8_t state)
{
	static const char *const text[SIDECAR_NR_STATES] = {
		[SIDECAR_REMOVED] = "removed", [SIDECAR_IDLE] = "idle",
		[SIDECAR_RUN] = "run",	       [SIDECAR_STOP] = "stop",
		[SIDECAR_REMOVE] = "remove",
	};

	return state < SIDECAR_NR_STATES ? text[state] : "?";
}

/* ---- The boot log ------------------------------------------------------- */

enum sidecar_error sidecar_log(struct sidecar *s, char **text, size_t *bytes)
{
	uint32_t size = s->scar.log_size;
	char *p;

	if (!s->scar.log_pa || s->scar.log_pa % SIDECAR_PAGE_SIZE || !size ||
	    size > CLIENT_LOG_MAX || s->scar.log_pa >= PA_END)
		return fail(s, SIDECAR_E_TABLE, "SCAR: log at 0x%llx, %u bytes",
			    (unsigned long long)s->scar.log_pa, size);
	*text = calloc(1, (size_t)size + 1);
	if (!*text)
		return fail(s, SIDECAR_E_SYSTEM, "no memory");
	p = mmap(NULL, size, PROT_READ, MAP_SHARED, s->mem_fd,
		 (off_t)s->scar.log_pa);
	if (p == MAP_FAILED) {
		free(*text);
		return fail(s, SIDECAR_E_MEM, "%s: the log: %s", s->paths->mem,
			    strerror(errno));
	}
	memcpy(*text, p, size);
	munmap(p, size);
	*bytes = strlen(*text);
	return SIDECAR_OK;
}
