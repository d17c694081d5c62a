/* SPDX-License-Identifier: MIT */
/*
 * Starts the parked vCPUs and waits for them. A carve is the shim's until the
 * first vCPU of its node starts; from then on only the status bytes of vCPUs
 * that never came are written here.
 */
#include "abi/sidecar.h"
#include "cpu.h"
#include "start.h"
#include "start_fill.h"
#include "status.h"

static struct xen_vcpu_start calls[TOPOLOGY_MAX_VCPUS];

/* ---- x2APIC ------------------------------------------------------------ */

/* Returns the APIC_BASE to be given back to x2apic_leave(). */
static uint64_t x2apic_enter(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (!(base & APIC_BASE_EXTD))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_EN | APIC_BASE_EXTD);
	return base;
}

/* x2APIC mode can be left only by disabling the APIC first. */
static void x2apic_leave(uint64_t base)
{
	if (base & APIC_BASE_EXTD)
		return;
	wrmsr(MSR_APIC_BASE, base & ~(uint64_t)(APIC_BASE_EN | APIC_BASE_EXTD));
	wrmsr(MSR_APIC_BASE, base);
}

static void x2apic_send(uint32_t apic_id, uint32_t what)
{
	/* WRMSR to the x2APIC is not serialising, SDM volume 3 10.12.3 */
	fence_all();
	wrmsr(MSR_X2APIC_ICR, (uint64_t)apic_id << 32 | what);
}

/* ---- Starting ---------------------------------------------------------- */

static void start_by_call(struct start *s)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < s->plan->nr_nodes; i++) {
		const struct plan_node *n = &s->plan->node[i];

		for (uint32_t slot = 0; slot < n->nr; slot++) {
			uint32_t id = s->plan->member[n->first + slot];

			if (!s->plan->parked[id] ||
			    xen_vcpu_needs_sipi(s->xen, id))
				continue;
			calls[nr++] = (struct xen_vcpu_start){
				.vcpu_id = id,
				.rip = start_entry_va(),
				.cr3 = start_tables_pa(n),
				.rdi = slot,
			};
		}
	}
	if (nr)
		xen_vcpu_start(calls, nr);
	for (uint32_t i = 0; i < nr; i++) {
		s->error[calls[i].vcpu_id] = calls[i].error;
		s->started[calls[i].vcpu_id] = !calls[i].error;
		s->nr_by_call += !calls[i].error;
	}
}

/*
 * One that Xen cannot start by hypercall: what is known of its version, or what
 * it answered, counts. A SIPI starts any vCPU that was never initialised.
 */
static bool wants_sipi(const struct start *s, uint32_t id)
{
	return s->plan->parked[id] &&
	       (xen_vcpu_needs_sipi(s->xen, id) || s->error[id] == -XEN_EINVAL);
}

static void start_by_sipi(struct start *s)
{
	uint64_t base = x2apic_enter();

	for (uint32_t id = 0; id < s->topology->nr_vcpus; id++) {
		if (!wants_sipi(s, id))
			continue;
		x2apic_send(s->topology->vcpu[id].apic_id,
			    ICR_STARTUP | ICR_ASSERT |
				    (uint32_t)(s->low_pa / PAGE_SIZE));
		s->error[id] = 0;
		s->started[id] = true;
		s->nr_by_sipi++;
	}
	x2apic_leave(base);
}

static bool any_wants_sipi(const struct start *s)
{
	for (uint32_t id = 0; id < s->topology->nr_vcpus; id++)
		if (wants_sipi(s, id))
			return true;
	return false;
}

/* Calls @f for each parked vCPU of the plan with its status byte. */
static void for_each_parked(struct start *s,
			    void (*f)(struct start *s, uint32_t id,
				      volatile uint8_t *status))
{
	for (uint32_t id = 0; id < s->topology->nr_vcpus; id++)
		if (s->plan->parked[id])
			f(s, id, s->status[id]);
}

static void remove_if_not_started(struct start *s, uint32_t id,
				  volatile uint8_t *status)
{
	if (!s->started[id])
		status_set(status, RUN, REMOVED, SHIM);
}

