/* SPDX-License-Identifier: MIT */
/*
 * The commands that are no jobs, on every parked vCPU, and what the sidecar
 * makes of garbage on the pages that clients write.
 */
#include "abi/layout.h"
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"

#define NR_PINGS 10000u

const char *const register_names[SIDECAR_NR_REGS] = {
	"cr0",	"cr2",	   "cr3",     "cr4",	 "cr8",
	"xcr0", "efer",	   "dr0",     "dr1",	 "dr2",
	"dr3",	"dr6",	   "dr7",     "pat",	 "apic_base",
	"tsc",	"tsc_aux", "fs_base", "gs_base", "kernel_gs_base",
};

/* ---- PING ---------------------------------------------------------------- */

static bool ping(struct client *c)
{
	return client_run(c, SIDECAR_COMMAND_PING) &&
	       *c->status == SIDECAR_IDLE && !c->command->result &&
	       !c->command->command;
}

static void ping_all(void)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	uint32_t ok = 0, nr = 0;
	struct client c;

	for (uint32_t i = 0; i < h->nr_nodes; i++)
		for (uint32_t slot = 0; slot < SIDECAR_NODE_VCPUS; slot++) {
			if (!client_open(&c, i, slot))
				continue;
			nr++;
			ok += ping(&c);
		}
	say("ping.all=%u of %u", ok, nr);
}

static void ping_many(struct client *c)
{
	uint64_t before = c->command->nr_commands, begin = rdtsc();
	uint32_t ok = 0;

	while (ok < NR_PINGS && ping(c))
		ok++;
	say("ping.many=%u, counted %lu", ok, c->command->nr_commands - before);
	say("ping.ns=%lu",
	    (rdtsc() - begin) * 1000 / (xen.tsc_khz / 1000) / (ok ? ok : 1));
}

/* ---- GET, SET, TRANSLATE ------------------------------------------------- */

static uint64_t get(struct client *c, uint64_t reg)
{
	c->command->arg[0] = reg;
	client_run(c, SIDECAR_COMMAND_GET);
	return c->command->ret[0];
}

static void get_all(struct client *c)
{
	for (uint32_t i = 0; i < SIDECAR_NR_REGS; i++) {
		uint64_t value = get(c, i);

		say("get.%s=%u %#lx", register_names[i], c->command->result,
		    value);
	}
	get(c, SIDECAR_NR_REGS);
	client_say(c, "get", "none");
}

static void set(struct client *c, uint32_t reg, uint64_t value)
{
	c->command->arg[0] = reg;
	c->command->arg[1] = value;
	client_run(c, SIDECAR_COMMAND_SET);
	say("set.%s.%lx=%u%s", register_names[reg], value, c->command->result,
	    client_error(c));
}

static void set_some(struct client *c)
{
	set(c, SIDECAR_REG_DR3, 0x12345678);
	say("set.dr3.then=%#lx", get(c, SIDECAR_REG_DR3));
	set(c, SIDECAR_REG_DR3, 0);
	/* where the kernel is: its #DB gate would meet it again and again */
	set(c, SIDECAR_REG_DR0, 1);
	set(c, SIDECAR_REG_DR1, LAYOUT_IMAGE_VA);
	set(c, SIDECAR_REG_DR2, LAYOUT_KERNEL_END - 1);
	set(c, SIDECAR_REG_DR3, LAYOUT_KERNEL_END);
	set(c, SIDECAR_REG_DR3, 0);
	set(c, SIDECAR_REG_DR7, 1ull << 32);
	/* the kernel's own accesses, and what CR4.DE is missing for */
	set(c, SIDECAR_REG_DR7, 0x2400);
	set(c, SIDECAR_REG_DR7, 0x20400);
	say("set.dr7.then=%#lx", get(c, SIDECAR_REG_DR7));
	set(c, SIDECAR_REG_PAT, 0xff);
	set(c, SIDECAR_REG_CR3, 0);
}

static void translate(struct client *c, const char *name, uint64_t va)
{
	c->command->arg[0] = va;
	client_run(c, SIDECAR_COMMAND_TRANSLATE);
	say("translate.%s=%u +%#lx %#lx%s", name, c->command->result,
	    c->command->result ? 0 : c->command->ret[0] - c->control->carve_pa,
	    c->command->result ? 0 : (uint64_t)(c->command->ret[1] & ~PTE_PA),
	    client_error(c));
}

void commands_report(struct client *c)
{
	ping_all();
	ping_many(c);
	get_all(c);
	set_some(c);
	translate(c, "control", LAYOUT_CONTROL_VA + 0x123);
	translate(c, "image", LAYOUT_IMAGE_VA);
	translate(c, "table", LAYOUT_TABLES_VA);
	translate(c, "last_table",
		  LAYOUT_TABLES_VA + LAYOUT_PT * SIDECAR_PAGE_SIZE);
	translate(c, "stack", LAYOUT_VCPU_VA + LAYOUT_STACK_OFF);
	translate(c, "guard", LAYOUT_VCPU_VA);
	translate(c, "null", 0);
	translate(c, "noncanonical", 1ull << 47);
	translate(c, "high", UINT64_MAX);
}

/* ---- Garbage ------------------------------------------------------------- */

static void garbage(volatile void *p, size_t n)
{
	static uint64_t x = 88172645463325252ull; /* xorshift, any seed */
	volatile uint8_t *b = p;

	while (n--) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		*b++ = (uint8_t)x;
	}
}

/* Garbage for all of its page, then each command in turn. */
static void garbage_command(struct client *c)
{
	uint32_t idle = 0;

	for (uint32_t command = 0; command < 100; command++) {
		garbage(c->command, sizeof(*c->command));
		client_run(c, command % 10);
		idle += *c->status == SIDECAR_IDLE;
	}
	say("garbage.command=%u of 100 idle", idle);
	/* what SET may have left */
	set(c, SIDECAR_REG_DR7, 0x400);
	c->command->arg[0] = 0;
	client_run(c, 0xdeadbeef);
	client_say(c, "garbage", "unknown");
}

static void garbage_state(struct client *c, uint8_t state)
{
	c->command->command = SIDECAR_COMMAND_PING;
	store_release(c->status, state);
	client_wait(c, state);
	say("garbage.state.%x=%u%s", state, *c->status, client_error(c));
}

/* All but the states; the others of the node go on. */
static void garbage_control(void)
{
	struct client a, b;

	if (!client_open(&a, 0, 1) || !client_open(&b, 2, 1))
		return;
	garbage(a.control, 192);
	garbage(a.control->slot, SIDECAR_PAGE_SIZE - 256);
	say("garbage.control=%u", ping(&a));
	translate(&b, "other", LAYOUT_IMAGE_VA);
}

/* The last test: the vCPUs that it spoils are not used again. */
void garbage_report(void)
{
	struct client c;

	if (client_open(&c, 2, 1))
		garbage_command(&c);
	if (client_open(&c, 2, 2))
		garbage_state(&c, 0xa5);
	if (client_open(&c, 2, 3))
		garbage_state(&c, SIDECAR_REMOVE);
	garbage_control();
}
