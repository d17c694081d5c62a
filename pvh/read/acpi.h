/* SPDX-License-Identifier: MIT */
/*
 * Reads the ACPI tables that libxl made (ACPI specification 6.5, chapter 5).
 * Pure: sees guest memory only through guest_memory.
 */
#ifndef READ_ACPI_H
#define READ_ACPI_H

#include "guest_memory.h"
#include "lib/topology.h"

#define ACPI_MAX_TABLES 32
/* Beside them: RSDP, XSDT or RSDT, DSDT, FACS. */
#define ACPI_MAX_EXTENTS (ACPI_MAX_TABLES + 4)

/* What was found; @madt points into the guest's memory. */
struct acpi_tables {
	const void *madt;
	uint32_t madt_length;
	uint32_t nr; /* tables kept: without MADT, SRAT, SLIT, SCAR */
	uint64_t pa[ACPI_MAX_TABLES];
	uint64_t madt_pa;
	const void *dsdt; /* NULL: there is none */
	uint32_t dsdt_length;
	uint8_t oem_id[6];
	/*
	 * Covers every table; used to build the list of memory in use. After an
	 * error: the tables that were found before it.
	 */
	struct range extent[ACPI_MAX_EXTENTS];
	uint32_t nr_extents;
};

/*
 * Walks RSDP, XSDT (RSDT if there is none), every table they list, DSDT and
 * FACS, and checks each one's length and checksum. A missing MADT is no error
 * here; of several the first counts, as in Linux.
 */
struct error acpi_read(struct acpi_tables *a, struct guest_memory mem,
		       uint64_t rsdp_pa);
/*
 * Fills t->vcpu[] (apic_id, enabled, present) and nr_vcpus from the MADT's
 * LAPIC (type 0) and x2APIC (type 9) entries; uid is the vCPU id. On error
 * there is no vCPU; a MADT's entry is named by its offset.
 */
struct error acpi_read_madt(const struct acpi_tables *a, struct topology *t);

/* An entry of the MADT; all zero to begin with. */
struct acpi_madt_entry {
	uint32_t offset, length; /* in the MADT */
	uint32_t uid, apic_id;	 /* valid if is_vcpu */
	bool is_vcpu, enabled;
	struct error error; /* why the walk stopped; none at the end */
};
/* Goes to the next entry; false if there is none. */
bool acpi_madt_next(const struct acpi_tables *a, struct acpi_madt_entry *e);
/* A valid RSDP of either revision lies at @pa. */
bool acpi_is_rsdp(struct guest_memory mem, uint64_t pa);
/* The sum of all bytes: 0 for a good table. */
uint8_t acpi_sum(const void *table, uint32_t size);

#endif
