/* SPDX-License-Identifier: MIT */
/*
 * Reads libxl's ACPI tables. Every length is checked before anything behind
 * it is looked at; nothing is followed more than once. Pure.
 */
#include <string.h>

#include "abi/acpi.h"
#include "acpi.h"

#define TABLE_MAX (1u << 20) /* longer than any table of a PVH guest */

const char *acpi_error_text(enum acpi_error e)
{
	switch (e) {
	case ACPI_OK:
		return "ok";
	case ACPI_NO_RSDP:
		return "no valid RSDP at";
	case ACPI_NO_XSDT:
		return "no valid XSDT at";
	case ACPI_BAD_TABLE:
		return "bad length or checksum of the table at";
	case ACPI_TOO_MANY:
		return "too many tables";
	case ACPI_NO_MADT:
		return "no MADT";
	case ACPI_BAD_MADT:
		return "bad MADT entry at offset";
	case ACPI_VCPU_RANGE:
		return "vCPU id too large";
	case ACPI_VCPU_TWICE:
		return "vCPU listed twice";
	case ACPI_NO_VCPU0:
		return "vCPU 0 missing or not enabled";
	case ACPI_NO_ROOM:
		return "no room for the tables";
	}
	return "unknown error";
}

static const void *at(struct acpi_memory mem, uint64_t pa, uint64_t size)
{
	return pa && pa <= UINT64_MAX - size ? mem.at(mem.ctx, pa, size) : NULL;
}

static bool sums_to_zero(const uint8_t *p, uint32_t n)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	return !sum;
}

static bool is(const char *signature, const char *want)
{
	return !memcmp(signature, want, 4);
}

static bool extent_add(struct acpi_tables *a, uint64_t pa, uint64_t size)
{
	if (a->nr_extents >= sizeof(a->extent) / sizeof(a->extent[0]))
		return false;
	a->extent[a->nr_extents++] = (struct range){pa, pa + size};
	return true;
}

/* The whole table at @pa, checked; NULL if it is none. */
static const void *table_at(struct acpi_tables *a, struct acpi_memory mem,
			    uint64_t pa, uint32_t min, uint32_t *length)
{
	struct acpi_header h;
	const void *p = at(mem, pa, sizeof(h));

	if (!p)
		return NULL;
	memcpy(&h, p, sizeof(h));
	if (h.length < min || h.length > TABLE_MAX)
		return NULL;
	p = at(mem, pa, h.length);
	if (!p || !sums_to_zero(p, h.length) || !extent_add(a, pa, h.length))
		return NULL;
	*length = h.length;
	return p;
}

static enum acpi_error read_rsdp(struct acpi_tables *a, struct acpi_memory mem,
				 uint64_t pa, struct acpi_rsdp *r)
{
	const void *p = at(mem, pa, ACPI_RSDP_V1_BYTES);
	uint32_t length = ACPI_RSDP_V1_BYTES;

	memset(r, 0, sizeof(*r));
	if (!p || memcmp(p, "RSD PTR ", 8) || !sums_to_zero(p, length))
		return ACPI_NO_RSDP;
	memcpy(r, p, length);
	if (r->revision >= 2) {
		length = sizeof(*r);
		p = at(mem, pa, length);
		if (!p || !sums_to_zero(p, length))
			return ACPI_NO_RSDP;
		memcpy(r, p, length);
	}
	memcpy(a->oem_id, r->oem_id, sizeof(a->oem_id));
	return extent_add(a, pa, length) ? ACPI_OK : ACPI_TOO_MANY;
}

/* DSDT and FACS hang off the FADT; the FACS has no checksum. */
static void read_fadt(struct acpi_tables *a, struct acpi_memory mem,
		      const void *p, uint32_t length)
{
	struct acpi_fadt f;
	struct acpi_header h;
	uint64_t dsdt, facs;

	memset(&f, 0, sizeof(f));
	memcpy(&f, p, length < sizeof(f) ? length : sizeof(f));
	dsdt = f.x_dsdt ? f.x_dsdt : f.dsdt;
	facs = f.x_facs ? f.x_facs : f.facs;
	table_at(a, mem, dsdt, sizeof(h), &length);
	p = at(mem, facs, sizeof(h));
	if (!p)
		return;
	memcpy(&h, p, sizeof(h));
	if (is(h.signature, "FACS") && h.length <= TABLE_MAX)
		extent_add(a, facs, h.length);
}

