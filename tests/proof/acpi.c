/* SPDX-License-Identifier: MIT */
/*
 * pvh/read/acpi.c: an RSDP anywhere in any memory of BYTES bytes, and a MADT of
 * any bytes, up to BYTES of them. A step to the next entry is one entry's
 * matter, a sum each byte's.
 */
#include "bytes.h"
#include "pvh/read/acpi.h"

#include "abi/acpi.h"

/* One step from any place: so each, and as it goes ahead the walk ends. */
void proof_acpi_madt_next(void)
{
	struct acpi_madt_entry e, old;
	struct acpi_tables a = {0};
	uint32_t nr;

	a.madt = any_bytes(&nr);
	a.madt_length = nr;
	assume(nr >= sizeof(struct acpi_madt));
	/* what acpi_madt_next() leaves, or zero at the beginning */
	assume(e.length ? e.length >= 2 &&
				  e.offset >= sizeof(struct acpi_madt) &&
				  e.length <= nr && e.offset <= nr - e.length
			: e.offset == 0);
	old = e;
	if (!acpi_madt_next(&a, &e)) {
		prove(e.error.code == ERROR_NONE ||
		      e.error.code == ACPI_BAD_MADT ||
		      e.error.code == ACPI_VCPU_RANGE);
		prove(e.error.code || e.offset == nr);
		return;
	}
	prove(e.offset == (old.length ? old.offset + old.length
				      : sizeof(struct acpi_madt)));
	prove(e.length >= 2 && e.offset <= nr && e.length <= nr - e.offset);
	prove(!e.is_vcpu || e.uid < TOPOLOGY_MAX_VCPUS);
	prove(!e.is_vcpu || e.apic_id != UINT32_MAX);
	prove(!e.is_vcpu || bytes[BYTES - nr + e.offset] != ACPI_MADT_LAPIC ||
	      e.apic_id != 255);
}

void proof_acpi_is_rsdp(void)
{
	uint64_t pa = nondet_u64();

	if (acpi_is_rsdp(any_memory(), pa)) {
		prove(pa <= 4096 - ACPI_RSDP_V1_BYTES);
		prove(bytes[pa - GUEST_AT] == 'R' &&
		      bytes[pa - GUEST_AT + 7] == ' ');
	}
}

void proof_acpi_sum(void)
{
	uint32_t nr;
	const uint8_t *p = any_bytes(&nr);

	prove(acpi_sum(p, nr) == sum_of(p, nr));
}
