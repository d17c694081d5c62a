/* SPDX-License-Identifier: MIT */
/*
 * Builds the ACPI tables that Linux gets: RSDP, XSDT, MADT in the plan's
 * order, SRAT, SLIT, an SSDT and the discovery table SCAR
 * (include/abi/sidecar.h). ACPI specification 6.5, chapter 5. Pure.
 */
#ifndef WRITE_ACPI_H
#define WRITE_ACPI_H

#include "pvh/read/acpi.h"
#include "sidecar/plan.h"

/* Where the sidecar's parts are, for SCAR; addresses are guest-physical. */
struct acpi_sidecar {
	uint64_t log_pa, low_pa;
	uint32_t log_size, low_size;
};

struct acpi_build {
	const struct acpi_tables *old;
	const struct topology *topology;
	const struct plan *plan;
	bool numa;    /* write SRAT and SLIT */
	bool reorder; /* MADT in plan order; else as it was */
	/*
	 * By vCPU id, if @reorder: which entries are disabled, for Linux to
	 * hot-add those vCPUs from libxl's DSDT; an SSDT tells their vnodes.
	 * NULL: none.
	 */
	const bool *hot_added;
	struct acpi_sidecar sidecar; /* SCAR is written if the plan is on */
	uint8_t *out;		     /* filled from its start, page-aligned */
	uint64_t out_pa;	     /* its guest-physical address */
	uint32_t out_size;
};

/*
 * Writes the tables and returns the new RSDP's address in @rsdp_pa and the
 * bytes used in @used. Old SRAT, SLIT, SCAR and further MADTs are left out of
 * the XSDT, all other tables are kept where they are. In a new MADT entries of
 * other types keep their order, those before the first vCPU stay in front.
 * @out must not overlap the old tables.
 */
struct error acpi_write(const struct acpi_build *b, uint64_t *rsdp_pa,
			uint32_t *used);

#endif
