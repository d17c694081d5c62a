/* SPDX-License-Identifier: MIT */
/* Tables at fixed places, a page each. */
#include <string.h>

#include "abi/acpi.h"
#include "pvh/read/acpi.h"
#include "acpi_libxl.h"

#define XSDT_AT 0x1000u
#define FADT_AT 0x2000u
#define MADT_AT 0x3000u
#define RSDP_AT (ACPI_LIBXL_RSDP_PA - ACPI_LIBXL_PA)

/* tools/libacpi: revision 5, as libxl asks for */
#define FADT_BYTES 268u

static void seal(uint8_t *out, uint32_t at, const char *signature,
		 uint32_t length)
{
	struct acpi_header h = {.length = length};

	memcpy(h.signature, signature, sizeof(h.signature));
	memcpy(out + at, &h, sizeof(h));
	h.checksum = (uint8_t)-acpi_sum(out + at, length);
	memcpy(out + at, &h, sizeof(h));
}

static void write_madt(uint8_t *out, uint32_t nr_vcpus, uint32_t nr_enabled)
{
	uint32_t at = MADT_AT + (uint32_t)sizeof(struct acpi_madt);

	for (uint32_t id = 0; id < nr_vcpus; id++) {
		struct acpi_madt_lapic l = {
			.type = ACPI_MADT_LAPIC,
			.length = sizeof(l),
			.uid = (uint8_t)id,
			.apic_id = (uint8_t)(id * 2),
			.flags = id < nr_enabled ? ACPI_MADT_ENABLED : 0,
		};

		memcpy(out + at, &l, sizeof(l));
		at += (uint32_t)sizeof(l);
	}
	seal(out, MADT_AT, "APIC", at - MADT_AT);
}

static void write_rsdp(uint8_t *out)
{
	struct acpi_rsdp r = {.revision = 2,
			      .length = sizeof(r),
			      .xsdt_address = ACPI_LIBXL_PA + XSDT_AT};

	memcpy(r.signature, "RSD PTR ", sizeof(r.signature));
	r.checksum = (uint8_t)-acpi_sum(&r, ACPI_RSDP_V1_BYTES);
	r.extended_checksum = (uint8_t)-acpi_sum(&r, sizeof(r));
	memcpy(out + RSDP_AT, &r, sizeof(r));
}

void acpi_libxl_write(uint8_t *out, uint32_t nr_vcpus, uint32_t nr_enabled,
		      bool madt)
{
	uint64_t table[2] = {ACPI_LIBXL_PA + FADT_AT, ACPI_LIBXL_PA + MADT_AT};
	uint32_t size = madt ? sizeof(table) : sizeof(table[0]);

	seal(out, FADT_AT, "FACP", FADT_BYTES);
	write_madt(out, nr_vcpus, nr_enabled);
	memcpy(out + XSDT_AT + sizeof(struct acpi_header), table, size);
	seal(out, XSDT_AT, "XSDT", (uint32_t)sizeof(struct acpi_header) + size);
	write_rsdp(out);
}