static enum acpi_error add_table(struct acpi_tables *a, struct acpi_memory mem,
				 uint64_t pa)
{
	uint32_t length;
	const char *p =
		table_at(a, mem, pa, sizeof(struct acpi_header), &length);

	if (!p)
		return ACPI_BAD_TABLE;
	if (is(p, "SRAT") || is(p, "SLIT"))
		return ACPI_OK;
	if (is(p, "APIC")) {
		if (a->madt)
			return ACPI_OK;
		a->madt = p;
		a->madt_pa = pa;
		a->madt_length = length;
		return length < sizeof(struct acpi_madt) ? ACPI_BAD_TABLE
							 : ACPI_OK;
	}
	if (is(p, "FACP"))
		read_fadt(a, mem, p, length);
	a->pa[a->nr++] = pa;
	return ACPI_OK;
}

enum acpi_error acpi_read(struct acpi_tables *a, struct acpi_memory mem,
			  uint64_t rsdp_pa, uint64_t *bad)
{
	struct acpi_rsdp r;
	uint32_t length = 0, step, nr;
	uint64_t root;
	enum acpi_error e;
	const uint8_t *p;

	memset(a, 0, sizeof(*a));
	*bad = rsdp_pa;
	e = read_rsdp(a, mem, rsdp_pa, &r);
	if (e)
		return e;
	root = r.xsdt_address ? r.xsdt_address : r.rsdt_address;
	step = r.xsdt_address ? 8 : 4;
	*bad = root;
	p = table_at(a, mem, root, sizeof(struct acpi_header), &length);
	if (!p || !is((const char *)p, step == 8 ? "XSDT" : "RSDT"))
		return ACPI_NO_XSDT;
	nr = (length - (uint32_t)sizeof(struct acpi_header)) / step;
	*bad = nr;
	if (nr > ACPI_MAX_TABLES)
		return ACPI_TOO_MANY;
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t pa = 0;

		memcpy(&pa, p + sizeof(struct acpi_header) + i * step, step);
		*bad = pa;
		e = add_table(a, mem, pa);
		if (e)
			return e;
	}
	return a->madt ? ACPI_OK : ACPI_NO_MADT;
}

/* ---- MADT --------------------------------------------------------------- */

bool acpi_madt_cpu(const uint8_t *entry, struct acpi_cpu *cpu)
{
	struct acpi_madt_lapic l;
	struct acpi_madt_x2apic x;

	if (entry[0] == ACPI_MADT_LAPIC && entry[1] >= sizeof(l)) {
		memcpy(&l, entry, sizeof(l));
		*cpu = (struct acpi_cpu){l.uid, l.apic_id, l.flags};
		return true;
	}
	if (entry[0] == ACPI_MADT_X2APIC && entry[1] >= sizeof(x)) {
		memcpy(&x, entry, sizeof(x));
		*cpu = (struct acpi_cpu){x.uid, x.x2apic_id, x.flags};
		return true;
	}
	return false;
}

static enum acpi_error add_cpu(struct topology *t, const struct acpi_cpu *cpu,
			       uint64_t *bad)
{
	struct topology_vcpu *v;

	*bad = cpu->uid;
	if (cpu->uid >= TOPOLOGY_MAX_VCPUS)
		return ACPI_VCPU_RANGE;
	for (uint32_t i = 0; i < t->nr_vcpus; i++)
		if (t->vcpu[i].present &&
		    (i == cpu->uid || t->vcpu[i].apic_id == cpu->apic_id))
			return ACPI_VCPU_TWICE;
	v = &t->vcpu[cpu->uid];
	v->apic_id = cpu->apic_id;
	v->enabled = cpu->flags & ACPI_MADT_ENABLED;
	v->present = true;
	if (cpu->uid >= t->nr_vcpus)
		t->nr_vcpus = cpu->uid + 1;
	return ACPI_OK;
}

enum acpi_error acpi_read_madt(const struct acpi_tables *a, struct topology *t,
			       uint64_t *bad)
{
	const uint8_t *m = a->madt;
	struct acpi_cpu cpu;
	enum acpi_error e;

	t->nr_vcpus = 0;
	memset(t->vcpu, 0, sizeof(t->vcpu));
	for (uint32_t at_ = sizeof(struct acpi_madt); at_ < a->madt_length;
	     at_ += m[at_ + 1]) {
		*bad = at_;
		if (a->madt_length - at_ < 2 || m[at_ + 1] < 2 ||
		    m[at_ + 1] > a->madt_length - at_)
			return ACPI_BAD_MADT;
		if (!acpi_madt_cpu(m + at_, &cpu))
			continue;
		e = add_cpu(t, &cpu, bad);
		if (e)
			return e;
	}
	*bad = t->nr_vcpus;
	return t->vcpu[0].present && t->vcpu[0].enabled ? ACPI_OK
							: ACPI_NO_VCPU0;
}
