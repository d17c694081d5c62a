/* SPDX-License-Identifier: MIT */
/* topology.c's checks for topology_xen.c and topology_text.c. Pure. */
#ifndef TOPOLOGY_CHECKS_H
#define TOPOLOGY_CHECKS_H

#include "lib/topology.h"

/* The vnode of a vCPU that has none yet */
#define TOPOLOGY_NOWHERE UINT32_MAX

void topology_forget_vcpus(struct topology *t);
/* An enabled vCPU must have been given a vnode; others get vnode 0. */
struct error topology_check_vcpus(struct topology *t);

/* 10 and 20, as SLIT readers expect them. */
void topology_usual_distances(struct topology *t);
/*
 * Sets entry @at of the list; if it is bad, returns false with 10 and 20 set.
 */
bool topology_set_distance(struct topology *t, uint32_t at, uint64_t value);
/* Records @e, about entry @at of the list, and falls back to 10 and 20. */
void topology_bad_distance(struct topology *t, struct error e, uint32_t at);

#endif
