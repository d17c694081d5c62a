/* SPDX-License-Identifier: MIT */
/* The vCPUs of the fake sidecar, and what they answer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "abi/job.h"
#include "clock.h"
#include "sidecar.h"

const uint32_t order[NR] = {0, 4, 1, 2, 3, 5, 6, 7};

struct sidecar *s;
struct wake_calls waker;
uint32_t timeout_ms;
struct backend *backend;
struct scar scar;
struct madt madt;
struct hw hw;

/* ---- Tables and pages --------------------------------------------------- */

void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

void put_cpu(uint32_t cpu, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "cpu/cpu%u/%s", cpu, name);
	put_text(path, text);
}

void put_acpi_path(uint32_t cpu, uint32_t vcpu_id)
{
	char text[32];

	snprintf(text, sizeof(text), "\\_SB_.PR%02X\n", vcpu_id);
	put_cpu(cpu, "firmware_node/path", text);
}

static void checksum(void *p, size_t n, uint8_t *sum)
{
	uint8_t all = 0;

	*sum = 0;
	for (size_t i = 0; i < n; i++)
		all = (uint8_t)(all + ((uint8_t *)p)[i]);
	*sum = (uint8_t)-all;
}

void put_scar(size_t n)
{
	checksum(&scar, n, &scar.h.checksum);
	put("tables/SCAR", &scar, n);
}

void put_madt(void)
{
	checksum(&madt, sizeof(madt), &madt.h.h.checksum);
	put("tables/APIC", &madt, sizeof(madt));
}

struct sidecar_control *control(uint32_t node)
{
	return (struct sidecar_control *)(mem + CARVE(node));
}

struct sidecar_command *command(uint32_t vcpu_id)
{
	return (struct sidecar_command *)(mem + CARVE(vcpu_id / 4) + VCPU_OFF +
					  (vcpu_id % 4 - 1) * 0x3000);
}

volatile uint8_t *status(uint32_t vcpu_id)
{
	return &control(vcpu_id / 4)->status[vcpu_id % 4];
}

uint8_t *scratch(uint32_t vcpu_id)
{
	return mem + CARVE(vcpu_id / 4) + SCRATCH;
}

/* ---- The good tree ------------------------------------------------------ */

void good_scar(void)
{
	memset(&scar, 0, sizeof(scar));
	memcpy(scar.h.signature, SCAR_SIGNATURE, 4);
	scar.h.length = sizeof(scar);
	scar.h.abi_version = SIDECAR_ABI_VERSION;
	scar.h.log_pa = LOG_PA;
	scar.h.log_size = 0x4000;
	scar.h.low_pa = LOW_PA;
	scar.h.low_size = 0x4000;
	scar.h.nr_nodes = 2;
	scar.h.node_size = sizeof(struct scar_node);
	for (uint32_t i = 0; i < 2; i++)
		scar.n[i] = (struct scar_node){CARVE(i), CARVE_SZ, i, i, i, 4};
	put_scar(sizeof(scar));
}

void good_madt(void)
{
	memset(&madt, 0, sizeof(madt));
	memcpy(madt.h.h.signature, "APIC", 4);
	madt.h.h.length = sizeof(madt);
	for (uint32_t i = 0; i < NR; i++)
		madt.cpu[i] = (struct acpi_madt_lapic){
			ACPI_MADT_LAPIC, sizeof(madt.cpu[i]), (uint8_t)order[i],
			(uint8_t)(2 * order[i]), ACPI_MADT_ENABLED};
	put_madt();
}

void good_control(uint32_t node)
{
	struct sidecar_control *c = control(node);

	memset(c, 0, sizeof(*c));
	c->magic = SIDECAR_CONTROL_MAGIC;
	c->abi_version = SIDECAR_ABI_VERSION;
	c->node = c->vnode = node;
	c->nr_slots = 4;
	c->nr_parked = 3;
	c->carve_pa = CARVE(node);
	c->carve_size = CARVE_SZ;
	c->vcpu_offset = VCPU_OFF;
	c->vcpu_stride = 0x3000;
	c->scratch_offset = SCRATCH;
	c->scratch_size = SCRATCH;
	c->low_pa = LOW_PA;
	for (uint16_t i = 0; i < 4; i++) {
		c->slot[i].vcpu_id = node * 4 + i;
		c->slot[i].apic_id = 2 * (node * 4 + i);
		c->slot[i].pages =
			i ? (uint16_t)(i - 1) : SIDECAR_SLOT_NO_PAGES;
		c->status[i] = i ? SIDECAR_IDLE : SIDECAR_REMOVED;
	}
}

