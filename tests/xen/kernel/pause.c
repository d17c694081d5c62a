/* SPDX-License-Identifier: MIT */
/*
 * The test kernel stops for dom0: asleep in Xen until its console has an
 * answer, so that an emulated host, all of whose CPUs share a thread, has time
 * for others.
 */
#include "barrier.h"
#include "cpu.h"

#include "hypercall.h"
#include "kernel.h"
#include <xen/io/console.h>

#define PAUSE_S 60u
#define NAP_S	2u /* a lost event costs no more */

/* Xen puts its page in the place of this one. */
static uint8_t shared_page[4096] __attribute__((aligned(4096)));

static volatile struct shared_info *map_shared_info(void)
{
	static bool mapped;
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = (uintptr_t)shared_page >> 12,
	};

	mapped = mapped || !hypercall_memory_op(XENMEM_add_to_physmap, &a);
	return mapped ? (volatile void *)shared_page : NULL;
}

/* public/xen.h, vcpu_time_info: nanoseconds of Xen's time */
static uint64_t system_ns(const volatile struct shared_info *s)
{
	const volatile struct vcpu_time_info *t = &s->vcpu_info[0].time;
	uint64_t ticks, ns;
	uint32_t version;

	do {
		version = load_acquire(&t->version);
		ticks = rdtsc() - t->tsc_timestamp;
		ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift
					 : ticks << t->tsc_shift;
		ns = t->system_time + (uint64_t)((unsigned __int128)ticks *
							 t->tsc_to_system_mul >>
						 32);
		__asm__ volatile("" ::: "memory");
	} while (version & 1 || version != t->version);
	return ns;
}

/* Until the event channel @port has an event since it was last cleared. */
static void sleep_for(volatile struct shared_info *s, evtchn_port_t port)
{
	struct sched_poll p = {
		.nr_ports = 1,
		.timeout = system_ns(s) + NAP_S * 1000000000ull,
	};

	set_xen_guest_handle(p.ports, &port);
	hypercall_sched_op(SCHEDOP_poll, &p);
}

static void clear_event(volatile struct shared_info *s, evtchn_port_t port)
{
	__asm__ volatile("lock btr %1, %0"
			 : "+m"(s->evtchn_pending[port / 64])
			 : "r"((uint64_t)port % 64)
			 : "memory", "cc");
}

/* dom0's answer is a line `go`; no other input counts. */
static bool has_answer(volatile struct xencons_interface *r)
{
	static const char answer[] = "go\n";
	static uint32_t matched;
	bool found = false;

	while (r->in_cons != load_acquire(&r->in_prod)) {
		char c = r->in[r->in_cons++ % sizeof(r->in)];

		c = c == '\r' ? '\n' : c;
		matched = c == answer[matched] ? matched + 1 : c == answer[0];
		if (!answer[matched]) {
			matched = 0;
			found = true;
		}
	}
	return found;
}

static void wait_for_answer(uint32_t seconds)
{
	volatile struct shared_info *s = map_shared_info();
	uint64_t end = after_ms(seconds * 1000ull);
	volatile struct xencons_interface *r;
	uint64_t pfn, evtchn;
	evtchn_port_t port;

	if (!s || xen_hvm_param(HVM_PARAM_CONSOLE_PFN, &pfn) || !pfn ||
	    xen_hvm_param(HVM_PARAM_CONSOLE_EVTCHN, &evtchn) ||
	    evtchn >= sizeof(s->evtchn_pending) * 8) {
		say("pause=none");
		return;
	}
	r = (void *)(uintptr_t)(pfn << 12);
	port = (evtchn_port_t)evtchn;
	clear_event(s, port);
	while (!has_answer(r) && !is_over(end)) {
		sleep_for(s, port);
		clear_event(s, port);
	}
}

void pause_for_dom0(const char *where)
{
	say("%s", where);
	wait_for_answer(PAUSE_S);
}

void ask_dom0(const char *what, uint32_t seconds)
{
	say("ask %s", what);
	wait_for_answer(seconds);
}
