/* SPDX-License-Identifier: MIT */
/*
 * Builds the ACPI tables that Linux gets. The MADT was checked by
 * acpi_read_madt(). Pure.
 */
#include <stddef.h>
#include <string.h>

#include "abi/acpi.h"
#include "abi/sidecar.h"
#include "acpi.h"

#define ALIGN_BYTES   16u
#define SRAT_REVISION 3
#define XSDT_MAX      (ACPI_MAX_TABLES + 4)

/* The output being filled; a table under construction starts at @table. */
struct out {
	const struct acpi_build *b;
	uint32_t table, used;
	bool full;
	uint32_t nr;
	uint64_t pa[XSDT_MAX];
};

static void *put(struct out *o, uint32_t size)
{
	void *p = o->b->out + o->used;

	if (o->full || size > o->b->out_size - o->used) {
		o->full = true;
		return NULL;
	}
	memset(p, 0, size);
	o->used += size;
	return p;
}

static void put_bytes(struct out *o, const void *from, uint32_t size)
{
	void *p = put(o, size);

	if (p)
		memcpy(p, from, size);
}

/* Starts a table at an aligned place; its header is filled by end(). */
static void *begin(struct out *o, uint32_t size)
{
	uint32_t over = o->used % ALIGN_BYTES;

	if (over)
		put(o, ALIGN_BYTES - over);
	o->table = o->used;
	return put(o, size);
}

static uint8_t checksum(const uint8_t *p, uint32_t n)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	return (uint8_t)-sum;
}

static void end(struct out *o, const char *signature, uint8_t revision)
{
	uint8_t *p = o->b->out + o->table;
	struct acpi_header *h = (struct acpi_header *)p;

	if (o->full)
		return;
	memcpy(h->signature, signature, 4);
	h->length = o->used - o->table;
	h->revision = revision;
	memcpy(h->oem_id, o->b->old->oem_id, sizeof(h->oem_id));
	memcpy(h->oem_table_id, "SIDECAR ", 8);
	h->oem_revision = 1;
	memcpy(h->creator_id, "XSHM", 4);
	h->creator_revision = 1;
	h->checksum = 0;
	h->checksum = checksum(p, h->length);
}

static void list(struct out *o, uint64_t pa)
{
	if (o->nr < XSDT_MAX)
		o->pa[o->nr++] = pa;
	else
		o->full = true;
}

/* ---- MADT --------------------------------------------------------------- */

/* Copies the entries of vCPU @id, or all that are no CPU (@id < 0). */
static void put_madt_entries(struct out *o, int64_t id)
{
	const struct acpi_tables *old = o->b->old;
	const uint8_t *m = old->madt;
	struct acpi_cpu cpu;

	for (uint32_t i = sizeof(struct acpi_madt); i < old->madt_length;
	     i += m[i + 1]) {
		bool is_cpu = acpi_madt_cpu(m + i, &cpu);

		if (is_cpu ? id == (int64_t)cpu.uid : id < 0)
			put_bytes(o, m + i, m[i + 1]);
	}
}

static void write_madt(struct out *o)
{
	const struct acpi_tables *old = o->b->old;
	const struct acpi_header *h = old->madt;
	const struct plan *p = o->b->plan;
	struct acpi_madt *m;

	if (!o->b->reorder) {
		list(o, old->madt_pa);
		return;
	}
	m = begin(o, sizeof(*m));
	if (m)
		memcpy(m, old->madt, sizeof(*m));
	for (uint32_t i = 0; i < p->nr_order; i++)
		put_madt_entries(o, p->order[i]);
	put_madt_entries(o, -1);
	end(o, "APIC", h->revision);
	list(o, o->b->out_pa + o->table);
}

/* ---- SRAT and SLIT ------------------------------------------------------ */

static void put_srat_cpu(struct out *o, const struct topology_vcpu *v)
{
	struct acpi_srat_lapic l = {
		.type = ACPI_SRAT_LAPIC,
		.length = sizeof(l),
		.domain_low = (uint8_t)v->vnode, /* below 128: one byte */
		.apic_id = (uint8_t)v->apic_id,
		.flags = ACPI_SRAT_ENABLED,
	};
	struct acpi_srat_x2apic x = {
		.type = ACPI_SRAT_X2APIC,
		.length = sizeof(x),
		.domain = v->vnode,
		.x2apic_id = v->apic_id,
		.flags = ACPI_SRAT_ENABLED,
	};

	/* 255 is xAPIC's broadcast id */
	if (v->apic_id < 255)
		put_bytes(o, &l, sizeof(l));
	else
		put_bytes(o, &x, sizeof(x));
}
_Static_assert(TOPOLOGY_MAX_VNODES <= 256, "domain_low holds a vnode");

