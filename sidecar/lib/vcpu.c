/* SPDX-License-Identifier: MIT */
/*
 * What a vCPU is doing: its status byte, Xen, Linux, its command page.
 */
#include <string.h>

#include "barrier.h"
#include "slices.h"
#include "softirqs.h"
#include "sysfs.h"
#include "vcpu.h"

const char *sidecar_state_text(uint8_t state)
{
	static const char *const text[SIDECAR_NR_STATES] = {
		[SIDECAR_REMOVED] = "removed", [SIDECAR_IDLE] = "idle",
		[SIDECAR_RUN] = "run",	       [SIDECAR_STOP] = "stop",
		[SIDECAR_REMOVE] = "remove",
	};

	return state < SIDECAR_NR_STATES ? text[state] : "?";
}

enum sidecar_error vcpu_error_moving(const struct sidecar_vcpu *v)
{
	int error = sysfs_read_error(v);

	if (error)
		return error_vcpu(v, SIDECAR_E_SYSTEM,
				  "Linux's files of it cannot be read: %s",
				  strerror(error));
	return error_vcpu(v, SIDECAR_E_LINUX,
			  "Linux is bringing it up or down: try again");
}

enum sidecar_error vcpu_check_linux(const struct sidecar_vcpu *v)
{
	switch (sysfs_state(v)) {
	case SIDECAR_LINUX_NONE:
	case SIDECAR_LINUX_OFFLINE:
		return SIDECAR_OK;
	case SIDECAR_LINUX_ONLINE:
		return error_vcpu(v, SIDECAR_E_LINUX,
				  "Linux has it online: return it first");
	case SIDECAR_LINUX_UNKNOWN:
		return error_vcpu(
			v, SIDECAR_E_LINUX,
			"Linux does not say which of its CPUs this is (xl vcpu-set?): only Linux's own online files can be used");
	case SIDECAR_LINUX_MOVING:
		break;
	}
	return vcpu_error_moving(v);
}

static enum sidecar_error no_way(const struct sidecar_vcpu *v)
{
	return error_vcpu(v, SIDECAR_E_WAY, "%s", v->s->backend->method);
}

enum sidecar_error vcpu_check_can_wake(const struct sidecar_vcpu *v)
{
	return v->s->backend->can_wake ? SIDECAR_OK : no_way(v);
}

enum sidecar_error vcpu_check_can_interrupt(const struct sidecar_vcpu *v)
{
	return v->s->backend->can_interrupt ? SIDECAR_OK : no_way(v);
}

enum sidecar_error vcpu_check_can_init(const struct sidecar_vcpu *v)
{
	if (v->s->backend->can_init)
		return SIDECAR_OK;
	return error_vcpu(v, SIDECAR_E_WAY, "INIT needs the msr module: %s",
			  v->s->backend->method);
}

bool vcpu_has_begun_job(const struct sidecar_vcpu *v)
{
	uint32_t job = load_acquire(&v->command->job_state);

	return job == SIDECAR_JOB_RUNNING || job == SIDECAR_JOB_STOPPING;
}

struct job_name vcpu_last_job(const struct sidecar_vcpu *v)
{
	return (struct job_name){v->command->entry_tsc, v->command->nr_jobs};
}

bool vcpu_is_last_job(const struct sidecar_vcpu *v, const struct job_name *job)
{
	struct job_name last = vcpu_last_job(v);

	return last.entry_tsc == job->entry_tsc && last.nr_jobs == job->nr_jobs;
}

/* Since its job was handed over; false if there is no note of that job. */
static bool linux_has_run(const struct sidecar_vcpu *v)
{
	const volatile struct sidecar_command *c = v->command;
	struct backend *b = v->s->backend;
	struct job_note note = {0};
	uint64_t now;

	if (!b->noted_job(b, v->cpu.vcpu_id, &note) || note.ended ||
	    note.softirqs == UINT64_MAX ||
	    note.name.entry_tsc != c->entry_tsc ||
	    note.nr_commands != c->nr_commands)
		return false;
	now = softirqs_count(v);
	return now != UINT64_MAX && now != note.softirqs;
}

bool vcpu_is_down_in_job(const struct sidecar_vcpu *v)
{
	int up = vcpu_is_up(v);

	return up == 0 || (up < 0 && linux_has_run(v));
}

bool vcpu_has_job(const struct sidecar_vcpu *v)
{
	return vcpu_state_has_command(vcpu_state(v)) && v->command &&
	       vcpu_has_begun_job(v) &&
	       sysfs_state(v) != SIDECAR_LINUX_ONLINE &&
	       !vcpu_is_down_in_job(v);
}

static uint64_t slices(const struct sidecar_node *n, uint64_t *first)
{
	return slices_of(n->scratch_pa, n->scratch_bytes, n->nr_parked, first);
}

uint64_t vcpu_slice_bytes(const struct sidecar_vcpu *v)
{
	uint64_t first;

	return v->command ? slices(v->node, &first) : 0;
}

uint64_t vcpu_slice_offset(const struct sidecar_vcpu *v)
{
	uint64_t first, bytes = slices(v->node, &first);

	return first + bytes * v->pages;
}
