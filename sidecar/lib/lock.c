/* SPDX-License-Identifier: MIT */
/*
 * Claims on a vCPU, with a timeout where another client has one.
 */
#include <errno.h>
#include <string.h>

#include "file.h"
#include "lock.h"

#define LOCK_NAP_NS 2000000u

static enum sidecar_error lock_refused(const struct sidecar_vcpu *v, int error,
				       uint64_t wait_ns)
{
	if (error == -EAGAIN)
		return error_vcpu(
			v, SIDECAR_E_BUSY,
			"another client still uses it after %u ms: stop its job, or wait longer",
			(uint32_t)(wait_ns / 1000000));
	return error_vcpu(v, SIDECAR_E_SYSTEM,
			  "its file in %s cannot be locked: %s",
			  v->s->backend->claims, strerror(-error));
}

static enum sidecar_error lock_kind(const struct sidecar_vcpu *v, int *lock,
				    enum claim_kind kind, uint64_t wait_ns)
{
	struct backend *b = v->s->backend;
	uint64_t end = file_clock_ns() + wait_ns;

	for (;;) {
		*lock = b->claim(b, v->cpu.vcpu_id, kind);
		if (*lock >= 0)
			return SIDECAR_OK;
		if (*lock != -EAGAIN || file_clock_ns() >= end)
			return lock_refused(v, *lock, wait_ns);
		file_nap_ns(LOCK_NAP_NS);
	}
}

enum sidecar_error lock_vcpu(const struct sidecar_vcpu *v, int *lock, bool wait)
{
	return lock_kind(v, lock, CLAIM_VCPU, wait ? v->s->timeout_ns : 0);
}

enum sidecar_error lock_signals(const struct sidecar_vcpu *v, int *lock)
{
	return lock_kind(v, lock, CLAIM_SIGNALS, v->s->timeout_ns);
}

void lock_release(const struct sidecar_vcpu *v, int lock)
{
	v->s->backend->release(v->s->backend, lock);
}
