/* SPDX-License-Identifier: MIT */
/*
 * Errors of libsidecar: a code, and a line of text that stays in the handle.
 */
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

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
	case SIDECAR_E_ARGUMENT:
		return "bad argument of a call";
	}
	return "unknown error";
}

enum sidecar_error error_set(struct sidecar *s, enum sidecar_error e,
			     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->detail, sizeof(s->detail), fmt, ap);
	va_end(ap);
	return e;
}

enum sidecar_error error_vcpu(const struct sidecar_vcpu *v,
			      enum sidecar_error e, const char *fmt, ...)
{
	char text[sizeof(v->s->detail) - 64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (v->linux_cpu < 0)
		return error_set(v->s, e, "vCPU %u (APIC id %u): %s",
				 v->cpu.vcpu_id, v->cpu.apic_id, text);
	return error_set(v->s, e, "CPU %d (vCPU %u, APIC id %u): %s",
			 v->linux_cpu, v->cpu.vcpu_id, v->cpu.apic_id, text);
}

enum sidecar_error error_base_vcpu(const struct sidecar_vcpu *v)
{
	return error_vcpu(v, SIDECAR_E_CPU,
			  "a base vCPU: Linux always keeps it");
}

uint32_t error_timeout_ms(const struct sidecar *s)
{
	return (uint32_t)(s->timeout_ns / UINT64_C(1000000));
}

void sidecar_get_detail(const struct sidecar *s, char *text, size_t size)
{
	snprintf(text, size, "%s", s ? s->detail : "no memory");
}
