/* SPDX-License-Identifier: MIT */
/* What topology_xen.c and topology_text.c have in common, in topology.c. Pure.
 */
#ifndef TOPOLOGY_CHECKS_H
#define TOPOLOGY_CHECKS_H

#include "lib/topology.h"

/* A vCPU whose vnode nobody has named yet */
#define TOPOLOGY_NOWHERE UINT32_MAX

void topology_forget_vcpus(struct topology *t);
/* Every vCPU gets a vnode that exists; an enabled one must have its own. */
struct error topology_check_vcpus(struct topology *t);

/* 10 and 20, as SLIT readers expect them. */
void topology_usual_distances(struct topology *t);
/* Entry @at of the list of all; false, and all are the usual ones, if bad. */
bool topology_set_distance(struct topology *t, uint32_t at, uint64_t value);
/* Costs the distances alone: @e is about entry @at of the list of all. */
void topology_bad_distance(struct topology *t, struct error e, uint32_t at);

#endif
