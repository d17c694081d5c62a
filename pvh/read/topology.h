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
 * and nr_vcpus are set, and fill in the rest. On error they store in @bad the
 * value to be named to the user and leave one vnode that owns everything.
 */

/* One vnode with all vCPUs and all RAM of @map. */
void topology_flat(struct topology *t, const struct memmap *map);

/* @vdistance has nr_vnodes^2 entries, @vcpu_to_vnode nr_vcpus. */
enum topology_error topology_from_xen(
	struct topology *t, const struct memmap *map, uint32_t nr_vnodes,
	uint32_t nr_ranges, uint32_t nr_vcpus, const uint32_t *vdistance,
	const uint32_t *vcpu_to_vnode,
	const struct topology_vmemrange *vmemrange, uint64_t *bad);

/*
 * sidecar.vnuma=VNODE[,VNODE...], VNODE = SIZE[K|M|G]:LIST, LIST = ids and
 * ranges (a-b) joined by '+', may be empty. Sizes fill RAM from 0 upwards,
 * the last vnode takes what is left. @vdistances: N*N numbers, row-major, or
 * empty for 10 and 20. ';' is as good as ',', and blanks, quotes and square
 * brackets around each part are passed over.
 */
enum topology_error topology_from_text(struct topology *t,
				       const struct memmap *map,
				       struct text vnuma,
				       struct text vdistances, uint64_t *bad);

/* ---- what topology_xen.c and topology_text.c have in common ---- */

/* A vCPU whose vnode nobody has named yet */
#define TOPOLOGY_NOWHERE UINT32_MAX

/* Returns @e, with @value in @bad. */
enum topology_error topology_fail(enum topology_error e, uint64_t *bad,
				  uint64_t value);
void topology_forget_vcpus(struct topology *t);
/* Every vCPU gets a vnode that exists; an enabled one must have its own. */
enum topology_error topology_check_vcpus(struct topology *t, uint64_t *bad);

/* 10 and 20, as SLIT readers expect them. */
void topology_usual_distances(struct topology *t);
/* Entry @at of the list of all; false, and all are the usual ones, if bad. */
bool topology_set_distance(struct topology *t, uint32_t at, uint64_t value);
/* Costs the distances alone. @value is entry @at of the list of all. */
void topology_bad_distance(struct topology *t, enum topology_error e,
			   uint32_t at, uint64_t value);

#endif
