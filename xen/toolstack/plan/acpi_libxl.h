/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables of a PVH guest as far as the shim reads them: RSDP, XSDT,
 * FADT, a MADT with an entry for each vCPU (tools/libacpi/build.c), and of the
 * DSDT the processors. The FACS is left out: the shim only keeps it where it
 * is.
 */
#ifndef PLAN_ACPI_LIBXL_H
#define PLAN_ACPI_LIBXL_H

#include <stdbool.h>
#include <stdint.h>

/* libxl_x86_acpi.c: ACPI_INFO_PHYSICAL_ADDRESS; 16 pages of tables at most */
#define ACPI_LIBXL_PA	   0xfc000000u
#define ACPI_LIBXL_BYTES   0x12000u
#define ACPI_LIBXL_RSDP_PA (ACPI_LIBXL_PA + 0x11000u)

/* Fills the ACPI_LIBXL_BYTES at @out, which are zero. */
void acpi_libxl_write(uint8_t *out, uint32_t nr_vcpus, uint32_t nr_enabled,
		      bool madt);

#endif
