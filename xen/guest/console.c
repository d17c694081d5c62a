/* SPDX-License-Identifier: MIT */
/*
 * The PV console ring (public/io/console.h): the page and the event channel
 * that the toolstack made. Nothing is bound; Linux finds both as they were.
 */
#include <stdint.h>

#include <xen/io/console.h>

#include "barrier.h"
#include "cpu.h"
#include "hypercall.h"
#include "xen_guest.h"

#define WAIT_MS	 495u
#define LAST_MS	 5u
#define LINE_END '\n'

static struct xencons_interface *ring;
static evtchn_port_t port;
static uint64_t wait_left, last_left; /* TSC ticks */

long xen_console_init(const struct xen_info *x)
{
	uint64_t pfn, evtchn;
	long r = xen_hvm_param(HVM_PARAM_CONSOLE_PFN, &pfn);

	if (!r)
		r = xen_hvm_param(HVM_PARAM_CONSOLE_EVTCHN, &evtchn);
	if (r)
		return r;
	/* above 4 GiB it would not be mapped; libxl puts it below */
	if (!pfn || pfn >= 1u << 20 || !evtchn)
		return -XEN_ENODEV;
	wait_left = (uint64_t)x->tsc_khz * WAIT_MS;
	last_left = (uint64_t)x->tsc_khz * LAST_MS;
	port = (evtchn_port_t)evtchn;
	ring = (struct xencons_interface *)(pfn << 12);
	return 0;
}

static void console_notify(void)
{
	struct evtchn_send s = {.port = port};

	hypercall_event_channel_op(EVTCHNOP_send, &s);
}

/*
 * True once @n bytes fit; false when the 500 ms for the whole boot are used up.
 */
static bool wait_for_room(uint32_t n)
{
	uint64_t start = rdtsc(), waited = 0;

	while (ring->out_prod - load_acquire(&ring->out_cons) + n >
	       sizeof(ring->out)) {
		console_notify();
		xen_yield();
		waited = rdtsc() - start;
		if (waited >= wait_left) {
			wait_left = 0;
			return false;
		}
	}
	wait_left -= waited;
	return true;
}

static void ring_put(char c)
{
	uint32_t prod = ring->out_prod;

	ring->out[MASK_XENCONS_IDX(prod, ring->out)] = c;
	store_release(&ring->out_prod, prod + 1);
}

bool xen_console_write(const char *s, size_t n)
{
	/* a newline takes two bytes */
	if (!ring || n >= sizeof(ring->out) || !wait_for_room((uint32_t)n + 1))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == LINE_END)
			ring_put('\r');
		ring_put(s[i]);
	}
	console_notify();
	return true;
}

void xen_console_last(void)
{
	wait_left = last_left;
}
