/* SPDX-License-Identifier: MIT */
/*
 * Builds the tables for Linux one after the other in the caller's buffer: MADT,
 * SRAT, SLIT, SSDT, SCAR, then XSDT and RSDP, which lead to them and to libxl's
 * other tables. Trusts topology and plan, not the MADT. Pure.
 */
#include "acpi.h"

#include <string.h>

#include "abi/acpi.h"
#include "abi/sidecar.h"

#define TABLE_ALIGN	 16u
#define OEM_TABLE_ID	 "SIDECAR "
#define CREATOR_ID	 "XSHM"
#define OUR_REVISION	 1u /* OEM and creator revision */
#define RSDP_REVISION	 2u
#define XSDT_REVISION	 1u
#define SRAT_REVISION	 3u
#define SLIT_REVISION	 1u
#define SRAT_TABLE_VALUE 1u /* fixed, for compatibility */
#define SSDT_REVISION	 2u /* integers of 64 bits */
#define SCAR_REVISION	 1u
#define MAX_TYPE0_ID	 254u /* 255 is broadcast: beyond are x2APIC entries */

/* MADT, SRAT, SLIT, SSDT, SCAR */
#define MAX_ADDED 5

_Static_assert(offsetof(struct scar_header, abi_version) ==
		       sizeof(struct acpi_header),
	       "SCAR starts with a table header");

struct writer {
	const struct acpi_build *b;
	uint32_t used;
	uint32_t nr; /* tables for the XSDT beside the old ones */
	uint64_t pa[MAX_ADDED];
};

/* Takes @size zeroed bytes of the buffer; NULL if they are not there. */
static void *table_reserve(struct writer *w, uint64_t size, uint64_t *pa)
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

