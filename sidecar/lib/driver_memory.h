/* SPDX-License-Identifier: MIT */
/* libsidecar: memory of jobs by the driver, which copies it. */
#ifndef DRIVER_MEMORY_H
#define DRIVER_MEMORY_H

#include "driver_handle.h"

/*
 * Parts of slices, and of shared memory. What is written to a slice, one part
 * at a time, becomes the file or the data of the next job when it is unmapped.
 */
void *driver_map(struct backend *b, uint64_t pa, size_t bytes, bool writable);
void driver_unmap(struct backend *b, void *p, size_t bytes);
/* The job has them, or there will be none. */
void driver_drop_pieces(struct driver_vcpu *v);

#endif
