/* SPDX-License-Identifier: MIT */
/*
 * The backend that uses the driver: its data. Programs never see the pages of
 * vCPUs there: each vCPU has a page and a status byte here, on which the layers
 * above do what they do with a vCPU's own, and driver.c answers for the vCPU.
 */
#ifndef DRIVER_HANDLE_H
#define DRIVER_HANDLE_H

#include "abi/sidecar.h"
#include "backend.h"
#include "paths.h"
#include "sidecar/driver.h"

/* What a client has written of a slice. */
struct driver_piece {
	void *p; /* NULL: none */
	uint64_t offset, bytes;
};

struct driver_vcpu {
	uint32_t vcpu_id, index;
	int fd;			     /* of its claim, or -1 */
	bool runs;		     /* the driver has been given its job */
	uint64_t log_lost, log_told; /* of its log; as of log_lost() */
	volatile uint8_t status;
	volatile struct sidecar_command command;
	uint64_t scratch_pa, shared_pa, shared_bytes; /* its node's */
	/* of its claim */
	uint64_t slice_offset, slice_bytes;
	bool has_shared;
	/* of its next one: backend.h, want() */
	uint64_t want_bytes;
	bool want_gang;
	uint32_t first_id;
	/* one that is written; the file and the data of its next job */
	struct driver_piece mapped, file, data;
};

struct driver {
	struct backend backend; /* first: what the functions are given */
	const struct paths *paths;
	const uint64_t *timeout_ns; /* the handle's */
	int fd;			    /* to look */
	uint32_t version, nr_nodes, nr_vcpus;
	volatile uint8_t base_status; /* of vCPUs that Linux boots on */
	struct driver_vcpu vcpu[];
};

static inline struct driver *driver_of(struct backend *b)
{
	return (struct driver *)b;
}

/* NULL: it can't be claimed. */
static inline struct driver_vcpu *driver_find(struct backend *b,
					      uint32_t vcpu_id)
{
	struct driver *d = driver_of(b);

	for (uint32_t i = 0; i < d->nr_vcpus; i++)
		if (d->vcpu[i].vcpu_id == vcpu_id)
			return &d->vcpu[i];
	return NULL;
}

#endif
