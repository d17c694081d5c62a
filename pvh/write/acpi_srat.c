/* SPDX-License-Identifier: MIT */
/* SRAT and SLIT: the topology. Pure. */
#include "acpi_writer.h"

#include <string.h>

#include "abi/acpi.h"

#define SRAT_REVISION	 3u
#define SLIT_REVISION	 1u
#define SRAT_TABLE_VALUE 1u   /* fixed, for compatibility */
#define MAX_TYPE0_ID	 254u /* 255 is broadcast: beyond are x2APIC entries */

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
struct error acpi_write_srat(struct acpi_writer *w)
{
	const struct topology *t = w->b->topology;
	struct acpi_srat *srat;
	uint8_t *to;
	uint64_t pa;

	srat = acpi_table_begin(w, "SRAT", SRAT_REVISION, srat_size(t), &pa);
	if (!srat)
		return error_plain(ACPI_NO_ROOM);
	srat->one = SRAT_TABLE_VALUE;
	to = (uint8_t *)(srat + 1);
	for (uint32_t vnode = 0; vnode < t->nr_vnodes; vnode++)
		to = srat_put_vcpus_of(to, t, vnode);
	for (uint32_t i = 0; i < t->nr_ranges; i++)
		to = srat_put_range(to, &t->range[i]);
	acpi_table_finish(srat);
	acpi_xsdt_add(w, pa);
	return NO_ERROR;
}

struct error acpi_write_slit(struct acpi_writer *w)
{
	const struct topology *t = w->b->topology;
	uint64_t bytes = (uint64_t)t->nr_vnodes * t->nr_vnodes;
	struct acpi_slit *slit;
	uint64_t pa;

	slit = acpi_table_begin(w, "SLIT", SLIT_REVISION, sizeof(*slit) + bytes,
				&pa);
	if (!slit)
		return error_plain(ACPI_NO_ROOM);
	slit->localities = t->nr_vnodes;
	memcpy(slit + 1, t->distance, bytes);
	acpi_table_finish(slit);
	acpi_xsdt_add(w, pa);
	return NO_ERROR;
}