/* Starts a table of @size bytes that is all zero after its header. */
static void *table_begin(struct writer *w, const char *signature,
			 uint8_t revision, uint64_t size, uint64_t *pa)
{
	struct acpi_header *h = table_reserve(w, size, pa);

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

static void table_finish(void *table)
{
	struct acpi_header *h = table;

	h->checksum = 0;
	h->checksum = (uint8_t)-acpi_sum(h, h->length);
}

static void xsdt_add(struct writer *w, uint64_t pa)
{
	w->pa[w->nr++] = pa;
}

/* ---- MADT --------------------------------------------------------------- */

/* Where the entries of vCPUs are in the old table; 0 if there is none. */
struct vcpu_entries {
	uint32_t at[TOPOLOGY_MAX_VCPUS];
	uint32_t first; /* of them all */
};

static struct error find_vcpus(const struct acpi_tables *a,
			       struct vcpu_entries *v)
{
	struct acpi_madt_entry e = {.length = 0};

	memset(v->at, 0, sizeof(v->at));
	v->first = a->madt_length;
	while (acpi_madt_next(a, &e)) {
		if (!e.is_vcpu)
			continue;
		if (v->at[e.uid])
			return error_number(ACPI_VCPU_TWICE, e.uid);
		v->at[e.uid] = e.offset;
		if (e.offset < v->first)
			v->first = e.offset;
	}
	return e.error;
}

static uint8_t *copy_vcpu(const struct acpi_tables *a, struct vcpu_entries *v,
			  uint32_t id, uint8_t *to)
{
	const uint8_t *entry = (const uint8_t *)a->madt + v->at[id];
	uint8_t length = entry[1];

	if (!v->at[id])
		return to;
	memcpy(to, entry, length);
	v->at[id] = 0; /* each once */
	return to + length;
}

/* Copies those that are not of vCPUs and start in [start, end). */
static uint8_t *copy_others(const struct acpi_tables *a, uint32_t start,
			    uint32_t end, uint8_t *to)
{
	struct acpi_madt_entry e = {.length = 0};

	while (acpi_madt_next(a, &e)) {
		if (e.is_vcpu || e.offset < start || e.offset >= end)
			continue;
		memcpy(to, (const uint8_t *)a->madt + e.offset, e.length);
		to += e.length;
	}
	return to;
}

static bool is_hot_added(const struct writer *w, uint32_t id)
{
	return w->b->reorder && w->b->hot_added && w->b->hot_added[id];
}

/*
 * Online capable is what Linux asks for where libxl's tables are of ACPI 6.3 or
 * newer; before that the bit says nothing.
 */
static void entry_disable(const struct writer *w, uint8_t *entry)
{
	struct acpi_madt_lapic *l = (void *)entry;
	struct acpi_madt_x2apic *x = (void *)entry;
	bool wide = l->type == ACPI_MADT_X2APIC;
	uint32_t id = wide ? x->uid : l->uid;
	uint32_t flags = wide ? x->flags : l->flags;

	if (!is_hot_added(w, id))
		return;
	flags = (flags & ~ACPI_MADT_ENABLED) | ACPI_MADT_ONLINE_CAPABLE;
	if (wide)
		x->flags = flags;
	else
		l->flags = flags;
}

/* From @from to @to are entries of vCPUs. */
static void madt_disable(const struct writer *w, uint8_t *from,
			 const uint8_t *to)
{
	for (; from < to; from += from[1])
		entry_disable(w, from);
}

/*
 * The same entries in another order: header and checksum do not change, unless
 * some of them are disabled.
 */
static struct error write_madt(struct writer *w)
{
	const struct acpi_tables *a = w->b->old;
	const struct plan *plan = w->b->plan;
	struct vcpu_entries v;
	struct error e = find_vcpus(a, &v);
	uint8_t *table, *first, *to;
	uint64_t pa;

	if (e.code)
		return e;
	table = table_reserve(w, a->madt_length, &pa);
	if (!table)
		return error_plain(ACPI_NO_ROOM);
	memcpy(table, a->madt, sizeof(struct acpi_madt));
	to = table + sizeof(struct acpi_madt);
	first = to = copy_others(a, 0, v.first, to);
	for (uint32_t i = 0; i < plan->nr_order; i++)
		to = copy_vcpu(a, &v, plan->order[i], to);
	for (uint32_t id = 0; id < TOPOLOGY_MAX_VCPUS; id++)
		to = copy_vcpu(a, &v, id, to);
	copy_others(a, v.first, a->madt_length, to);
	if (w->b->hot_added) {
		madt_disable(w, first, to);
		table_finish(table);
	}
	xsdt_add(w, pa);
	return NO_ERROR;
}

/* ---- SRAT and SLIT ------------------------------------------------------ */

static uint8_t *srat_put_lapic(uint8_t *to, const struct topology_vcpu *v)
{
	struct acpi_srat_lapic c = {
		.type = ACPI_SRAT_LAPIC,
		.length = sizeof(c),
		.domain_low = (uint8_t)v->vnode,
		.domain_high = {(uint8_t)(v->vnode >> 8),
				(uint8_t)(v->vnode >> 16),
				(uint8_t)(v->vnode >> 24)},
		.apic_id = (uint8_t)v->apic_id,
		.flags = ACPI_SRAT_ENABLED,
	};

	memcpy(to, &c, sizeof(c));
	return to + sizeof(c);
}

static uint8_t *srat_put_x2apic(uint8_t *to, const struct topology_vcpu *v)
{
	struct acpi_srat_x2apic c = {
		.type = ACPI_SRAT_X2APIC,
		.length = sizeof(c),
		.domain = v->vnode,
		.x2apic_id = v->apic_id,
		.flags = ACPI_SRAT_ENABLED,
	};

	memcpy(to, &c, sizeof(c));
	return to + sizeof(c);
}

/* A vnode without memory may have an empty range: it gets no entry. */
static uint8_t *srat_put_range(uint8_t *to, const struct topology_range *r)
{
	struct acpi_srat_memory m = {
		.type = ACPI_SRAT_MEMORY,
		.length = sizeof(m),
		.domain = r->vnode,
		.base = r->start,
		.size = r->end - r->start,
		.flags = ACPI_SRAT_ENABLED,
	};

	if (r->start == r->end)
		return to;
	memcpy(to, &m, sizeof(m));
	return to + sizeof(m);
}

static uint64_t srat_size(const struct topology *t)
{
	uint64_t size = sizeof(struct acpi_srat);

	for (uint32_t id = 0; id < t->nr_vcpus; id++) {
		if (!t->vcpu[id].present)
			continue;
		if (t->vcpu[id].apic_id <= MAX_TYPE0_ID)
			size += sizeof(struct acpi_srat_lapic);
		else
			size += sizeof(struct acpi_srat_x2apic);
	}
	for (uint32_t i = 0; i < t->nr_ranges; i++)
		if (t->range[i].start != t->range[i].end)
			size += sizeof(struct acpi_srat_memory);
	return size;
}

static uint8_t *srat_put_vcpus_of(uint8_t *to, const struct topology *t,
				  uint32_t vnode)
{
	for (uint32_t id = 0; id < t->nr_vcpus; id++) {
		const struct topology_vcpu *v = &t->vcpu[id];

		if (!v->present || v->vnode != vnode)
			continue;
		to = v->apic_id <= MAX_TYPE0_ID ? srat_put_lapic(to, v)
						: srat_put_x2apic(to, v);
	}
	return to;
}

/*
 * vCPUs go by vnode: Linux numbers its nodes in the order in which it meets
 * the proximity domains, and processors come first.
 */
static struct error write_srat(struct writer *w)
{
	const struct topology *t = w->b->topology;
	struct acpi_srat *srat;
	uint8_t *to;
	uint64_t pa;

	srat = table_begin(w, "SRAT", SRAT_REVISION, srat_size(t), &pa);
	if (!srat)
		return error_plain(ACPI_NO_ROOM);
	srat->one = SRAT_TABLE_VALUE;
	to = (uint8_t *)(srat + 1);
	for (uint32_t vnode = 0; vnode < t->nr_vnodes; vnode++)
		to = srat_put_vcpus_of(to, t, vnode);
	for (uint32_t i = 0; i < t->nr_ranges; i++)
		to = srat_put_range(to, &t->range[i]);
	table_finish(srat);
	xsdt_add(w, pa);
	return NO_ERROR;
}

static struct error write_slit(struct writer *w)
{
	const struct topology *t = w->b->topology;
	uint64_t bytes = (uint64_t)t->nr_vnodes * t->nr_vnodes;
	struct acpi_slit *slit;
	uint64_t pa;

	slit = table_begin(w, "SLIT", SLIT_REVISION, sizeof(*slit) + bytes,
			   &pa);
	if (!slit)
		return error_plain(ACPI_NO_ROOM);
	slit->localities = t->nr_vnodes;
	memcpy(slit + 1, t->distance, bytes);
	table_finish(slit);
	xsdt_add(w, pa);
	return NO_ERROR;
}

/* ---- SSDT --------------------------------------------------------------- */

/*
 * Scope (\_SB.PRxx) { Name (_PXM, n) }, in AML: ACPI specification 6.5, 20.2.
 * PRxx is libxl's (mk_dsdt.c), which has no _PXM.
 */
struct aml_pxm {
	uint8_t scope_op, package_length; /*  0 */
	uint8_t root, dual_name;	  /*  2 */
	char sb[4], processor[4];	  /*  4 */
	uint8_t name_op;		  /* 12 */
	char pxm[4];			  /* 13 */
	uint8_t byte_prefix, vnode;	  /* 17 */
} __attribute__((packed));
_Static_assert(sizeof(struct aml_pxm) == 19, "AML of a vCPU");
_Static_assert(TOPOLOGY_MAX_VNODES <= UINT8_MAX && TOPOLOGY_MAX_VCPUS <= 256,
	       "vnode and vCPU id have a byte each");

static void ssdt_put_vcpu(struct aml_pxm *to, uint32_t id, uint32_t vnode)
{
	static const char digits[] = "0123456789ABCDEF";

	*to = (struct aml_pxm){
		.scope_op = 0x10,
		/* of all behind the first byte */
		.package_length = sizeof(*to) - 1,
		.root = '\\',
		.dual_name = 0x2e,
		.sb = {'_', 'S', 'B', '_'},
		.processor = {'P', 'R', digits[id >> 4], digits[id & 15]},
		.name_op = 0x08,
		.pxm = {'_', 'P', 'X', 'M'},
		.byte_prefix = 0x0a,
		.vnode = (uint8_t)vnode,
	};
}

/* Linux has to know the node of a CPU before it adds it. */
static struct error write_ssdt(struct writer *w)
{
	const struct topology *t = w->b->topology;
	struct acpi_header *ssdt;
	struct aml_pxm *to;
	uint32_t nr = 0;
	uint64_t pa;

	for (uint32_t id = 0; id < t->nr_vcpus; id++)
		nr += is_hot_added(w, id);
	if (!nr)
		return NO_ERROR;
	ssdt = table_begin(w, "SSDT", SSDT_REVISION,
			   sizeof(*ssdt) + nr * sizeof(*to), &pa);
	if (!ssdt)
		return error_plain(ACPI_NO_ROOM);
	to = (struct aml_pxm *)(ssdt + 1);
	for (uint32_t id = 0; id < t->nr_vcpus; id++)
		if (is_hot_added(w, id))
			ssdt_put_vcpu(to++, id, t->vcpu[id].vnode);
	table_finish(ssdt);
	xsdt_add(w, pa);
	return NO_ERROR;
}

/* ---- SCAR --------------------------------------------------------------- */

static bool has_carve(const struct plan_node *n)
{
	return n->carve.end > n->carve.start;
}

static uint32_t count_carves(const struct plan *p)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < p->nr_nodes; i++)
		nr += has_carve(&p->node[i]);
	return nr;
}

