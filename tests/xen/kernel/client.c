/* SPDX-License-Identifier: MIT */
/*
 * The least that a client of the sidecar does: the same pages and hypercalls
 * as libsidecar, without a Linux around it.
 */
#include "abi/layout.h"
#include "barrier.h"
#include "cpu.h"
#include "hypercall.h"
#include "kernel.h"

#define ANSWER_S 10u
#define NMI_MS	 20u
#define NMI_MAX	 50u

static long vcpu_op(uint32_t op, uint32_t vcpu_id)
{
	return hypercall3(__HYPERVISOR_vcpu_op, op, vcpu_id, 0);
}

void client_sleep_ms(uint32_t ms)
{
	uint64_t end = after_ms(ms);

	while (!is_over(end))
		xen_yield();
}

bool client_open(struct client *c, uint32_t node, uint32_t slot)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	const struct scar_node *n = (const void *)(h + 1);
	uint8_t *p;

	if (!h || node >= h->nr_nodes || slot >= n[node].nr_vcpus)
		return false;
	p = paging_map(n[node].carve_pa, n[node].carve_size);
	c->control = (struct sidecar_control *)p;
	c->slot = slot;
	c->vcpu_id = c->control->slot[slot].vcpu_id;
	c->status = &c->control->status[slot];
	c->scratch = p + c->control->scratch_offset;
	c->shared = p + c->control->shared_offset;
	c->command =
		(struct sidecar_command *)(p + c->control->vcpu_offset +
					   c->control->slot[slot].pages *
						   c->control->vcpu_stride);
	return c->control->slot[slot].pages != SIDECAR_SLOT_NO_PAGES;
}

void client_name_ranges(struct client *c, bool all)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	const struct scar_node *n = (const void *)(h + 1);
	uint32_t nr = 0;

	for (uint32_t i = 0; i < h->nr_nodes; i++) {
		const struct sidecar_control *k =
			paging_map(n[i].carve_pa, n[i].carve_size);

		if (!k->shared_size || !(all || k->node == c->control->node))
			continue;
		c->command->range[nr].pa = k->carve_pa + k->shared_offset;
		c->command->range[nr++].bytes = k->shared_size;
	}
	c->command->nr_ranges = nr;
}

bool client_wait_ms(struct client *c, uint8_t state, uint32_t ms)
{
	uint64_t end = after_ms(ms);

	while (load_acquire(c->status) == state) {
		if (is_over(end))
			return false;
		vcpu_op(VCPUOP_up, c->vcpu_id);
		xen_yield();
	}
	return true;
}

bool client_wait(struct client *c, uint8_t state)
{
	return client_wait_ms(c, state, ANSWER_S * 1000);
}

bool client_start(struct client *c)
{
	uint64_t end = after_ms(ANSWER_S * 1000);

	c->command->command = SIDECAR_COMMAND_RUN;
	c->command->job_state = SIDECAR_JOB_NONE;
	store_release(c->status, SIDECAR_RUN);
	while (load_acquire(&c->command->job_state) == SIDECAR_JOB_NONE) {
		if (is_over(end))
			return false;
		vcpu_op(VCPUOP_up, c->vcpu_id);
		xen_yield();
	}
	return true;
}

bool client_run(struct client *c, uint32_t command)
{
	c->command->command = command;
	store_release(c->status, SIDECAR_RUN);
	return client_wait(c, SIDECAR_RUN);
}

void client_send(const struct client *c, uint32_t what)
{
	uint64_t id = c->control->slot[c->slot].apic_id;

	fence_all();
	wrmsr(MSR_X2APIC_ICR, id << 32 | what);
}

bool client_restart(struct client *c)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);

	client_send(c, ICR_INIT | ICR_ASSERT);
	__builtin_memset(c->command, 0, sizeof(*c->command));
	store_release(c->status, SIDECAR_RUN);
	client_send(c, ICR_STARTUP | ICR_ASSERT |
			       (uint32_t)(h->low_pa / SIDECAR_PAGE_SIZE));
	return client_wait(c, SIDECAR_RUN) && *c->status == SIDECAR_IDLE;
}

