/* SPDX-License-Identifier: MIT */
/*
 * What the tests of pvh/write/acpi*.c have in common: topologies and plans, and
 * a check of all that was written for them, field by field.
 */
#ifndef ACPI_WRITTEN_H
#define ACPI_WRITTEN_H

#include <stdio.h>

#include "error_value.h"
#include "abi/sidecar.h"
#include "acpi_guest.h"
#include "pvh/write/acpi.h"

static struct plan plan;
static uint64_t new_rsdp;
static const char *dump_dir;
static bool hot_added[TOPOLOGY_MAX_VCPUS]; /* what is to be so */
static bool has_ssdt;			   /* of ours */

static inline enum error_code write_into(uint32_t size, bool numa, bool reorder)
{
	struct acpi_build b = {
		.old = &tables,
		.topology = &topo,
		.plan = &plan,
		.numa = numa,
		.reorder = reorder,
		.hot_added = hot_added,
		.sidecar = {0x7700000, 0x90000, 0x4000, 0x3000},
		.out_pa = OUT_PA,
		.out_size = size,
	};

	free(out);
	b.out = out = malloc(size ? size : 1);
	assert_non_null(out);
	memset(out, 0xa5, size ? size : 1);
	out_used = 0;
	new_rsdp = 0;
	return acpi_write(&b, &new_rsdp, &out_used).code;
}

/* ---- What was written --------------------------------------------------- */

static inline void check_header(uint64_t pa, const char *signature,
				uint8_t revision, bool ours)
{
	const struct acpi_header *h = (void *)at(pa);

	assert_memory_equal(h->signature, signature, 4);
	assert_int_equal(h->revision, revision);
	assert_int_equal(acpi_sum(h, h->length), 0);
	assert_memory_equal(h->oem_id, OEM_ID, 6);
	if (!ours)
		return;
	assert_int_equal(pa % 16, 0);
	assert_true(inside(pa, h->length, OUT_PA, out_used));
	assert_memory_equal(h->oem_table_id, "SIDECAR ", 8);
	assert_memory_equal(h->creator_id, "XSHM", 4);
	assert_int_equal(h->oem_revision, 1);
	assert_int_equal(h->creator_revision, 1);
}

/* The uid if the entry at @p is a vCPU's, else -1. */
static inline int uid_of(const uint8_t *p)
{
	if (p[0] == 0)
		return p[2];
	return p[0] == 9 ? p[12] : -1;
}

static inline const uint8_t *old_entry(uint32_t uid)
{
	const uint8_t *p = g.madt_body + 8;

	while (uid_of(p) != (int)uid)
		p += p[1];
	return p;
}

/* One that is hot-added is disabled and online capable, and else as it was. */
static inline void expect_entry(const uint8_t **p, const uint8_t *want)
{
	uint8_t entry[UINT8_MAX];
	int uid = uid_of(want);

	memcpy(entry, want, want[1]);
	if (uid >= 0 && hot_added[uid]) {
		uint8_t *flags = entry + (want[0] ? 8 : 4);

		flags[0] = (uint8_t)((flags[0] & ~1) | 2);
	}
	assert_memory_equal(*p, entry, want[1]);
	*p += want[1];
}

/* Others before the first vCPU, plan->order, vCPUs not in it, the rest. */
static inline void check_madt(uint64_t pa)
{
	const uint8_t *p = at(pa), *old = g.madt_body + 8;
	const uint8_t *old_end = g.madt_body + g.madt_len;
	bool done[TOPOLOGY_MAX_VCPUS] = {false};

	assert_int_equal(pa % 16, 0);
	assert_int_equal(length_of(pa), 36 + g.madt_len);
	assert_int_equal(acpi_sum(p, length_of(pa)), 0);
	/* but for the checksum */
	assert_memory_equal(p, at(g.madt), 9);
	assert_memory_equal(p + 10, at(g.madt) + 10, 34);
	p += 44;
	for (; uid_of(old) < 0; old += old[1])
		expect_entry(&p, old);
	for (uint32_t i = 0; i < plan.nr_order; i++) {
		expect_entry(&p, old_entry(plan.order[i]));
		done[plan.order[i]] = true;
	}
	for (uint32_t id = 0; id < topo.nr_vcpus; id++)
		if (topo.vcpu[id].present && !done[id])
			expect_entry(&p, old_entry(id));
	for (; old < old_end; old += old[1])
		if (uid_of(old) < 0)
			expect_entry(&p, old);
	assert_ptr_equal(p, at(pa) + length_of(pa));
}

