/* SPDX-License-Identifier: MIT */
/* Tables at fixed places, a page each. */
#include <stddef.h>
#include <string.h>

#include "abi/acpi.h"
#include "pvh/read/acpi.h"
#include "acpi_libxl.h"

#define XSDT_AT 0x1000u
#define FADT_AT 0x2000u
#define MADT_AT 0x3000u
#define DSDT_AT 0x4000u
#define RSDP_AT (ACPI_LIBXL_RSDP_PA - ACPI_LIBXL_PA)

/* tools/libacpi: revision 5, as libxl asks for */
#define FADT_BYTES 268u
/* HVM_MAX_VCPUS, however many the guest has */
#define LIBXL_PROCESSORS 128u

static void seal(uint8_t *out, uint32_t at, const char *signature,
		 uint32_t length)
{
	struct acpi_header h = {.length = length};

	memcpy(h.signature, signature, sizeof(h.signature));
	memcpy(out + at, &h, sizeof(h));
	h.checksum = (uint8_t)-acpi_sum(out + at, length);
	memcpy(out + at, &h, sizeof(h));
}

/* FADT, which names the DSDT. */
static void write_fadt(uint8_t *out)
{
	const uint64_t dsdt = ACPI_LIBXL_PA + DSDT_AT;

	memcpy(out + FADT_AT + offsetof(struct acpi_fadt, x_dsdt), &dsdt,
	       sizeof(dsdt));
	seal(out, FADT_AT, "FACP", FADT_BYTES);
}

/*
 * Of all that libxl's DSDT has (tools/libacpi/mk_dsdt.c) the processors, with
 * the names of the methods by which Linux adds them.
 */
static void write_dsdt(uint8_t *out)
{
	static const char digits[] = "0123456789ABCDEF";
	static const uint8_t processor[] = {0x5b, 0x83, 25,   'P', 'R', 0, 0,
					    0,	  0x10, 0xb0, 0,   0,	6, 0x14,
					    6,	  '_',	'M',  'A', 'T', 0, 0x14,
					    6,	  '_',	'S',  'T', 'A', 0};
	const uint32_t length =
		7 + LIBXL_PROCESSORS * (uint32_t)sizeof(processor);
	uint8_t scope[] = {0x10, 0, 0, '\\', '_', 'S', 'B', '_'};
	uint32_t at = DSDT_AT + (uint32_t)sizeof(struct acpi_header);

	scope[1] = (uint8_t)(0x40 | (length & 15));
	scope[2] = (uint8_t)(length >> 4);
	memcpy(out + at, scope, sizeof(scope));
	at += (uint32_t)sizeof(scope);
	for (uint32_t id = 0; id < LIBXL_PROCESSORS; id++) {
		memcpy(out + at, processor, sizeof(processor));
		out[at + 5] = (uint8_t)digits[id >> 4];
		out[at + 6] = (uint8_t)digits[id & 15];
		out[at + 7] = (uint8_t)id;
		at += (uint32_t)sizeof(processor);
	}
	seal(out, DSDT_AT, "DSDT", at - DSDT_AT);
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

	write_fadt(out);
	write_dsdt(out);
	write_madt(out, nr_vcpus, nr_enabled);
	memcpy(out + XSDT_AT + sizeof(struct acpi_header), table, size);
	seal(out, XSDT_AT, "XSDT", (uint32_t)sizeof(struct acpi_header) + size);
	write_rsdp(out);
}
