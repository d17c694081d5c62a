/* SPDX-License-Identifier: MIT */
/*
 * Builds the tables for Linux one after the other in the caller's buffer: MADT,
 * SRAT, SLIT, SSDT, SCAR, then XSDT and RSDP, which lead to them and to libxl's
 * other tables. Trusts topology and plan, not the MADT. Pure.
 */
#include "acpi_writer.h"

#include <string.h>

#include "abi/acpi.h"

#define TABLE_ALIGN   16u
#define OEM_TABLE_ID  "SIDECAR "
#define CREATOR_ID    "XSHM"
#define OUR_REVISION  1u /* OEM and creator revision */
#define RSDP_REVISION 2u
#define XSDT_REVISION 1u

void *acpi_table_reserve(struct acpi_writer *w, uint64_t size, uint64_t *pa)
{
	const struct acpi_build *b = w->b;
	uint64_t at = ((uint64_t)w->used + TABLE_ALIGN - 1) &
		      ~(uint64_t)(TABLE_ALIGN - 1);

	if (at > b->out_size || size > b->out_size - at)
		return NULL;
	w->used = (uint32_t)(at + size);
	*pa = b->out_pa + at;
	return memset(b->out + at, 0, size);
}

void *acpi_table_begin(struct acpi_writer *w, const char *signature,
		       uint8_t revision, uint64_t size, uint64_t *pa)
{
	struct acpi_header *h = acpi_table_reserve(w, size, pa);

	if (!h)
		return NULL;
	memcpy(h->signature, signature, sizeof(h->signature));
	h->length = (uint32_t)size;
	h->revision = revision;
	memcpy(h->oem_id, w->b->old->oem_id, sizeof(h->oem_id));
	memcpy(h->oem_table_id, OEM_TABLE_ID, sizeof(h->oem_table_id));
	h->oem_revision = OUR_REVISION;
	memcpy(h->creator_id, CREATOR_ID, sizeof(h->creator_id));
	h->creator_revision = OUR_REVISION;
	return h;
}

void acpi_table_finish(void *table)
{
	struct acpi_header *h = table;

	h->checksum = 0;
	h->checksum = (uint8_t)-acpi_sum(h, h->length);
}

void acpi_xsdt_add(struct acpi_writer *w, uint64_t pa)
{
	w->pa[w->nr++] = pa;
}

bool acpi_is_hot_added(const struct acpi_writer *w, uint32_t id)
{
	return w->b->reorder && w->b->hot_added && w->b->hot_added[id];
}

/* ---- XSDT and RSDP ------------------------------------------------------ */

static struct error write_xsdt(struct acpi_writer *w, uint64_t *pa)
{
	const struct acpi_tables *a = w->b->old;
	uint64_t kept = (uint64_t)a->nr * sizeof(uint64_t);
	uint64_t added = (uint64_t)w->nr * sizeof(uint64_t);
	struct acpi_header *h;

	h = acpi_table_begin(w, "XSDT", XSDT_REVISION,
			     sizeof(*h) + kept + added, pa);
	if (!h)
		return error_plain(ACPI_NO_ROOM);
	memcpy(h + 1, a->pa, kept);
	memcpy((uint8_t *)(h + 1) + kept, w->pa, added);
	acpi_table_finish(h);
	return NO_ERROR;
}

/*
 * No RSDT: readers of revision 2 (Linux: above 1) use the XSDT, and the tables
 * may lie above 4 GiB, where an RSDT cannot point.
 */
static struct error write_rsdp(struct acpi_writer *w, uint64_t xsdt_pa,
			       uint64_t *pa)
{
	struct acpi_rsdp *p = acpi_table_reserve(w, sizeof(*p), pa);

	if (!p)
		return error_plain(ACPI_NO_ROOM);
	memcpy(p->signature, "RSD PTR ", sizeof(p->signature));
	memcpy(p->oem_id, w->b->old->oem_id, sizeof(p->oem_id));
	p->revision = RSDP_REVISION;
	p->length = sizeof(*p);
	p->xsdt_address = xsdt_pa;
	p->checksum = (uint8_t)-acpi_sum(p, ACPI_RSDP_V1_BYTES);
	p->extended_checksum = (uint8_t)-acpi_sum(p, sizeof(*p));
	return NO_ERROR;
}

static struct error write_tables(struct acpi_writer *w)
{
	struct error e = NO_ERROR;

	if (w->b->reorder)
		e = acpi_write_madt(w);
	else
		acpi_xsdt_add(w, w->b->old->madt_pa);
	if (!e.code && w->b->numa)
		e = acpi_write_srat(w);
	if (!e.code && w->b->numa)
		e = acpi_write_slit(w);
	if (!e.code && w->b->numa)
		e = acpi_write_ssdt(w);
	if (!e.code && w->b->plan->status == PLAN_ON)
		e = acpi_write_scar(w);
	return e;
}

struct error acpi_write(const struct acpi_build *b, uint64_t *rsdp_pa,
			uint32_t *used)
{
	struct acpi_writer w = {.b = b};
	struct error e;
	uint64_t xsdt_pa;

	if (!b->old->madt)
		return error_plain(ACPI_NO_MADT);
	e = write_tables(&w);
	if (!e.code)
		e = write_xsdt(&w, &xsdt_pa);
	if (!e.code)
		e = write_rsdp(&w, xsdt_pa, rsdp_pa);
	if (!e.code)
		*used = w.used;
	return e;
}
