/* SPDX-License-Identifier: MIT */
/*
 * The guest's topology from what Xen answered to XENMEM_get_vnumainfo
 * (topology_xen.c), or from the shim's command line (topology_text.c), checked.
 * Pure.
 */
#ifndef READ_TOPOLOGY_H
#define READ_TOPOLOGY_H

#include "lib/topology.h"

/*
 * All functions below take a topology whose vcpu[].apic_id, enabled, present
 * and nr_vcpus are set, and fill in the rest. On error they leave one
 * vnode that owns everything.
 */

/* One vnode with all vCPUs and all RAM of @map. */
void topology_flat(struct topology *t, const struct memmap *map);

/* @vdistance has nr_vnodes^2 entries, @vcpu_to_vnode nr_vcpus. */
struct error topology_from_xen(struct topology *t, const struct memmap *map,
			       uint32_t nr_vnodes, uint32_t nr_ranges,
			       uint32_t nr_vcpus, const uint32_t *vdistance,
			       const uint32_t *vcpu_to_vnode,
			       const struct topology_vmemrange *vmemrange);

/*
 * sidecar.vnuma=VNODE[,VNODE...], VNODE = SIZE[K|M|G]:LIST, LIST = ids and
 * ranges (a-b) joined by '+', may be empty. Sizes fill RAM from 0 upwards,
 * the last vnode takes what is left. @vdistances: N*N numbers, row-major, or
 * empty for 10 and 20. ';' is as good as ',', and blanks, quotes and square
 * brackets around each part are passed over.
 */
struct error topology_from_text(struct topology *t, const struct memmap *map,
				struct text vnuma, struct text vdistances);

#endif
