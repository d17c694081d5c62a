// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Events: a channel of the guest with itself for each vCPU. The vCPU sends to
 * one end when its command is done, its job logs or notifies; the other end is
 * an interrupt of Linux. An event only says when to look.
 */
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <asm/processor.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <xen/events.h>
#include <xen/xen.h>

#include "driver.h"

/* Interrupts a tick, of a job that notifies without end. */
#define BURST 16

/* A port of another life of the domain is somebody else's: docs/sidecar.md */
static u32 life_now(void)
{
	u32 base = xen_cpuid_base(), eax, ebx, domain, nr_restores, edx;

	cpuid_count(base + 3, 0, &eax, &ebx, &domain, &nr_restores);
	cpuid(base + 4, &eax, &ebx, &domain, &edx);
	return SIDECAR_LIFE(nr_restores, domain);
}

static void channel_eoi(struct work_struct *w)
{
	struct scd_vcpu *v = container_of(w, struct scd_vcpu, eoi.work);

	xen_irq_lateeoi(v->irq, 0);
}

static bool is_burst(struct scd_vcpu *v)
{
	if (time_after(jiffies, v->burst_jiffies)) {
		v->burst_jiffies = jiffies;
		v->burst = 0;
	}
	return ++v->burst > BURST;
}

/* A file that goes is freed later: scd_claim_release(). */
void scd_tell(struct scd_vcpu *v)
{
	struct scd_file *f;

	wake_up(&v->wait);
	rcu_read_lock();
	f = rcu_dereference(v->file);
	if (f)
		wake_up(&f->wait);
	rcu_read_unlock();
}

static irqreturn_t channel_irq(int irq, void *data)
{
	struct scd_vcpu *v = data;

	atomic_inc(&v->nr_events);
	if (!READ_ONCE(v->end_ns) && !scd_has_command(v))
		WRITE_ONCE(v->end_ns, ktime_get_ns());
	scd_tell(v);
	if (!is_burst(v))
		xen_irq_lateeoi(irq, 0);
	else if (!READ_ONCE(v->closing))
		schedule_delayed_work(&v->eoi, 1);
	return IRQ_HANDLED;
}

static void close_port(evtchn_port_t port)
{
	struct evtchn_close close = {.port = port};

	if (port)
		HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

static int bind_ports(struct scd_vcpu *v)
{
	struct evtchn_alloc_unbound a = {.dom = DOMID_SELF,
					 .remote_dom = DOMID_SELF};
	struct evtchn_bind_interdomain b = {.remote_dom = DOMID_SELF};
	int r = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &a);

	if (r)
		return r;
	b.remote_port = a.port;
	r = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &b);
	if (r) {
		close_port(a.port);
		return r;
	}
	/*
	 * Xen marks the end that is bound last as pending: it has to be the one
	 * that Linux handles. A waiting job polls the other.
	 */
	v->port = b.local_port;
	v->send_port = a.port;
	return 0;
}

int scd_channel_open(struct scd_vcpu *v)
{
	int r = bind_ports(v);

	if (r)
		return r;
	INIT_DELAYED_WORK(&v->eoi, channel_eoi);
	v->burst_jiffies = jiffies;
	v->closing = false;
	r = bind_evtchn_to_irqhandler_lateeoi(v->port, channel_irq, 0,
					      "xen-sidecar", v);
	/* it may have closed its port, which may be another's already */
	if (r < 0) {
		close_port(v->send_port);
		v->send_port = 0;
		return r;
	}
	v->irq = r;
	v->event = SIDECAR_EVENT(v->send_port, life_now());
	return 0;
}

/* After a restore the ports are gone, and the numbers may be others' ports. */
void scd_channel_close(struct scd_vcpu *v)
{
	if (!v->irq)
		return;
	/* nothing may acknowledge a number that is another's by then */
	WRITE_ONCE(v->closing, true);
	synchronize_irq(v->irq);
	cancel_delayed_work_sync(&v->eoi);
	unbind_from_irqhandler(v->irq, v);
	if (SIDECAR_EVENT_LIFE(v->event) == life_now())
		close_port(v->send_port);
	v->irq = 0;
	v->send_port = 0;
	v->event = 0;
}
