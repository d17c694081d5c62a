/* SPDX-License-Identifier: MIT */
/*
 * A hostile neighbour: while a job runs, random bytes go to random places of
 * all that a client can write: control page, the vCPU's command page, its job,
 * shared memory; NMIs come in between. The vCPU must do as before once it is
 * started again, and nothing else may change: image, page tables, another vCPU.
 */
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"

#define PAGE	    4096u
#define SLICE	    (16 * PAGE)
#define NR_WRITES   64u
#define WRITE_BYTES 8u
#define CHECK_EVERY 16u

static struct garbage {
	struct client victim, witness;
	uint8_t control[PAGE]; /* as it was */
	uint64_t sum;
	uint32_t nr, nr_unsound;
	/* how the rounds left it */
	uint32_t nr_running, nr_ended, nr_given_up, nr_other;
} g;

/* ---- Writing it ---------------------------------------------------------- */

/* The states of other vCPUs are theirs. */
static bool is_mine(uint64_t offset)
{
	const uint64_t states = offsetof(struct sidecar_control, status);

	return offset < states || offset >= states + SIDECAR_NODE_VCPUS ||
	       offset == states + g.victim.slot;
}

static void write_control(void)
{
	volatile uint8_t *p = (volatile uint8_t *)g.victim.control;
	uint32_t offset = pick(PAGE);

	if (pick(4) == 0)
		offset = (uint32_t)((uintptr_t)g.victim.status - (uintptr_t)p);
	if (is_mine(offset))
		p[offset] = (uint8_t)(pick(2) ? pick(256) : pick(8));
}

static void write_bytes(void *to, uint32_t bytes)
{
	volatile uint8_t *p =
		(volatile uint8_t *)to + pick(bytes - WRITE_BYTES);

	for (uint32_t n = pick(WRITE_BYTES); n; n--)
		*p++ = (uint8_t)pick(256);
}

static void write_garbage(void)
{
	switch (pick(8)) {
	case 0:
	case 1:
		write_control();
		break;
	case 2:
	case 3:
	case 4:
		write_bytes(g.victim.command, PAGE);
		break;
	case 5:
	case 6:
		write_bytes(g.victim.scratch, SLICE);
		break;
	default:
		write_bytes(g.victim.shared, SLICE);
		break;
	}
}

/* The job gets time between them. */
static void disturb(void)
{
	for (uint32_t n = pick(NR_WRITES); n; n--) {
		write_garbage();
		if (!pick(4))
			xen_yield();
		if (!pick(16))
			client_nmi(&g.victim);
	}
	client_sleep_ms(pick(3));
}

/* ---- What must be as it was ---------------------------------------------- */

static void put_back_control(void)
{
	const uint64_t states = offsetof(struct sidecar_control, status);
	uint8_t *p = (uint8_t *)g.victim.control;

	for (uint64_t i = 0; i < PAGE; i++)
		if (i < states || i >= states + SIDECAR_NODE_VCPUS)
			p[i] = g.control[i];
}

/* Image, page tables, the witness's pages. */
static uint64_t sum_of_kernel(void)
{
	const struct sidecar_control *k = g.victim.control;
	const uint8_t *p = (const uint8_t *)k;
	uint64_t sum = sum_of(p + k->image_offset, k->image_size, 0);

	sum = sum_of_tables(&g.victim, sum);
	return sum_of(g.witness.command, k->vcpu_stride, sum);
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	g.nr_unsound++;
	say("garbage.unsound.%u=%s, state %u%s", g.nr, what, *g.victim.status,
	    client_error(&g.victim));
}

static void check_all(void)
{
	check(sum_of_kernel() == g.sum, "image, tables, the witness's pages");
	check(client_run(&g.witness, SIDECAR_COMMAND_PING) &&
		      !g.witness.command->result &&
		      *g.witness.status == SIDECAR_IDLE &&
		      client_settle(&g.witness),
	      "the witness");
	g.sum = sum_of_kernel();
}

/* ---- A round ------------------------------------------------------------- */

static void count_state(void)
{
	switch (load_acquire(g.victim.status)) {
	case SIDECAR_RUN:
		g.nr_running++;
		break;
	case SIDECAR_IDLE:
		g.nr_ended++;
		break;
	case SIDECAR_REMOVED:
		g.nr_given_up++;
		break;
	default:
		g.nr_other++;
		break;
	}
}

/* False: the vCPU is lost. */
static bool garbage_round(void)
{
	bool back;

	jobs_load_endless(&g.victim);
	if (!client_start(&g.victim))
		return false;
	disturb();
	count_state();
	put_back_control();
	back = client_restart(&g.victim);
	check(back, "the start after it");
	if (back)
		check(jobs_run_clean(&g.victim, SLICE), "the next job");
	return back;
}

static void report(void)
{
	say("garbage.rounds=%u", g.nr);
	say("garbage.unsound=%u", g.nr_unsound);
	say("garbage.running=%u", g.nr_running);
	say("garbage.ended=%u", g.nr_ended);
	say("garbage.given_up=%u", g.nr_given_up);
	say("garbage.other=%u", g.nr_other);
}

void garbage_while_it_runs(uint64_t nr, uint64_t seed)
{
	if (!client_open(&g.victim, 0, 1) || !client_open(&g.witness, 0, 2) ||
	    g.victim.control->shared_size < SLICE) {
		say("garbage=not the guest of the case jobs-garbage");
		return;
	}
	wrmsr(MSR_APIC_BASE,
	      rdmsr(MSR_APIC_BASE) | APIC_BASE_EN | APIC_BASE_EXTD);
	__builtin_memcpy(g.control, g.victim.control, PAGE);
	pick_seed("garbage", seed);
	g.sum = sum_of_kernel();
	check_all();
	for (; g.nr < nr && garbage_round(); g.nr++)
		if (g.nr % CHECK_EVERY == 0)
			check_all();
	check_all();
	report();
}