static inline uint32_t apic_id_of(const uint8_t *p, uint32_t *vnode)
{
	const struct acpi_srat_lapic *c = (const void *)p;
	const struct acpi_srat_x2apic *x = (const void *)p;

	if (p[0] == 0) {
		assert_int_equal(p[1], 16);
		assert_int_equal(c->flags, 1);
		assert_int_equal(c->sapic_eid, 0);
		assert_int_equal(c->clock_domain, 0);
		assert_true(c->apic_id < 255);
		memcpy(vnode, c->domain_high, 3);
		*vnode = *vnode << 8 | c->domain_low;
		return c->apic_id;
	}
	assert_int_equal(p[0], 2);
	assert_int_equal(p[1], 24);
	assert_int_equal(x->reserved0 | x->reserved1 | x->clock_domain, 0);
	assert_int_equal(x->flags, 1);
	assert_true(x->x2apic_id >= 255);
	*vnode = x->domain;
	return x->x2apic_id;
}

static inline const uint8_t *check_srat_vcpus(const uint8_t *p)
{
	uint32_t last = 0;

	for (uint32_t v = 0; v < topo.nr_vnodes; v++)
		for (uint32_t id = 0; id < topo.nr_vcpus; id++) {
			uint32_t vnode = 0;

			if (!topo.vcpu[id].present || topo.vcpu[id].vnode != v)
				continue;
			assert_int_equal(apic_id_of(p, &vnode),
					 topo.vcpu[id].apic_id);
			assert_int_equal(vnode, v);
			assert_true(vnode >= last);
			last = vnode;
			p += p[1];
		}
	return p;
}

static inline void check_srat(uint64_t pa)
{
	const struct acpi_srat *s = (void *)at(pa);
	const uint8_t *p = (const uint8_t *)(s + 1);

	check_header(pa, "SRAT", 3, true);
	assert_int_equal(s->one, 1);
	assert_int_equal(s->reserved, 0);
	p = check_srat_vcpus(p);
	for (uint32_t i = 0; i < topo.nr_ranges; i++) {
		const struct topology_range *r = &topo.range[i];
		struct acpi_srat_memory m;

		if (r->start == r->end)
			continue;
		memcpy(&m, p, sizeof(m));
		assert_int_equal(m.type, 1);
		assert_int_equal(m.length, 40);
		assert_int_equal(m.domain, r->vnode);
		assert_int_equal(m.base, r->start);
		assert_int_equal(m.size, r->end - r->start);
		assert_int_equal(m.flags, 1);
		assert_int_equal(m.reserved0 | m.reserved1 | m.reserved2, 0);
		p += sizeof(m);
	}
	assert_ptr_equal(p, at(pa) + length_of(pa));
}

static inline void check_slit(uint64_t pa)
{
	const struct acpi_slit *s = (void *)at(pa);
	uint32_t n = topo.nr_vnodes;

	check_header(pa, "SLIT", 1, true);
	assert_int_equal(s->localities, n);
	assert_int_equal(s->h.length, 44 + n * n);
	assert_memory_equal(s + 1, topo.distance, n * n);
}

static inline uint32_t nr_hot_added(void)
{
	uint32_t nr = 0;

	for (uint32_t id = 0; id < TOPOLOGY_MAX_VCPUS; id++)
		nr += hot_added[id];
	return nr;
}

