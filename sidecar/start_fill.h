/* SPDX-License-Identifier: MIT */
/* A part of start.c: what the parked vCPUs find in memory. */
#ifndef START_FILL_H
#define START_FILL_H

#include "start.h"

/*
 * The carve of node @n, and the low block. False if it cannot be mapped:
 * s->unmapped_pa.
 */
bool start_fill_node(struct start *s, const struct plan_node *n);
bool start_fill_low(struct start *s);
/* Where a vCPU of @n starts: its CR3, and its RIP on these tables. */
uint64_t start_tables_pa(const struct plan_node *n);
uint32_t start_entry_va(void);

#endif
