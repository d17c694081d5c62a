/* SPDX-License-Identifier: MIT */
/*
 * Doorbells in both directions: a job that waits is rung and notifies, by an
 * event channel of the guest with itself; events of others, wrong ports and
 * ports of another life of the domain.
 */
#include "abi/job.h"
#include "barrier.h"
#include "cpu.h"
#include "hypercall.h"
#include "kernel.h"

extern const uint8_t job_bell[], job_bell_end[];

#define SLICE	   (16 * 4096u)
#define ROUNDS	   100u
#define STORM	   200u /* events for other ports */
#define ANSWER_MS  3000u
#define SILENCE_MS 30u
#define NS_PER_MS  1000000ull

/* A channel: what is sent to `from` arrives at `to`. */
struct channel {
	uint32_t from, to;
};

static bool channel_open(struct channel *c)
{
	struct evtchn_alloc_unbound a = {.dom = DOMID_SELF,
					 .remote_dom = DOMID_SELF};
	struct evtchn_bind_interdomain b = {.remote_dom = DOMID_SELF};

	if (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &a))
		return false;
	b.remote_port = a.port;
	if (hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &b))
		return false;
	c->to = a.port;
	c->from = b.local_port;
	return true;
}

static uint32_t life(void)
{
	return SIDECAR_LIFE(cpuid(xen.base + 3, 0).edx,
			    cpuid(xen.base + 4, 0).ecx);
}

static void event_send(uint32_t port)
{
	struct evtchn_send s = {.port = port};

	hypercall_event_channel_op(EVTCHNOP_send, &s);
}

/* Whether an event has come to @port, and takes it. */
static bool event_take(volatile struct shared_info *info, uint32_t port)
{
	unsigned long bit = 1ul << port % 64;

	return __atomic_fetch_and(&info->evtchn_pending[port / 64], ~bit,
				  __ATOMIC_SEQ_CST) &
	       bit;
}

static bool event_wait(volatile struct shared_info *info, uint32_t port,
		       uint32_t ms)
{
	uint64_t end = after_ms(ms);

	while (!event_take(info, port)) {
		if (is_over(end))
			return false;
		xen_yield();
	}
	return true;
}

/* As libsidecar does; true if an NMI was sent. */
static bool ring(const struct client *c)
{
	__atomic_store_n(&c->command->rung, 1, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&c->command->waits, __ATOMIC_SEQ_CST))
		return false;
	client_nmi(c);
	return true;
}

static void load(struct client *c, uint64_t event, uint64_t ns, uint64_t rings)
{
	__builtin_memset(c->command->arg, 0, sizeof(c->command->arg));
	c->command->arg[1] = SLICE;
	c->command->arg[2] = ns;
	c->command->arg[3] = rings;
	c->command->nr_ranges = 0;
	c->command->event = event;
	c->command->rung = 0;
	__builtin_memcpy(c->scratch, job_bell,
			 (uintptr_t)job_bell_end - (uintptr_t)job_bell);
}

static bool wait_for_waits(const struct client *c)
{
	for (uint32_t i = 0; i < ANSWER_MS && !load_acquire(&c->command->waits);
	     i++)
		client_sleep_ms(1);
	return c->command->waits;
}

/* Its log, each ring and its end are told; none is lost. */
static void rounds(struct client *c, const struct channel *ch,
		   volatile struct shared_info *info)
{
	uint32_t told = 0, nmis = 0;

	load(c, SIDECAR_EVENT(ch->from, life()), 0, ROUNDS);
	event_take(info, ch->to);
	client_start(c);
	say("bell.log=%u", event_wait(info, ch->to, ANSWER_MS));
	say("bell.waits=%u", wait_for_waits(c));
	for (uint32_t i = 0; i < ROUNDS; i++) {
		nmis += ring(c);
		told += event_wait(info, ch->to, ANSWER_MS);
	}
	client_wait(c, SIDECAR_RUN);
	say("bell.rounds=%u told, NMIs %u", told, nmis > 0);
	client_say(c, "bell", "end");
	client_sleep_ms(SILENCE_MS);
	event_take(info, ch->to);
	client_run(c, SIDECAR_COMMAND_PING);
	say("bell.ping=%u", event_wait(info, ch->to, ANSWER_MS));
}

/* Events of others do not wake it; how often it slept is counted. */
static void storm(struct client *c, const struct channel *other,
		  volatile struct shared_info *info, uint64_t event,
		  const char *name)
{
	uint64_t before;

	load(c, event, 0, 0);
	client_start(c);
	wait_for_waits(c);
	client_sleep_ms(SILENCE_MS);
	before = c->command->nr_waits;
	for (uint32_t i = 0; i < STORM; i++) {
		event_send(other->from);
		xen_yield();
		event_take(info, other->to);
	}
	client_sleep_ms(SILENCE_MS);
	say("bell.%s.woken=%u", name, c->command->nr_waits != before);
	say("bell.%s.stop=%u", name, client_stop(c) != 0);
	client_say(c, "bell", name);
}

/* A port of another life, and a port that is not there: no event, no harm. */
static void strangers(struct client *c, const struct channel *ch,
		      volatile struct shared_info *info)
{
	event_take(info, ch->to);
	load(c, SIDECAR_EVENT(ch->from, life() + 1), NS_PER_MS, 0);
	client_start(c);
	client_sleep_ms(SILENCE_MS);
	client_stop(c);
	say("bell.other_life=%u", event_take(info, ch->to));
	load(c, SIDECAR_EVENT(4000, life()), 20 * NS_PER_MS, 0);
	client_start(c);
	client_sleep_ms(3 * SILENCE_MS);
	client_stop(c);
	say("bell.no_port=state %u result %u waits %u early %u", *c->status,
	    c->command->result, c->command->ret[1] > 0,
	    c->command->ret[2] < 10ull * xen.tsc_khz);
}

void bell_report(struct client *c)
{
	struct xen_add_to_physmap map = {.domid = DOMID_SELF,
					 .space = XENMAPSPACE_shared_info};
	static uint8_t page[4096] __attribute__((aligned(4096)));
	volatile struct shared_info *info = (void *)page;
	struct channel ch, other;

	map.gpfn = (uint64_t)(uintptr_t)page / 4096;
	if (hypercall_memory_op(XENMEM_add_to_physmap, &map) ||
	    !channel_open(&ch) || !channel_open(&other)) {
		say("bell=no event channels");
		return;
	}
	/* Xen marks it pending when it is bound: a poll of it would not sleep
	 */
	event_take(info, ch.from);
	rounds(c, &ch, info);
	storm(c, &other, info, SIDECAR_EVENT(ch.from, life()), "quiet");
	storm(c, &other, info, 0, "no_event");
	strangers(c, &ch, info);
}
