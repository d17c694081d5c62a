/* SPDX-License-Identifier: MIT */
/*
 * Finds and checks the ACPI tables that libxl made, and learns vCPUs and
 * APIC ids from the MADT. Nothing is looked at before its length is known to
 * lie in memory. Pure.
 */
#include "acpi.h"

#include <string.h>

#include "abi/acpi.h"
#include "abi/sidecar.h"

/* Far above any table of a PVH guest. */
#define MAX_TABLE_BYTES (1u << 20)

#define FACS_MIN_BYTES 64u
/* Each entry of a MADT starts with a byte for its type, one for its length. */
#define ENTRY_MIN_BYTES 2u

#define LAPIC_BROADCAST	 UINT8_MAX
#define X2APIC_BROADCAST UINT32_MAX

uint8_t acpi_sum(const void *table, uint32_t size)
{
	const uint8_t *p = table;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < size; i++)
		sum += p[i];
	return (uint8_t)sum;
}

/* ---- The walk ----------------------------------------------------------- */

struct walk {
	struct acpi_tables *a;
	struct guest_memory mem;
};

static const void *walk_view(const struct walk *w, uint64_t pa, uint64_t size)
{
	if (pa > PA_END || size > PA_END - pa)
		return NULL;
	return w->mem.at(w->mem.ctx, pa, size);
}

static bool has_signature(const void *table, const char *signature)
{
	return !memcmp(table, signature, 4);
}

static struct error add_extent(struct walk *w, uint64_t pa, uint64_t size)
{
	struct acpi_tables *a = w->a;

	if (a->nr_extents == ACPI_MAX_EXTENTS)
		return error_number(ACPI_TOO_MANY, a->nr_extents);
	a->extent[a->nr_extents++] = (struct range){pa, pa + size};
	return NO_ERROR;
}

/* NULL if it is not in memory, too long, too short or damaged. */
static const struct acpi_header *view_table(const struct walk *w, uint64_t pa)
{
	const struct acpi_header *h = walk_view(w, pa, sizeof(*h));
	uint32_t length;

	if (!h)
		return NULL;
	length = h->length;
	if (length < sizeof(*h) || length > MAX_TABLE_BYTES)
		return NULL;
	h = walk_view(w, pa, length);
	return h && !acpi_sum(h, length) ? h : NULL;
}

/* NULL unless both checksums (one of revision 0) are right. */
static const struct acpi_rsdp *view_rsdp(const struct walk *w, uint64_t pa,
					 uint32_t *size)
{
	const struct acpi_rsdp *p;

	*size = ACPI_RSDP_V1_BYTES;
	p = walk_view(w, pa, *size);
	if (!p || memcmp(p, "RSD PTR ", sizeof(p->signature)) ||
	    acpi_sum(p, *size))
		return NULL;
	if (p->revision < 2)
		return p;
	p = walk_view(w, pa, sizeof(*p));
	if (!p || p->length < sizeof(*p) || p->length > MAX_TABLE_BYTES)
		return NULL;
	*size = p->length;
	p = walk_view(w, pa, *size);
	return p && !acpi_sum(p, *size) ? p : NULL;
}

bool acpi_is_rsdp(struct guest_memory mem, uint64_t pa)
{
	struct walk w = {NULL, mem};
	uint32_t size;

	return view_rsdp(&w, pa, &size);
}

/* Of XSDT or, with 4-byte entries, RSDT. */
struct root {
	uint64_t pa;
	const char *signature;
	uint32_t step;
};

static struct error read_rsdp(struct walk *w, uint64_t pa, struct root *root)
{
	const struct acpi_rsdp *p;
	uint32_t size;

	p = view_rsdp(w, pa, &size);
	if (!p)
		return error_hex(ACPI_NO_RSDP, pa);
	memcpy(w->a->oem_id, p->oem_id, sizeof(w->a->oem_id));
	*root = (struct root){p->rsdt_address, "RSDT", 4};
	if (p->revision >= 2 && p->xsdt_address)
		*root = (struct root){p->xsdt_address, "XSDT", 8};
	return add_extent(w, pa, size);
}

