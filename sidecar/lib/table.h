/* SPDX-License-Identifier: MIT */
/* libsidecar: the discovery table, ACPI's SCAR. */
#ifndef TABLE_H
#define TABLE_H

#include "error.h"

/* Into s->scar and s->node[]. */
enum sidecar_error table_read(struct sidecar *s);
/* True if the @n bytes add up to zero, as those of an ACPI table have to. */
bool table_sum_ok(const uint8_t *p, size_t n);

#endif
