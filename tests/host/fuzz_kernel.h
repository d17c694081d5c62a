/* SPDX-License-Identifier: MIT */
/*
 * The node of fuzz_kernel.c, and what a job on it may see: all of the job's
 * page tables are walked.
 */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/sidecar.h"

#define PAGE	SIDECAR_PAGE_SIZE
#define PAGE_2M 0x200000u

/*
 * The carve; its scratch has one large page, and small ones around it. The
 * tables of jobs are just as many as include/view_pages.h says.
 */
#define CARVE_PA     0x10000000ull
#define TABLES_OFF   0x8000u
#define PAGES_OFF    0xc000u
#define VIEWS_OFF    0x100000u
#define SCRATCH_OFF  0x1c0000u
#define SCRATCH_SIZE 0x240000u
#define SHARED_OFF   (SCRATCH_OFF + SCRATCH_SIZE)
#define SHARED_SIZE  0x200000u
#define CARVE_SIZE   (SHARED_OFF + SHARED_SIZE)
#define TABLES_PA    (CARVE_PA + TABLES_OFF)
#define SCRATCH_PA   (CARVE_PA + SCRATCH_OFF)
#define SHARED_PA    (CARVE_PA + SHARED_OFF)
#define OTHER_PA     0x40200000ull /* another node's shared memory */
#define OTHER_SIZE   0x400000ull
#define NR_RANGES    4u

/* A job about to be entered: bytes of the carve, and physical addresses. */
struct fuzz_view {
	const uint8_t *carve;
	uint64_t cr3;
	uint64_t slice_pa, slice_bytes; /* its share of scratch */
	uint64_t views_pa, views_bytes; /* of this vCPU */
	uint64_t services_pa;
	const struct sidecar_range *range; /* that it may have */
	uint32_t nr_ranges;
};

/*
 * Its page tables show ring 3 its slice and the ranges, none of the tables,
 * nothing writable and executable. @rip can be run, and at @services_va, below
 * which its stack ends, are the services.
 */
void fuzz_check_view(const struct fuzz_view *v, uint64_t rip,
		     uint64_t services_va);

#endif
