/* SPDX-License-Identifier: MIT */
/*
 * The shim's own checksums: a table of any bytes, as long as it says, from the
 * end of the checksum's place on up to BYTES of them. Each byte is added by the
 * same step.
 */
#include <string.h>

#include "abi/acpi.h"
#include "bytes.h"
#include "pvh/write/acpi_writer.h"

#define CHECKSUM_AT offsetof(struct acpi_header, checksum)

void proof_acpi_finish(void)
{
	struct acpi_header *h = (void *)bytes;
	uint8_t old[BYTES];
	uint32_t i = any_up_to(BYTES - 1), length;

	__CPROVER_havoc_object(bytes);
	memcpy(&length, bytes + offsetof(struct acpi_header, length),
	       sizeof(length));
	assume(length > CHECKSUM_AT && length <= BYTES);
	memcpy(old, bytes, BYTES);
	acpi_table_finish(h);
	prove(!sum_of(bytes, length));
	prove(i == CHECKSUM_AT || bytes[i] == old[i]);
}