bool client_settle(const struct client *c)
{
	uint64_t end = after_ms(ANSWER_S * 1000);

	while (vcpu_op(VCPUOP_is_up, c->vcpu_id)) {
		if (is_over(end))
			return false;
		xen_yield();
	}
	return true;
}

void client_nmi(const struct client *c)
{
	vcpu_op(VCPUOP_send_nmi, c->vcpu_id);
}

uint32_t client_stop(struct client *c)
{
	uint32_t nr = 0;

	swap_if(c->status, SIDECAR_RUN, SIDECAR_STOP);
	while (load_acquire(c->status) == SIDECAR_STOP) {
		uint64_t end = after_ms(NMI_MS);

		if (nr++ == NMI_MAX)
			return 0;
		client_nmi(c);
		while (load_acquire(c->status) == SIDECAR_STOP && !is_over(end))
			xen_yield();
	}
	return nr;
}

const char *client_error(const struct client *c)
{
	static char text[sizeof(c->command->error) + 2];
	uint32_t n = c->command->error_len;

	if (n > sizeof(c->command->error))
		n = sizeof(c->command->error);
	text[0] = n ? ' ' : 0;
	__builtin_memcpy(text + 1, c->command->error, n);
	text[n + 1] = 0;
	return text;
}

void client_say(const struct client *c, const char *key, const char *name)
{
	const struct sidecar_command *p = c->command;

	say("%s.%s=state %u result %u ret %#lx %#lx %#lx %#lx%s", key, name,
	    *c->status, p->result, p->ret[0], p->ret[1], p->ret[2], p->ret[3],
	    client_error(c));
}

uint64_t sum_of(const void *p, uint64_t bytes, uint64_t sum)
{
	const uint64_t *w = p;

	for (uint64_t i = 0; i < bytes / sizeof(*w); i++)
		sum = (sum << 1 | sum >> 63) ^ w[i];
	return sum;
}

uint64_t sum_of_entries(const uint64_t *e, uint64_t nr, uint64_t sum)
{
	const uint64_t cpu = 0x60; /* accessed, dirty: SDM volume 3 4.8 */

	for (uint64_t i = 0; i < nr; i++)
		sum = (sum << 1 | sum >> 63) ^ (e[i] & ~cpu);
	return sum;
}

uint64_t sum_of_tables(const struct client *c, uint64_t sum)
{
	const struct sidecar_control *k = c->control;
	const uint64_t *e =
		(const void *)((const uint8_t *)k + k->tables_offset);
	uint64_t window = LAYOUT_PT * SIDECAR_PAGE_SIZE / sizeof(*e) +
			  LAYOUT_WINDOW_VA / SIDECAR_PAGE_SIZE +
			  k->slot[c->slot].pages;

	sum = sum_of_entries(e, window, sum);
	return sum_of_entries(e + window + 1,
			      k->tables_size / sizeof(*e) - window - 1, sum);
}

static uint64_t picked;

uint64_t pick_seed(const char *key, uint64_t seed)
{
	picked = seed ? seed : rdtsc() | 1;
	say("%s.seed=%lu", key, picked);
	return picked;
}

/* xorshift64: Marsaglia, Xorshift RNGs, 2003 */
uint64_t pick_any(void)
{
	picked ^= picked << 13;
	picked ^= picked >> 7;
	picked ^= picked << 17;
	return picked;
}

/* Spread by the golden ratio, as xorshift keeps near states near for a while.
 */
void pick_from(uint64_t seed)
{
	picked = seed * 0x9e3779b97f4a7c15 | 1;
	for (uint32_t i = 0; i < 4; i++)
		pick_any();
}

uint32_t pick(uint32_t n)
{
	return (uint32_t)((pick_any() >> 32) % n);
}