static void scar_put_nodes(struct scar_node *to, const struct plan *p)
{
	for (uint32_t i = 0; i < p->nr_nodes; i++) {
		const struct plan_node *n = &p->node[i];

		if (!has_carve(n))
			continue;
		*to++ = (struct scar_node){
			.carve_pa = n->carve.start,
			.carve_size = n->carve.end - n->carve.start,
			.node = i,
			.vnode = n->vnode,
			.carve_vnode = n->carve_vnode,
			.nr_vcpus = n->nr,
		};
	}
}

static struct error write_scar(struct writer *w)
{
	const struct acpi_sidecar *s = &w->b->sidecar;
	uint32_t nr = count_carves(w->b->plan);
	struct scar_header *scar;
	uint64_t pa;

	scar = table_begin(w, SCAR_SIGNATURE, SCAR_REVISION,
			   sizeof(*scar) + nr * sizeof(struct scar_node), &pa);
	if (!scar)
		return error_plain(ACPI_NO_ROOM);
	scar->abi_version = SIDECAR_ABI_VERSION;
	scar->log_pa = s->log_pa;
	scar->log_size = s->log_size;
	scar->low_pa = s->low_pa;
	scar->low_size = s->low_size;
	scar->nr_nodes = nr;
	scar->node_size = sizeof(struct scar_node);
	scar_put_nodes((struct scar_node *)(scar + 1), w->b->plan);
	table_finish(scar);
	xsdt_add(w, pa);
	return NO_ERROR;
}

