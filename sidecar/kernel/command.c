/* SPDX-License-Identifier: MIT */
/*
 * The commands of a parked vCPU. The client wrote the command page before it
 * made the state RUN; until the state is IDLE again the page is the vCPU's.
 */
#include "cpu.h"
#include "kernel.h"

static uint32_t command_stats(struct sidecar_command *c)
{
	c->ret[0] = rdtsc();
	c->ret[1] = c->nr_commands;
	c->ret[2] = c->nr_jobs;
	c->ret[3] = c->nr_faults;
	c->ret[4] = c->nr_wakes;
	return SIDECAR_RESULT_OK;
}

void command_run(struct vcpu *v)
{
	struct sidecar_command *c = v->command;
	uint32_t command = c->command;

	error_clear(v);
	c->nr_commands++;
	switch (command) {
	case SIDECAR_COMMAND_PING:
		c->result = SIDECAR_RESULT_OK;
		break;
	case SIDECAR_COMMAND_STATS:
		c->result = command_stats(c);
		break;
	case SIDECAR_COMMAND_GET:
		c->result = access_get(v);
		break;
	case SIDECAR_COMMAND_SET:
		c->result = access_set(v);
		break;
	case SIDECAR_COMMAND_TRANSLATE:
		c->result = translate(v);
		break;
	case SIDECAR_COMMAND_RUN:
		c->result = job_run(v);
		break;
	default:
		error_hex(v, "unknown command ", command);
		c->result = SIDECAR_RESULT_UNKNOWN;
		break;
	}
	c->command = SIDECAR_COMMAND_NONE;
}

/* The page may hold anything at first, and old results after Linux. */
void command_page_clear(struct vcpu *v)
{
	uint64_t *p = (uint64_t *)v->command;

	for (uint32_t i = 0; i < sizeof(*v->command) / sizeof(*p); i++)
		p[i] = 0;
	v->command->entry_tsc = rdtsc();
}