/* Scope (\_SB.PRxx) { Name (_PXM, vnode) } of each. */
static inline void check_ssdt(uint64_t pa)
{
	const uint8_t *p = at(pa) + 36;

	check_header(pa, "SSDT", 2, true);
	assert_int_equal(length_of(pa), 36 + 19 * nr_hot_added());
	for (uint32_t id = 0; id < topo.nr_vcpus; id++) {
		char want[40];

		if (!hot_added[id])
			continue;
		snprintf(want, sizeof(want),
			 "\x10\x12\\._SB_PR%02X\x08_PXM\x0a", id);
		want[18] = (char)topo.vcpu[id].vnode;
		assert_memory_equal(p, want, 19);
		p += 19;
	}
}

static inline void check_scar(uint64_t pa)
{
	const uint8_t *p = at(pa) + sizeof(struct scar_header);
	struct scar_header s;
	uint32_t nr = 0;

	check_header(pa, "SCAR", 1, true);
	memcpy(&s, at(pa), sizeof(s));
	assert_int_equal(s.abi_version, SIDECAR_ABI_VERSION);
	assert_int_equal(s.log_pa, 0x7700000);
	assert_int_equal(s.log_size, 0x4000);
	assert_int_equal(s.low_pa, 0x90000);
	assert_int_equal(s.low_size, 0x3000);
	assert_int_equal(s.node_size, 32);
	for (uint32_t i = 0; i < plan.nr_nodes; i++) {
		const struct plan_node *n = &plan.node[i];
		struct scar_node c;

		if (n->carve.start == n->carve.end)
			continue;
		memcpy(&c, p + nr++ * sizeof(c), sizeof(c));
		assert_int_equal(c.carve_pa, n->carve.start);
		assert_int_equal(c.carve_size, n->carve.end - n->carve.start);
		assert_int_equal(c.node, i);
		assert_int_equal(c.vnode, n->vnode);
		assert_int_equal(c.carve_vnode, n->carve_vnode);
		assert_int_equal(c.nr_vcpus, n->nr);
	}
	assert_int_equal(s.nr_nodes, nr);
	assert_int_equal(s.length, 72 + 32 * nr);
}

static inline void dump(const char *name, uint64_t pa)
{
	char path[512];
	FILE *f;

	if (!dump_dir)
		return;
	snprintf(path, sizeof(path), "%s/%s-%.4s.dat", dump_dir, name,
		 (const char *)at(pa));
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(at(pa), length_of(pa), 1, f), 1);
	assert_int_equal(fclose(f), 0);
}

static inline uint64_t check_rsdp(void)
{
	const struct acpi_rsdp *r = (void *)at(new_rsdp);

	assert_int_equal(new_rsdp % 16, 0);
	assert_true(inside(new_rsdp, 36, OUT_PA, out_used));
	assert_memory_equal(r->signature, "RSD PTR ", 8);
	assert_memory_equal(r->oem_id, OEM_ID, 6);
	assert_int_equal(r->revision, 2);
	assert_int_equal(r->length, 36);
	assert_int_equal(r->rsdt_address, 0);
	assert_int_equal(r->reserved[0] | r->reserved[1] | r->reserved[2], 0);
	assert_int_equal(acpi_sum(r, 20), 0);
	assert_int_equal(acpi_sum(r, 36), 0);
	return r->xsdt_address;
}

static inline void check_disjoint(const uint64_t *pa, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_true(pa[i] >= pa[k] + length_of(pa[k]) ||
				    pa[k] >= pa[i] + length_of(pa[i]));
}