bool start_vcpus(struct start *s)
{
	for (uint32_t i = 0; i < s->plan->nr_nodes; i++)
		if (s->plan->node[i].nr_parked &&
		    !start_fill_node(s, &s->plan->node[i]))
			return false;
	if (!start_fill_low(s))
		return false;
	s->begin_tsc = rdtsc();
	start_by_call(s);
	s->call_tsc = rdtsc();
	if (any_wants_sipi(s))
		start_by_sipi(s);
	s->sipi_tsc = rdtsc();
	s->nr_started = s->nr_by_call + s->nr_by_sipi;
	for_each_parked(s, remove_if_not_started);
	return true;
}

/* ---- Waiting ----------------------------------------------------------- */

static uint32_t ids[TOPOLOGY_MAX_VCPUS];
static uint32_t nr_ids;
static uint32_t nr_waiting;

static void check_parked(struct start *s, uint32_t id, volatile uint8_t *status)
{
	uint8_t state = load_acquire(status);

	if (!s->started[id] || s->parked[id])
		return;
	if (state == SIDECAR_IDLE)
		ids[nr_ids++] = id;
	else if (state == SIDECAR_REMOVED)
		s->gave_up[id] = true;
	else
		nr_waiting++;
}

/*
 * A vCPU sets IDLE just before it goes DOWN: it is parked once both are seen.
 * False while one is missing.
 */
static bool check_all_parked(struct start *s)
{
	static long is_up[TOPOLOGY_MAX_VCPUS];

	nr_ids = nr_waiting = 0;
	for_each_parked(s, check_parked);
	if (nr_ids)
		xen_vcpu_is_up(ids, is_up, nr_ids);
	for (uint32_t i = 0; i < nr_ids; i++) {
		s->parked[ids[i]] = !is_up[i];
		s->nr_parked += !is_up[i];
		nr_waiting += !!is_up[i];
	}
	return !nr_waiting;
}

static void give_up_on(struct start *s, uint32_t id, volatile uint8_t *status)
{
	if (!s->started[id] || s->parked[id])
		return;
	/* after this it cannot park by itself, and INIT stops it */
	if (!status_swap(status, RUN, REMOVED, SHIM))
		status_swap(status, IDLE, REMOVED, SHIM);
	x2apic_send(s->topology->vcpu[id].apic_id, ICR_INIT | ICR_ASSERT);
}

/* Each vCPU records when it arrived; all share one TSC. */
static void note_last_entry(struct start *s, uint32_t id,
			    volatile uint8_t *status)
{
	uint64_t tsc = s->command[id]->entry_tsc;

	(void)status;
	if (s->started[id] && tsc > s->last_tsc && tsc < rdtsc())
		s->last_tsc = tsc;
}

void start_wait(struct start *s)
{
	uint64_t deadline =
		rdtsc() + (uint64_t)s->xen->tsc_khz * s->deadline_ms;
	uint64_t base;

	/* the TSC may be just below 2^64 */
	while (!check_all_parked(s) && (int64_t)(rdtsc() - deadline) < 0)
		xen_yield();
	for_each_parked(s, note_last_entry);
	if (s->nr_parked == s->nr_started)
		return;
	base = x2apic_enter();
	for_each_parked(s, give_up_on);
	x2apic_leave(base);
}

struct text start_error_text(const struct start *s, uint32_t vcpu_id)
{
	const struct sidecar_command *c = s->command[vcpu_id];
	uint32_t len = c->error_len;

	if (!s->gave_up[vcpu_id])
		return TEXT("");
	return (struct text){(const char *)c->error,
			     len < sizeof(c->error) ? len : sizeof(c->error)};
}

void start_undo(struct start *s)
{
	uint64_t base;

	if (!s->plan || !s->begin_tsc)
		return;
	/*
	 * regardless of Xen's answer: INIT does nothing to a vCPU that never
	 * ran
	 */
	base = x2apic_enter();
	for (uint32_t id = 0; id < s->topology->nr_vcpus; id++)
		if (s->plan->parked[id])
			x2apic_send(s->topology->vcpu[id].apic_id,
				    ICR_INIT | ICR_ASSERT);
	x2apic_leave(base);
	s->nr_started = s->nr_parked = 0;
}