/* ---- XSDT and RSDP ------------------------------------------------------ */

static struct error write_xsdt(struct writer *w, uint64_t *pa)
{
	const struct acpi_tables *a = w->b->old;
	uint64_t kept = (uint64_t)a->nr * sizeof(uint64_t);
	uint64_t added = (uint64_t)w->nr * sizeof(uint64_t);
	struct acpi_header *h;

	h = table_begin(w, "XSDT", XSDT_REVISION, sizeof(*h) + kept + added,
			pa);
	if (!h)
		return error_plain(ACPI_NO_ROOM);
	memcpy(h + 1, a->pa, kept);
	memcpy((uint8_t *)(h + 1) + kept, w->pa, added);
	table_finish(h);
	return NO_ERROR;
}

/*
 * No RSDT: readers of revision 2 (Linux: above 1) use the XSDT, and the tables
 * may lie above 4 GiB, where an RSDT cannot point.
 */
static struct error write_rsdp(struct writer *w, uint64_t xsdt_pa, uint64_t *pa)
{
	struct acpi_rsdp *p = table_reserve(w, sizeof(*p), pa);

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

static struct error write_tables(struct writer *w)
{
	struct error e = NO_ERROR;

	if (w->b->reorder)
		e = write_madt(w);
	else
		xsdt_add(w, w->b->old->madt_pa);
	if (!e.code && w->b->numa)
		e = write_srat(w);
	if (!e.code && w->b->numa)
		e = write_slit(w);
	if (!e.code && w->b->numa)
		e = write_ssdt(w);
	if (!e.code && w->b->plan->status == PLAN_ON)
		e = write_scar(w);
	return e;
}

struct error acpi_write(const struct acpi_build *b, uint64_t *rsdp_pa,
			uint32_t *used)
{
	struct writer w = {.b = b};
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