static struct error read_dsdt(struct walk *w, uint64_t pa)
{
	const struct acpi_header *h;

	if (!pa)
		return NO_ERROR;
	h = view_table(w, pa);
	if (!h || !has_signature(h, "DSDT"))
		return error_hex(ACPI_BAD_TABLE, pa);
	w->a->dsdt = h;
	w->a->dsdt_length = h->length;
	return add_extent(w, pa, h->length);
}

static struct error read_facs(struct walk *w, uint64_t pa)
{
	const struct acpi_header *f;

	if (!pa)
		return NO_ERROR;
	f = walk_view(w, pa, sizeof(*f));
	if (!f || !has_signature(f, "FACS") || f->length < FACS_MIN_BYTES ||
	    f->length > MAX_TABLE_BYTES || !walk_view(w, pa, f->length))
		return error_hex(ACPI_BAD_TABLE, pa);
	return add_extent(w, pa, f->length);
}

/* Only for what it points to: this memory is in use as well. */
static struct error read_fadt(struct walk *w, uint64_t pa,
			      const struct acpi_header *h)
{
	const struct acpi_fadt *f = (const void *)h;
	bool wide = h->length >= sizeof(*f);
	struct error e;

	if (h->length < ACPI_FADT_V1_BYTES)
		return error_hex(ACPI_BAD_TABLE, pa);
	e = read_dsdt(w, wide && f->x_dsdt ? f->x_dsdt : f->dsdt);
	if (e.code)
		return e;
	return read_facs(w, wide && f->x_facs ? f->x_facs : f->facs);
}

static bool is_replaced(const struct acpi_header *h)
{
	return has_signature(h, "APIC") || has_signature(h, "SRAT") ||
	       has_signature(h, "SLIT") || has_signature(h, SCAR_SIGNATURE);
}

static struct error read_listed(struct walk *w, uint64_t pa)
{
	const struct acpi_header *h = view_table(w, pa);
	struct acpi_tables *a = w->a;
	struct error e;

	if (!h)
		return error_hex(ACPI_BAD_TABLE, pa);
	e = add_extent(w, pa, h->length);
	if (e.code)
		return e;
	if (has_signature(h, "APIC") && !a->madt) {
		a->madt = h;
		a->madt_length = h->length;
		a->madt_pa = pa;
	}
	if (!is_replaced(h))
		a->pa[a->nr++] = pa;
	return has_signature(h, "FACP") ? read_fadt(w, pa, h) : NO_ERROR;
}

static struct error read_root(struct walk *w, const struct root *root)
{
	const struct acpi_header *h = view_table(w, root->pa);
	struct error e;
	uint32_t size, nr;

	if (!h || !has_signature(h, root->signature) ||
	    (h->length - sizeof(*h)) % root->step)
		return error_hex(ACPI_NO_XSDT, root->pa);
	e = add_extent(w, root->pa, h->length);
	size = h->length - (uint32_t)sizeof(*h);
	nr = size / root->step;
	if (nr > ACPI_MAX_TABLES)
		return error_number(ACPI_TOO_MANY, nr);
	for (uint32_t i = 0; i < nr && !e.code; i++) {
		uint64_t pa = 0;

		memcpy(&pa, (const uint8_t *)(h + 1) + i * root->step,
		       root->step);
		/* Linux skips these too. */
		if (pa)
			e = read_listed(w, pa);
	}
	return e;
}

struct error acpi_read(struct acpi_tables *a, struct guest_memory mem,
		       uint64_t rsdp_pa)
{
	struct walk w = {a, mem};
	struct root root = {0};
	struct error e;

	memset(a, 0, sizeof(*a));
	e = read_rsdp(&w, rsdp_pa, &root);
	return e.code ? e : read_root(&w, &root);
}

/* ---- MADT --------------------------------------------------------------- */

/* Ends the walk with an error. */
static bool madt_stop(struct acpi_madt_entry *e, struct error error)
{
	e->error = error;
	return false;
}