void good_cpus(void)
{
	for (uint32_t i = 0; i < NR; i++) {
		put_cpu(i, "online", i < 2 ? "1\n" : "0\n");
		put_cpu(i, "hotplug/state", i < 2 ? "238\n" : "0\n");
		put_cpu(i, "hotplug/fail", "-1\n");
		put_acpi_path(i, order[i]);
	}
	put_text("cpuinfo", "processor\t: 0\ninitial apicid\t: 77\n"
			    "apicid\t\t: 0\n\nprocessor\t: 1\napicid\t\t: 8\n");
}

/* ---- vCPUs -------------------------------------------------------------- */

void fake_log(uint32_t id, const char *text, size_t n)
{
	struct sidecar_command *c = command(id);

	c->log_writing += (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		c->log[c->log_head++ % SIDECAR_LOG_SIZE] = text[i];
}

static void end(uint32_t id, uint32_t result, const char *text)
{
	struct sidecar_command *c = command(id);

	c->result = result;
	c->error_len = (uint32_t)strlen(text);
	memcpy(c->error, text, c->error_len);
	c->job_state = SIDECAR_JOB_ENDED;
	c->command = SIDECAR_COMMAND_NONE;
	hw.up[id] = false;
	*status(id) = SIDECAR_IDLE;
}

void fake_job_end(uint32_t id, uint32_t result)
{
	end(id, result, result ? "job: ended" : "");
}

static void start_job(uint32_t id)
{
	struct sidecar_command *c = command(id);

	c->nr_commands++;
	if (hw.job == FAKE_JOB_REFUSED) {
		end(id, SIDECAR_RESULT_REFUSED, "RUN: no");
		return;
	}
	c->nr_jobs++;
	c->job_state = SIDECAR_JOB_RUNNING;
	c->ret[0] = c->arg[2] + 1;
	hw.up[id] = true;
	if (hw.at_job_start)
		hw.at_job_start(id);
	if (hw.job == FAKE_JOB_RUNS)
		return;
	fake_log(id, "hello\n\033bye", 10);
	if (hw.job == FAKE_JOB_ENDS)
		end(id, SIDECAR_RESULT_OK, "");
}

static void answer(uint32_t id)
{
	struct sidecar_command *c = command(id);

	c->nr_commands++;
	if (hw.mute) {
		*status(id) = SIDECAR_IDLE;
		return;
	}
	if (hw.no_register && c->command == SIDECAR_COMMAND_GET &&
	    c->arg[0] == SIDECAR_REG_DR0) {
		end(id, SIDECAR_RESULT_FAULT, "access faulted");
		return;
	}
	c->result = SIDECAR_RESULT_OK;
	c->error_len = 0;
	c->command = SIDECAR_COMMAND_NONE;
	for (uint32_t i = 0; i < 5; i++)
		c->ret[i] = id * 100 + i;
	if (hw.text) {
		c->result = SIDECAR_RESULT_UNKNOWN;
		c->error_len = 0xffffffff;
		memset(c->error, 7, sizeof(c->error));
		memcpy(c->error, hw.text, strlen(hw.text));
	}
	*status(id) = (uint8_t)(hw.fault ? SIDECAR_REMOVED : SIDECAR_IDLE);
}

static void hear(uint32_t id)
{
	uint8_t now = *status(id);

	if (hw.deaf[id] || hw.up[id])
		return;
	if (hw.lost) {
		hw.lost--;
		return;
	}
	if ((now == SIDECAR_RUN || now == SIDECAR_STOP) &&
	    command(id)->command == SIDECAR_COMMAND_RUN)
		start_job(id);
	else if (now == SIDECAR_RUN)
		answer(id);
	else if (now == SIDECAR_REMOVE)
		*status(id) = SIDECAR_REMOVED;
}

/* The first one with STOP asks the job to end, one after its time ends it. */
static void hear_nmi(uint32_t id)
{
	struct sidecar_command *c = command(id);

	hw.nr_nmi++;
	if (hw.forgets)
		c->job_state = SIDECAR_JOB_NONE;
	if (!hw.up[id])
		hear(id);
	else if (*status(id) != SIDECAR_STOP || hw.numb[id])
		return;
	else if (c->job_state == SIDECAR_JOB_RUNNING) {
		c->job_state = SIDECAR_JOB_STOPPING;
		hw.stop_ns[id] = clock_ns();
	} else if (clock_ns() - hw.stop_ns[id] >=
		   JOB_GRACE_MS * UINT64_C(1000000))
		end(id, SIDECAR_RESULT_STOPPED, "job: stopped");
}

/* A new start does not look for a command. */
static void start(uint32_t id)
{
	memset(command(id), 0, sizeof(*command(id)));
	command(id)->entry_tsc = ++hw.nr_starts;
	if (!hw.dead[id] && *status(id) == SIDECAR_RUN)
		*status(id) = SIDECAR_IDLE;
}

/* VCPUOP_send_nmi wakes nobody. */
static int fake_nmi(void *ctx, uint32_t id)
{
	(void)ctx;
	assert_true(id < NR && hw.up[id]);
	hear_nmi(id);
	return 0;
}

static int fake_up(void *ctx, uint32_t id)
{
	(void)ctx;
	assert_true(id < NR);
	hw.nr_up++;
	if (hw.slow_ms && !hw.wakes_ns[id])
		hw.wakes_ns[id] = clock_ns() + hw.slow_ms * UINT64_C(1000000);
	else if (!hw.error && !hw.slow_ms)
		hear(id);
	return hw.error;
}

/* Woken, but no CPU of the host has been free for it; or it is free now. */
static bool waits_for_host(uint32_t id)
{
	if (!hw.wakes_ns[id])
		return false;
	if (clock_ns() < hw.wakes_ns[id])
		return true;
	hw.wakes_ns[id] = 0;
	hear(id);
	return false;
}

static int fake_is_up(void *ctx, uint32_t id)
{
	(void)ctx;
	assert_true(id < NR);
	return waits_for_host(id) || hw.up[id] || hw.lost;
}

static int fake_icr(void *ctx, uint64_t value)
{
	uint32_t id = (uint32_t)(value >> 32) / 2;

	(void)ctx;
	assert_true(id < NR);
	for (uint32_t i = 0; i < NR; i++)
		if (order[i] == id) {
			assert_int_equal(cpu_online(i), 0);
			hw.nr_open += !cpu_refuses(i);
		}
	if (hw.nr_sent < 8)
		hw.sent[hw.nr_sent++] = value;
	for (uint32_t i = 0; i < NR; i++)
		if (order[i] == id && (value & 0xffff) == hw.taken)
			put_cpu(i, "online", "1\n");
	switch (value & 0xff00) {
	case 0x4400:
		hear_nmi(id);
		return 0;
	case 0x4500:
		if (hw.at_init)
			hw.at_init(id);
		hw.nr_open += *status(id) != SIDECAR_REMOVED;
		hw.deaf[id] = hw.dead[id];
		hw.up[id] = false;
		return 0;
	case 0x4600:
		assert_int_equal(value & 0xff, LOW_PA >> 12);
		hw.job_at_start = command(id)->job_state;
		start(id);
		return 0;
	default:
		fail();
		return -EINVAL;
	}
}

void both_ways(void)
{
	waker = (struct wake_calls){
		.up = fake_up,
		.is_up = fake_is_up,
		.nmi = fake_nmi,
		.icr = fake_icr,
	};
}

enum sidecar_error open_other(struct sidecar **other)
{
	const struct open_places places = {
		.paths = &paths, .calls = &waker, .backend = backend};
	enum sidecar_error e = open_at(&places, other);

	if (*other)
		sidecar_set_timeout(*other, timeout_ms);
	return e;
}

enum sidecar_error open_again(void)
{
	sidecar_close(s);
	return open_other(&s);
}

struct sidecar_vcpu *cpu_of(struct sidecar *handle, uint32_t linux_cpu)
{
	struct sidecar_vcpu *v;

	assert_int_equal(sidecar_find_cpu(handle, linux_cpu, &v), SIDECAR_OK);
	return v;
}

struct sidecar_vcpu *cpu(uint32_t linux_cpu)
{
	return cpu_of(s, linux_cpu);
}

const char *detail_of(const struct sidecar *handle)
{
	static char text[SIDECAR_DETAIL_SIZE];

	sidecar_get_detail(handle, text, sizeof(text));
	return text;
}

enum sidecar_error ping_cpu(uint32_t linux_cpu)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	return sidecar_vcpu_command(cpu(linux_cpu), SIDECAR_COMMAND_PING, NULL,
				    0, &a);
}

/* ---- Set-up ------------------------------------------------------------- */

int fake_setup(void **state)
{
	(void)state;
	memset(mem, 0, MEM_SIZE);
	memset(&hw, 0, sizeof(hw));
	good_scar();
	good_madt();
	good_cpus();
	good_control(0);
	good_control(1);
	both_ways();
	timeout_ms = TIMEOUT_MS;
	backend = NULL;
	s = NULL;
	return 0;
}

int fake_teardown(void **state)
{
	(void)state;
	sidecar_close(s);
	assert_int_equal(hw.nr_open, 0);
	for (uint32_t i = 0; i < NR; i++)
		assert_false(cpu_refuses(i));
	return 0;
}