static void write_srat(struct out *o)
{
	const struct topology *t = o->b->topology;
	struct acpi_srat *s = begin(o, sizeof(*s));

	if (s)
		s->one = 1;
	for (uint32_t i = 0; i < t->nr_vcpus; i++)
		if (t->vcpu[i].present)
			put_srat_cpu(o, &t->vcpu[i]);
	for (uint32_t i = 0; i < t->nr_ranges; i++) {
		struct acpi_srat_memory m = {
			.type = ACPI_SRAT_MEMORY,
			.length = sizeof(m),
			.domain = t->range[i].vnode,
			.base = t->range[i].start,
			.size = t->range[i].end - t->range[i].start,
			.flags = ACPI_SRAT_ENABLED,
		};

		put_bytes(o, &m, sizeof(m));
	}
	end(o, "SRAT", SRAT_REVISION);
	list(o, o->b->out_pa + o->table);
}

static void write_slit(struct out *o)
{
	const struct topology *t = o->b->topology;
	struct acpi_slit *s = begin(o, sizeof(*s));

	if (s)
		s->localities = t->nr_vnodes;
	put_bytes(o, t->distance, t->nr_vnodes * t->nr_vnodes);
	end(o, "SLIT", 1);
	list(o, o->b->out_pa + o->table);
}

/* ---- SCAR --------------------------------------------------------------- */

static void write_scar(struct out *o)
{
	const struct acpi_sidecar *c = &o->b->sidecar;
	const struct plan *p = o->b->plan;
	struct scar_header *h = begin(o, sizeof(*h));
	uint32_t nr = 0;

	for (uint32_t i = 0; i < p->nr_nodes; i++) {
		const struct plan_node *n = &p->node[i];
		struct scar_node s = {
			.carve_pa = n->carve.start,
			.carve_size = n->carve.end - n->carve.start,
			.node = i,
			.vnode = n->vnode,
			.carve_vnode = n->carve_vnode,
			.nr_vcpus = n->nr,
		};

		if (!n->nr_parked)
			continue;
		put_bytes(o, &s, sizeof(s));
		nr++;
	}
	if (h) {
		h->abi_version = SIDECAR_ABI_VERSION;
		h->log_pa = c->log_pa;
		h->log_size = c->log_size;
		h->low_size = c->low_size;
		h->low_pa = c->low_pa;
		h->nr_nodes = nr;
		h->node_size = sizeof(struct scar_node);
	}
	end(o, SCAR_SIGNATURE, 1);
	list(o, o->b->out_pa + o->table);
}
_Static_assert(sizeof(struct acpi_header) ==
		       offsetof(struct scar_header, abi_version),
	       "SCAR starts with a table header");

/* ---- XSDT and RSDP ------------------------------------------------------ */

/* Linux takes the XSDT of a revision 2 RSDP, so there need be no RSDT. */
static void write_root(struct out *o, uint64_t *rsdp_pa)
{
	struct acpi_rsdp *r;
	uint64_t xsdt_pa;

	begin(o, sizeof(struct acpi_header));
	put_bytes(o, o->pa, o->nr * (uint32_t)sizeof(o->pa[0]));
	end(o, "XSDT", 1);
	xsdt_pa = o->b->out_pa + o->table;
	r = begin(o, sizeof(*r));
	if (!r)
		return;
	memcpy(r->signature, "RSD PTR ", 8);
	memcpy(r->oem_id, o->b->old->oem_id, sizeof(r->oem_id));
	r->revision = 2;
	r->length = sizeof(*r);
	r->xsdt_address = xsdt_pa;
	r->checksum = checksum((uint8_t *)r, ACPI_RSDP_V1_BYTES);
	r->extended_checksum = checksum((uint8_t *)r, sizeof(*r));
	*rsdp_pa = o->b->out_pa + o->table;
}

enum acpi_error acpi_write(const struct acpi_build *b, uint64_t *rsdp_pa,
			   uint32_t *used)
{
	struct out o = {.b = b};

	for (uint32_t i = 0; i < b->old->nr; i++)
		list(&o, b->old->pa[i]);
	write_madt(&o);
	if (b->numa) {
		write_srat(&o);
		write_slit(&o);
	}
	if (b->plan->status == PLAN_ON)
		write_scar(&o);
	write_root(&o, rsdp_pa);
	*used = o.used;
	return o.full ? ACPI_NO_ROOM : ACPI_OK;
}