static void read_lapic(struct acpi_madt_entry *e, const void *p)
{
	const struct acpi_madt_lapic *l = p;

	e->is_vcpu = e->length == sizeof(*l) && l->apic_id != LAPIC_BROADCAST;
	if (!e->is_vcpu)
		return;
	e->uid = l->uid;
	e->apic_id = l->apic_id;
	e->enabled = l->flags & ACPI_MADT_ENABLED;
}

static void read_x2apic(struct acpi_madt_entry *e, const void *p)
{
	const struct acpi_madt_x2apic *l = p;

	e->is_vcpu =
		e->length == sizeof(*l) && l->x2apic_id != X2APIC_BROADCAST;
	if (!e->is_vcpu)
		return;
	e->uid = l->uid;
	e->apic_id = l->x2apic_id;
	e->enabled = l->flags & ACPI_MADT_ENABLED;
}

/* An INIT to the broadcast id would reach all vCPUs: it is never accepted. */
static bool madt_read_entry(struct acpi_madt_entry *e, const uint8_t *p)
{
	if (p[0] == ACPI_MADT_LAPIC)
		read_lapic(e, p);
	else if (p[0] == ACPI_MADT_X2APIC)
		read_x2apic(e, p);
	else
		return true;
	if (!e->is_vcpu)
		return madt_stop(e, error_hex(ACPI_BAD_MADT, e->offset));
	if (e->uid >= TOPOLOGY_MAX_VCPUS)
		return madt_stop(e, error_number(ACPI_VCPU_RANGE, e->uid));
	return true;
}

bool acpi_madt_next(const struct acpi_tables *a, struct acpi_madt_entry *e)
{
	uint32_t at = e->length ? e->offset + e->length
				: (uint32_t)sizeof(struct acpi_madt);
	const uint8_t *p;

	*e = (struct acpi_madt_entry){.offset = at};
	if (!a->madt)
		return madt_stop(e, error_hex(ACPI_NO_MADT, 0));
	if (at == a->madt_length)
		return false;
	if (at > a->madt_length || a->madt_length - at < ENTRY_MIN_BYTES)
		return madt_stop(e, error_hex(ACPI_BAD_MADT, at));
	p = (const uint8_t *)a->madt + at;
	e->length = p[1];
	if (e->length < ENTRY_MIN_BYTES || e->length > a->madt_length - at)
		return madt_stop(e, error_hex(ACPI_BAD_MADT, at));
	return madt_read_entry(e, p);
}

static struct error madt_add_vcpu(struct topology *t,
				  const struct acpi_madt_entry *e)
{
	struct topology_vcpu *v = &t->vcpu[e->uid];

	if (v->present)
		return error_number(ACPI_VCPU_TWICE, e->uid);
	for (uint32_t id = 0; id < t->nr_vcpus; id++)
		if (t->vcpu[id].present && t->vcpu[id].apic_id == e->apic_id)
			return error_number(ACPI_VCPU_TWICE, e->uid);
	v->present = true;
	v->enabled = e->enabled;
	v->apic_id = e->apic_id;
	if (e->uid >= t->nr_vcpus)
		t->nr_vcpus = e->uid + 1;
	return NO_ERROR;
}

static struct error read_vcpus(const struct acpi_tables *a, struct topology *t)
{
	struct acpi_madt_entry entry = {.length = 0};
	struct error e = NO_ERROR;

	while (!e.code && acpi_madt_next(a, &entry))
		if (entry.is_vcpu)
			e = madt_add_vcpu(t, &entry);
	if (e.code)
		return e;
	if (entry.error.code)
		return entry.error;
	return t->vcpu[0].enabled ? NO_ERROR : error_number(ACPI_NO_VCPU0, 0);
}

struct error acpi_read_madt(const struct acpi_tables *a, struct topology *t)
{
	struct error e;

	memset(t->vcpu, 0, sizeof(t->vcpu));
	t->nr_vcpus = 0;
	e = read_vcpus(a, t);
	if (e.code) {
		memset(t->vcpu, 0, sizeof(t->vcpu));
		t->nr_vcpus = 0;
	}
	return e;
}
