/* SPDX-License-Identifier: MIT */
/*
 * Which processors libxl's DSDT has so that Linux can hot-add them
 * (tools/libacpi mk_dsdt.c): an object \_SB.PRxx, xx being the vCPU's id in
 * hexadecimal digits, with the methods _STA and _MAT. AML is not run, only
 * searched for these (ACPI specification 6.5, 20.2). Pure.
 */
#ifndef DSDT_H
#define DSDT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sets @has[id], of TOPOLOGY_MAX_VCPUS, for each. @dsdt has @length bytes, its
 * header included.
 */
void dsdt_find_processors(const void *dsdt, uint32_t length, bool *has);

#endif
