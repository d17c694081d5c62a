/* SPDX-License-Identifier: MIT */
/* The MADT in the plan's order. Pure. */
#include "acpi_writer.h"

#include <string.h>

#include "abi/acpi.h"

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

/*
 * Online capable is what Linux asks for where libxl's tables are of ACPI 6.3 or
 * newer; before that the bit says nothing.
 */
static void entry_disable(const struct acpi_writer *w, uint8_t *entry)
{
	struct acpi_madt_lapic *l = (void *)entry;
	struct acpi_madt_x2apic *x = (void *)entry;
	bool wide = l->type == ACPI_MADT_X2APIC;
	uint32_t id = wide ? x->uid : l->uid;
	uint32_t flags = wide ? x->flags : l->flags;

	if (!acpi_is_hot_added(w, id))
		return;
	flags = (flags & ~ACPI_MADT_ENABLED) | ACPI_MADT_ONLINE_CAPABLE;
	if (wide)
		x->flags = flags;
	else
		l->flags = flags;
}

/* From @from to @to are entries of vCPUs. */
static void madt_disable(const struct acpi_writer *w, uint8_t *from,
			 const uint8_t *to)
{
	for (; from < to; from += from[1])
		entry_disable(w, from);
}

/*
 * The same entries in another order: header and checksum do not change, unless
 * some of them are disabled.
 */
struct error acpi_write_madt(struct acpi_writer *w)
{
	const struct acpi_tables *a = w->b->old;
	const struct plan *plan = w->b->plan;
	struct vcpu_entries v;
	struct error e = find_vcpus(a, &v);
	uint8_t *table, *first, *to;
	uint64_t pa;

	if (e.code)
		return e;
	table = acpi_table_reserve(w, a->madt_length, &pa);
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
		acpi_table_finish(table);
	}
	acpi_xsdt_add(w, pa);
	return NO_ERROR;
}
