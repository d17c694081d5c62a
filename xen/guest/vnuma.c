/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_get_vnumainfo (public/memory.h): called with zero counts first, Xen
 * returns the counts; called again while it reports that they changed.
 */
#include "hypercall.h"
#include "xen_guest.h"

_Static_assert(sizeof(struct topology_vmemrange) == sizeof(xen_vmemrange_t),
	       "vmemrange");

#define TRIES 16

static long vnuma_ask(struct xen_vnuma *v)
{
	struct xen_vnuma_topology_info info = {
		.domid = DOMID_SELF,
		.nr_vnodes = v->nr_vnodes,
		.nr_vcpus = v->nr_vcpus,
		.nr_vmemranges = v->nr_ranges,
	};
	long r;

	set_xen_guest_handle(info.vdistance.h, v->vdistance);
	set_xen_guest_handle(info.vcpu_to_vnode.h, v->vcpu_to_vnode);
	set_xen_guest_handle(info.vmemrange.h, (xen_vmemrange_t *)v->vmemrange);
	r = hypercall_memory_op(XENMEM_get_vnumainfo, &info);
	v->nr_vnodes = info.nr_vnodes;
	v->nr_vcpus = info.nr_vcpus;
	v->nr_ranges = info.nr_vmemranges;
	return r;
}

static bool vnuma_fits(const struct xen_vnuma *v)
{
	return v->nr_vnodes <= XEN_VNUMA_MAX_VNODES &&
	       v->nr_vcpus <= XEN_VNUMA_MAX_VCPUS &&
	       v->nr_ranges <= TOPOLOGY_MAX_RANGES;
}

long xen_vnuma_get(struct xen_vnuma *v)
{
	long r = -XEN_EAGAIN;

	v->nr_vnodes = v->nr_vcpus = v->nr_ranges = 0;
	for (int i = 0; i < TRIES; i++) {
		r = vnuma_ask(v);
		if (r != -XEN_ENOBUFS && r != -XEN_EAGAIN)
			break;
		if (r == -XEN_ENOBUFS && !vnuma_fits(v))
			break;
	}
	return r;
}
