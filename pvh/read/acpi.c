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

const char *acpi_error_text(enum acpi_error e)
{
	switch (e) {
	case ACPI_OK:
		return "ok";
	case ACPI_NO_RSDP:
		return "no valid RSDP";
	case ACPI_NO_XSDT:
		return "no valid XSDT or RSDT";
	case ACPI_BAD_TABLE:
		return "table with bad length or checksum";
	case ACPI_TOO_MANY:
		return "too many tables";
	case ACPI_NO_MADT:
		return "no MADT";
	case ACPI_BAD_MADT:
		return "bad entry in the MADT";
	case ACPI_VCPU_RANGE:
		return "vCPU id too large in the MADT";
	case ACPI_VCPU_TWICE:
		return "vCPU or APIC id twice in the MADT";
	case ACPI_NO_VCPU0:
		return "vCPU 0 missing or not enabled";
	case ACPI_NO_ROOM:
		return "no room for new tables";
	}
	return "unknown error";
}

bool acpi_error_is_address(enum acpi_error e)
{
	return e != ACPI_TOO_MANY && e != ACPI_VCPU_RANGE &&
	       e != ACPI_VCPU_TWICE && e != ACPI_NO_VCPU0;
}

static enum acpi_error fail(enum acpi_error e, uint64_t *bad, uint64_t value)
{
	*bad = value;
	return e;
}

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
	struct acpi_memory mem;
	uint64_t *bad;
};

static const void *view(const struct walk *w, uint64_t pa, uint64_t size)
{
	if (pa > PA_END || size > PA_END - pa)
		return NULL;
	return w->mem.at(w->mem.ctx, pa, size);
}

static bool has_signature(const void *table, const char *signature)
{
	return !memcmp(table, signature, 4);
}

static enum acpi_error add_extent(struct walk *w, uint64_t pa, uint64_t size)
{
	struct acpi_tables *a = w->a;

	if (a->nr_extents == ACPI_MAX_EXTENTS)
		return fail(ACPI_TOO_MANY, w->bad, a->nr_extents);
	a->extent[a->nr_extents++] = (struct range){pa, pa + size};
	return ACPI_OK;
}

/* NULL if it is not in memory, too long, too short or damaged. */
static const struct acpi_header *view_table(const struct walk *w, uint64_t pa)
{
	const struct acpi_header *h = view(w, pa, sizeof(*h));
	uint32_t length;

	if (!h)
		return NULL;
	length = h->length;
	if (length < sizeof(*h) || length > MAX_TABLE_BYTES)
		return NULL;
	h = view(w, pa, length);
	return h && !acpi_sum(h, length) ? h : NULL;
}

/* NULL unless both checksums (one of revision 0) are right. */
static const struct acpi_rsdp *view_rsdp(const struct walk *w, uint64_t pa,
					 uint32_t *size)
{
	const struct acpi_rsdp *p;

	*size = ACPI_RSDP_V1_BYTES;
	p = view(w, pa, *size);
	if (!p || memcmp(p, "RSD PTR ", sizeof(p->signature)) ||
	    acpi_sum(p, *size))
		return NULL;
	if (p->revision < 2)
		return p;
	p = view(w, pa, sizeof(*p));
	if (!p || p->length < sizeof(*p) || p->length > MAX_TABLE_BYTES)
		return NULL;
	*size = p->length;
	p = view(w, pa, *size);
	return p && !acpi_sum(p, *size) ? p : NULL;
}

/* Of XSDT or, with 4-byte entries, RSDT. */
struct root {
	uint64_t pa;
	const char *signature;
	uint32_t step;
};

static enum acpi_error read_rsdp(struct walk *w, uint64_t pa, struct root *root)
{
	const struct acpi_rsdp *p;
	uint32_t size;

	p = view_rsdp(w, pa, &size);
	if (!p)
		return fail(ACPI_NO_RSDP, w->bad, pa);
	memcpy(w->a->oem_id, p->oem_id, sizeof(w->a->oem_id));
	*root = (struct root){p->rsdt_address, "RSDT", 4};
	if (p->revision >= 2 && p->xsdt_address)
		*root = (struct root){p->xsdt_address, "XSDT", 8};
	return add_extent(w, pa, size);
}

static enum acpi_error read_dsdt(struct walk *w, uint64_t pa)
{
	const struct acpi_header *h;

	if (!pa)
		return ACPI_OK;
	h = view_table(w, pa);
	if (!h || !has_signature(h, "DSDT"))
		return fail(ACPI_BAD_TABLE, w->bad, pa);
	return add_extent(w, pa, h->length);
}

static enum acpi_error read_facs(struct walk *w, uint64_t pa)
{
	const struct acpi_header *f;

	if (!pa)
		return ACPI_OK;
	f = view(w, pa, sizeof(*f));
	if (!f || !has_signature(f, "FACS") || f->length < FACS_MIN_BYTES ||
	    f->length > MAX_TABLE_BYTES || !view(w, pa, f->length))
		return fail(ACPI_BAD_TABLE, w->bad, pa);
	return add_extent(w, pa, f->length);
}

/* Only for what it points to: this memory is in use as well. */
static enum acpi_error read_fadt(struct walk *w, uint64_t pa,
				 const struct acpi_header *h)
{
	const struct acpi_fadt *f = (const void *)h;
	bool wide = h->length >= sizeof(*f);
	enum acpi_error e;

	if (h->length < ACPI_FADT_V1_BYTES)
		return fail(ACPI_BAD_TABLE, w->bad, pa);
	e = read_dsdt(w, wide && f->x_dsdt ? f->x_dsdt : f->dsdt);
	if (e)
		return e;
	return read_facs(w, wide && f->x_facs ? f->x_facs : f->facs);
}