/* What the shim's own reader makes of it. */
static inline void check_read_back(void)
{
	static struct acpi_tables again;
	static struct topology seen;
	struct guest_memory mem = {mem_at, NULL};

	assert_int_equal(error_split(acpi_read(&again, mem, new_rsdp), &bad),
			 ERROR_NONE);
	assert_int_equal(again.nr, tables.nr + has_ssdt);
	assert_memory_equal(again.pa, tables.pa, tables.nr * 8);
	assert_int_equal(error_split(acpi_read_madt(&again, &seen), &bad),
			 ERROR_NONE);
	assert_int_equal(seen.nr_vcpus, topo.nr_vcpus);
	for (uint32_t i = 0; i < seen.nr_vcpus; i++) {
		const struct topology_vcpu *a = &seen.vcpu[i];
		const struct topology_vcpu *b = &topo.vcpu[i];

		assert_int_equal(a->present, b->present);
		assert_int_equal(a->enabled, b->enabled && !hot_added[i]);
		assert_int_equal(a->apic_id, b->apic_id);
	}
}

static inline void check_written(const char *name, bool numa, bool reorder)
{
	uint64_t xsdt, pa[ACPI_MAX_TABLES + 4], *p = pa;
	bool scar = plan.status == PLAN_ON;
	uint32_t nr;

	assert_int_equal(write_into(OUT_SIZE, numa, reorder), ERROR_NONE);
	has_ssdt = numa && reorder && nr_hot_added();
	nr = tables.nr + 1 + (numa ? 2 : 0) + has_ssdt + scar;
	xsdt = check_rsdp();
	check_header(xsdt, "XSDT", 1, true);
	assert_int_equal(length_of(xsdt), 36 + 8 * nr);
	memcpy(pa, at(xsdt) + 36, 8ul * nr);
	assert_memory_equal(pa, tables.pa, 8ul * tables.nr);
	p += tables.nr;
	if (reorder)
		check_madt(*p);
	else
		assert_int_equal(*p, g.madt);
	dump(name, *p++);
	if (numa) {
		dump(name, *p);
		check_srat(*p++);
		dump(name, *p);
		check_slit(*p++);
	}
	if (has_ssdt) {
		dump(name, *p);
		check_ssdt(*p++);
	}
	if (scar)
		check_scar(*p++);
	dump(name, xsdt);
	check_disjoint(pa + tables.nr, nr - tables.nr);
	check_read_back();
}

/* ---- What is written for ------------------------------------------------- */

/* vCPU i in vnode i % nr_vnodes, 256 MiB each, a hole below 4 GiB. */
static inline void make_topology(uint32_t nr_vnodes)
{
	assert_int_equal(read_madt(), ERROR_NONE);
	topo.nr_vnodes = topo.nr_ranges = nr_vnodes;
	for (uint32_t i = 0; i < topo.nr_vcpus; i++)
		topo.vcpu[i].vnode = i % nr_vnodes;
	for (uint64_t i = 0; i < nr_vnodes; i++) {
		uint64_t start = (i < 12 ? i : i + 4) << 28;

		topo.range[i] = (struct topology_range){
			start, start + (1 << 28), (uint32_t)i};
	}
	for (uint32_t i = 0; i < nr_vnodes * nr_vnodes; i++)
		topo.distance[i] = (uint8_t)(11 + i % 244);
	for (uint32_t i = 0; i < nr_vnodes; i++)
		topo.distance[i * nr_vnodes + i] = 10;
}

/* A node per vnode; the first vCPU of each is its base vCPU. */
static inline void make_plan(void)
{
	plan.status = PLAN_ON;
	plan.nr_nodes = topo.nr_vnodes;
	plan.nr_order = 0;
	for (uint32_t i = 0; i < topo.nr_vnodes; i++)
		plan.node[i] = (struct plan_node){
			.vnode = i,
			.carve_vnode = (i + i % 2) % topo.nr_vnodes,
			.nr = i % 5 + 1,
			.carve = {0x1000000 * i, 0x1000000 * i + 0x9000 * i},
		};
	for (uint32_t id = 0; id < topo.nr_vnodes; id++)
		plan.order[plan.nr_order++] = id;
	for (uint32_t id = topo.nr_vnodes; id < topo.nr_vcpus; id++)
		if (topo.vcpu[id].present)
			plan.order[plan.nr_order++] = id;
}

static inline int setup_write(void **state)
{
	memset(&plan, 0, sizeof(plan));
	return setup(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_write, teardown)

#endif
