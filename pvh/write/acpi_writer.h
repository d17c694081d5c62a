/* SPDX-License-Identifier: MIT */
/*
 * What the writers of single tables share: a buffer that fills, and the list of
 * tables for the XSDT. Each writer starts a table, fills it, and adds it.
 */
#ifndef ACPI_WRITER_H
#define ACPI_WRITER_H

#include "acpi.h"

/* MADT, SRAT, SLIT, SSDT, SCAR */
#define ACPI_MAX_ADDED 5

struct acpi_writer {
	const struct acpi_build *b;
	uint32_t used;
	uint32_t nr; /* tables for the XSDT beside the old ones */
	uint64_t pa[ACPI_MAX_ADDED];
};

/* Takes @size zeroed bytes of the buffer; NULL if they are not there. */
void *acpi_table_reserve(struct acpi_writer *w, uint64_t size, uint64_t *pa);
/* Starts a table of @size bytes that is all zero after its header. */
void *acpi_table_begin(struct acpi_writer *w, const char *signature,
		       uint8_t revision, uint64_t size, uint64_t *pa);
void acpi_table_finish(void *table);
void acpi_xsdt_add(struct acpi_writer *w, uint64_t pa);
/* Linux hot-adds the vCPU: its entry is disabled. */
bool acpi_is_hot_added(const struct acpi_writer *w, uint32_t id);

/* ACPI_NO_ROOM if the buffer is full. The MADT is checked as it is read. */
struct error acpi_write_madt(struct acpi_writer *w);
struct error acpi_write_srat(struct acpi_writer *w);
struct error acpi_write_slit(struct acpi_writer *w);
struct error acpi_write_ssdt(struct acpi_writer *w);
struct error acpi_write_scar(struct acpi_writer *w);

#endif