static bool is_replaced(const struct acpi_header *h)
{
	return has_signature(h, "APIC") || has_signature(h, "SRAT") ||
	       has_signature(h, "SLIT") || has_signature(h, SCAR_SIGNATURE);
}

static enum acpi_error read_listed(struct walk *w, uint64_t pa)
{
	const struct acpi_header *h = view_table(w, pa);
	struct acpi_tables *a = w->a;
	enum acpi_error e;

	if (!h)
		return fail(ACPI_BAD_TABLE, w->bad, pa);
	e = add_extent(w, pa, h->length);
	if (e)
		return e;
	if (has_signature(h, "APIC") && !a->madt) {
		a->madt = h;
		a->madt_length = h->length;
		a->madt_pa = pa;
	}
	if (!is_replaced(h))
		a->pa[a->nr++] = pa;
	return has_signature(h, "FACP") ? read_fadt(w, pa, h) : ACPI_OK;
}

static enum acpi_error read_root(struct walk *w, const struct root *root)
{
	const struct acpi_header *h = view_table(w, root->pa);
	enum acpi_error e;
	uint32_t size, nr;

	if (!h || !has_signature(h, root->signature) ||
	    (h->length - sizeof(*h)) % root->step)
		return fail(ACPI_NO_XSDT, w->bad, root->pa);
	e = add_extent(w, root->pa, h->length);
	size = h->length - (uint32_t)sizeof(*h);
	nr = size / root->step;
	if (nr > ACPI_MAX_TABLES)
		return fail(ACPI_TOO_MANY, w->bad, nr);
	for (uint32_t i = 0; i < nr && !e; i++) {
		uint64_t pa = 0;

		memcpy(&pa, (const uint8_t *)(h + 1) + i * root->step,
		       root->step);
		/* Linux skips these too. */
		if (pa)
			e = read_listed(w, pa);
	}
	return e;
}

enum acpi_error acpi_read(struct acpi_tables *a, struct acpi_memory mem,
			  uint64_t rsdp_pa, uint64_t *bad)
{
	struct walk w = {a, mem, bad};
	struct root root;
	enum acpi_error e;

	memset(a, 0, sizeof(*a));
	*bad = 0;
	e = read_rsdp(&w, rsdp_pa, &root);
	return e ? e : read_root(&w, &root);
}

/* ---- MADT --------------------------------------------------------------- */

static enum acpi_error stop(struct acpi_madt_entry *e, enum acpi_error error,
			    uint64_t bad)
{
	e->bad = bad;
	e->error = error;
	return error;
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
static enum acpi_error read_entry(struct acpi_madt_entry *e, const uint8_t *p)
{
	if (p[0] == ACPI_MADT_LAPIC)
		read_lapic(e, p);
	else if (p[0] == ACPI_MADT_X2APIC)
		read_x2apic(e, p);
	else
		return ACPI_OK;
	if (!e->is_vcpu)
		return stop(e, ACPI_BAD_MADT, e->offset);
	if (e->uid >= TOPOLOGY_MAX_VCPUS)
		return stop(e, ACPI_VCPU_RANGE, e->uid);
	return ACPI_OK;
}

bool acpi_madt_next(const struct acpi_tables *a, struct acpi_madt_entry *e)
{
	uint32_t at = e->length ? e->offset + e->length
				: (uint32_t)sizeof(struct acpi_madt);
	const uint8_t *p;

	*e = (struct acpi_madt_entry){.offset = at};
	if (!a->madt)
		return !stop(e, ACPI_NO_MADT, 0);
	if (at == a->madt_length)
		return false;
	if (at > a->madt_length || a->madt_length - at < ENTRY_MIN_BYTES)
		return !stop(e, ACPI_BAD_MADT, at);
	p = (const uint8_t *)a->madt + at;
	e->length = p[1];
	if (e->length < ENTRY_MIN_BYTES || e->length > a->madt_length - at)
		return !stop(e, ACPI_BAD_MADT, at);
	return !read_entry(e, p);
}

static enum acpi_error add_vcpu(struct topology *t,
				const struct acpi_madt_entry *e, uint64_t *bad)
{
	struct topology_vcpu *v = &t->vcpu[e->uid];

	if (v->present)
		return fail(ACPI_VCPU_TWICE, bad, e->uid);
	for (uint32_t id = 0; id < t->nr_vcpus; id++)
		if (t->vcpu[id].present && t->vcpu[id].apic_id == e->apic_id)
			return fail(ACPI_VCPU_TWICE, bad, e->uid);
	v->present = true;
	v->enabled = e->enabled;
	v->apic_id = e->apic_id;
	if (e->uid >= t->nr_vcpus)
		t->nr_vcpus = e->uid + 1;
	return ACPI_OK;
}

static enum acpi_error read_vcpus(const struct acpi_tables *a,
				  struct topology *t, uint64_t *bad)
{
	struct acpi_madt_entry entry = {.length = 0};
	enum acpi_error e = ACPI_OK;

	while (!e && acpi_madt_next(a, &entry))
		if (entry.is_vcpu)
			e = add_vcpu(t, &entry, bad);
	if (e)
		return e;
	if (entry.error)
		return fail(entry.error, bad, entry.bad);
	return t->vcpu[0].enabled ? ACPI_OK : fail(ACPI_NO_VCPU0, bad, 0);
}

enum acpi_error acpi_read_madt(const struct acpi_tables *a, struct topology *t,
			       uint64_t *bad)
{
	enum acpi_error e;

	memset(t->vcpu, 0, sizeof(t->vcpu));
	t->nr_vcpus = 0;
	*bad = 0;
	e = read_vcpus(a, t, bad);
	if (e) {
		memset(t->vcpu, 0, sizeof(t->vcpu));
		t->nr_vcpus = 0;
	}
	return e;
}
