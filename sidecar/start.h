/* SPDX-License-Identifier: MIT */
/*
 * Brings the plan's parked vCPUs into their sidecar nodes. Who owns the carve
 * and when is written down in docs/sidecar.md.
 */
#ifndef START_H
#define START_H

#include "plan.h"
#include "lib/text.h"
#include "xen/guest/xen_guest.h"

#define START_DEADLINE_MS 10000u

/* start_node_pages.c: pages of a node without those of its vCPUs. */
uint32_t start_node_pages(void);

/* start_features.c: LAYOUT_HAS_..., the same on all vCPUs of the guest. */
uint32_t start_features(void);

struct sidecar_command;

struct start {
	const struct plan *plan;
	const struct topology *topology;
	const struct xen_info *xen;
	uint32_t features;   /* start_features() */
	uint64_t low_pa;     /* LAYOUT_LOW_PAGES pages below 1 MiB */
	bool page_0_is_free; /* for the vector of NMIs in real mode */
	/* Guest-physical memory for writing; NULL if it can't be mapped. */
	void *(*map)(uint64_t pa, uint64_t size_bytes);
	uint32_t deadline_ms; /* START_DEADLINE_MS */
	/* out */
	uint64_t unmapped_pa; /* what start_vcpus() could not map */
	volatile uint8_t *status[TOPOLOGY_MAX_VCPUS]; /* of those to park */
	const struct sidecar_command *command[TOPOLOGY_MAX_VCPUS];
	bool started[TOPOLOGY_MAX_VCPUS]; /* by vCPU id */
	bool parked[TOPOLOGY_MAX_VCPUS];
	bool gave_up[TOPOLOGY_MAX_VCPUS]; /* by itself */
	long error[TOPOLOGY_MAX_VCPUS]; /* Xen's, of one that was not started */
	uint32_t nr_started, nr_parked;
	uint32_t nr_by_call, nr_by_sipi;
	uint64_t begin_tsc, call_tsc, sipi_tsc;
	uint64_t last_tsc; /* when the last of them came */
};

/*
 * Fills each carve and the low block, then starts all parked vCPUs: one
 * multicall, and one SIPI each for those that Xen cannot start by hypercall,
 * because it is too old or because it returns -EINVAL.
 * Returns at once. False if memory could not be mapped: nothing was started.
 * What was mapped is used until Linux runs.
 */
bool start_vcpus(struct start *s);
/*
 * Waits until each started vCPU is parked and DOWN, at most deadline_ms. The
 * others are then sent INIT and are REMOVED.
 */
void start_wait(struct start *s);
/* The message of a vCPU that gave up by itself; else empty. */
struct text start_error_text(const struct start *s, uint32_t vcpu_id);
/*
 * Sends INIT to every vCPU that start_vcpus() may have started: after it none
 * runs in its carve. Before the plan is changed.
 */
void start_undo(struct start *s);

#endif
