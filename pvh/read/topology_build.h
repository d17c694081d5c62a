/* SPDX-License-Identifier: MIT */
/* What topology.c and topology_text.c have in common. Pure. */
#ifndef TOPOLOGY_BUILD_H
#define TOPOLOGY_BUILD_H

#include "topology.h"

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
