/* SPDX-License-Identifier: MIT */
/*
 * A guest with ACPI tables for test_acpi.c and test_acpi_write.c: libxl's, or
 * what a test wants them to be. Start with setup(), end with teardown().
 */
#ifndef ACPI_GUEST_H
#define ACPI_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error_value.h"
#include "abi/acpi.h"
#include "pvh/read/acpi.h"

#define RAM_PA	 UINT64_C(0xfc000000)
#define RAM_SIZE (UINT64_C(2) << 20)
#define OUT_PA	 UINT64_C(0x40000000)
#define OUT_SIZE 65536u

#define FACS_MIN_BYTES 64u
#define LAPIC_PA       UINT32_C(0xfee00000)
#define OEM_ID	       "Xen\0\0"

/* ---- The guest ---------------------------------------------------------- */

static struct {
	uint8_t *ram;
	uint64_t end; /* of what is used of it */
	uint64_t rsdp, xsdt, fadt, dsdt, facs, madt;
	uint64_t listed[64];
	uint32_t nr_listed;
	uint8_t madt_body[65536];
	uint32_t madt_len;
} g;

/* What was built, and the copies that mem_at() gave away. */
static uint8_t *out;
static uint32_t out_used;
static void *views[512];
static uint32_t nr_views;

static struct acpi_tables tables;
static struct topology topo;
static uint64_t bad;

static inline uint8_t *at(uint64_t pa)
{
	if (pa >= OUT_PA && pa < OUT_PA + OUT_SIZE)
		return out + (pa - OUT_PA);
	assert_true(pa >= RAM_PA && pa < RAM_PA + RAM_SIZE);
	return g.ram + (pa - RAM_PA);
}

static inline bool inside(uint64_t pa, uint64_t size, uint64_t start,
			  uint64_t len)
{
	return pa >= start && pa - start <= len && size <= len - (pa - start);
}

/* An exact copy: the sanitizer sees each byte read beyond it. */
static inline const void *mem_at(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	/* The shim's own mapper must not be asked for more than there can be.
	 */
	assert_true(pa <= UINT64_C(1) << 52 && size <= (1u << 20));
	if (!inside(pa, size, RAM_PA, RAM_SIZE) &&
	    !(out && inside(pa, size, OUT_PA, out_used)))
		return NULL;
	assert_true(nr_views < sizeof(views) / sizeof(views[0]));
	views[nr_views] = malloc(size);
	assert_non_null(views[nr_views]);
	memcpy(views[nr_views], at(pa), size);
	return views[nr_views++];
}

static inline void drop_views(void)
{
	while (nr_views)
		free(views[--nr_views]);
}

static inline void seal(uint64_t pa)
{
	struct acpi_header *h = (void *)at(pa);

	if (!inside(pa, h->length, RAM_PA, RAM_SIZE))
		return;
	h->checksum = 0;
	h->checksum = (uint8_t)-acpi_sum(h, h->length);
}

static inline void seal_rsdp(void)
{
	struct acpi_rsdp *r = (void *)at(g.rsdp);

	r->checksum = 0;
	r->checksum = (uint8_t)-acpi_sum(r, 20);
	r->extended_checksum = 0;
	r->extended_checksum = (uint8_t)-acpi_sum(r, 36);
}

/* Places are odd on purpose. */
static inline uint64_t place(const void *p, uint32_t size)
{
	uint64_t pa = (g.end | 1) + 2;

	assert_true(inside(pa, size, RAM_PA, RAM_SIZE));
	if (p)
		memcpy(at(pa), p, size);
	g.end = pa + size;
	return pa;
}

static inline uint64_t table(const char *signature, const void *body,
			     uint32_t size)
{
	struct acpi_header h = {.length = (uint32_t)sizeof(h) + size,
				.revision = 2,
				.oem_id = OEM_ID,
				.oem_revision = 7,
				.creator_revision = 9};
	uint64_t pa;

	memcpy(h.signature, signature, 4);
	memcpy(h.oem_table_id, "HVM\0\0\0\0", 8);
	memcpy(h.creator_id, "HVML", 4);
	pa = place(&h, sizeof(h));
	g.end = pa + sizeof(h);
	if (body)
		memcpy(at(g.end), body, size);
	g.end += size;
	seal(pa);
	return pa;
}

static inline void list_table(uint64_t pa)
{
	g.listed[g.nr_listed++] = pa;
}

static inline void madt_add(const void *entry, uint32_t size)
{
	memcpy(g.madt_body + g.madt_len, entry, size);
	g.madt_len += size;
}

static inline void lapic(uint8_t uid, uint8_t id, uint32_t flags)
{
	struct acpi_madt_lapic l = {ACPI_MADT_LAPIC, sizeof(l), uid, id, flags};

	madt_add(&l, sizeof(l));
}

static inline void x2apic(uint32_t uid, uint32_t id, uint32_t flags)
{
	struct acpi_madt_x2apic l = {.type = ACPI_MADT_X2APIC,
				     .length = sizeof(l),
				     .x2apic_id = id,
				     .flags = flags,
				     .uid = uid};

	madt_add(&l, sizeof(l));
}

static inline void io_apic(void)
{
	static const uint8_t e[12] = {1, 12, 1, 0, 0, 0, 0xc0, 0xfe};

	madt_add(e, sizeof(e));
}

static inline void override(uint8_t irq)
{
	const uint8_t e[10] = {2, 10, 0, irq, irq};

	madt_add(e, sizeof(e));
}

static inline void lapic_nmi(void)
{
	static const uint8_t e[6] = {4, 6, 0xff, 0, 0, 1};

	madt_add(e, sizeof(e));
}

static inline uint64_t make_fadt(void)
{
	uint8_t body[240] = {0};
	uint64_t pa = table("FACP", body, sizeof(body));
	struct acpi_fadt *f = (void *)at(pa);

	f->facs = (uint32_t)g.facs;
	f->dsdt = (uint32_t)g.dsdt;
	f->x_facs = g.facs;
	f->x_dsdt = g.dsdt;
	seal(pa);
	return pa;
}

static inline uint64_t make_facs(void)
{
	uint8_t facs[FACS_MIN_BYTES] = "FACS";

	facs[4] = sizeof(facs);
	return place(facs, sizeof(facs));
}

static inline void make_root(void)
{
	struct acpi_rsdp r = {
		.oem_id = OEM_ID, .revision = 2, .length = sizeof(r)};

	g.xsdt = table("XSDT", g.listed, g.nr_listed * 8);
	memcpy(r.signature, "RSD PTR ", 8);
	r.xsdt_address = g.xsdt;
	g.rsdp = place(&r, sizeof(r));
	seal_rsdp();
}

static inline void begin_guest(void)
{
	uint8_t aml[100] = "AML";
	uint32_t fixed[2] = {LAPIC_PA, 0};

	memset(g.ram, 0, RAM_SIZE);
	g.end = RAM_PA;
	g.nr_listed = g.madt_len = 0;
	g.dsdt = table("DSDT", aml, sizeof(aml));
	g.facs = make_facs();
	g.fadt = make_fadt();
	list_table(g.fadt);
	madt_add(fixed, sizeof(fixed));
}

static inline void end_guest(void)
{
	g.madt = table("APIC", g.madt_body, g.madt_len);
	list_table(g.madt);
	make_root();
}

/* As libxl for PVH: LAPIC entries only, APIC id = 2 * vCPU id. */
static inline void libxl_guest(uint32_t nr, uint32_t nr_enabled)
{
	begin_guest();
	for (uint32_t i = 0; i < nr; i++)
		lapic((uint8_t)i, (uint8_t)(2 * i), i < nr_enabled);
	end_guest();
}

static inline int setup(void **state)
{
	(void)state;
	g.ram = malloc(RAM_SIZE);
	assert_non_null(g.ram);
	memset(&topo, 0xee, sizeof(topo));
	libxl_guest(8, 8);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	drop_views();
	free(out);
	out = NULL;
	free(g.ram);
	return 0;
}

static inline enum error_code read_at(uint64_t rsdp)
{
	struct guest_memory mem = {mem_at, NULL};

	drop_views();
	bad = 0;
	return error_split(acpi_read(&tables, mem, rsdp), &bad);
}

static inline enum error_code read_madt(void)
{
	enum error_code e = read_at(g.rsdp);

	return e ? e : error_split(acpi_read_madt(&tables, &topo), &bad);
}

static inline uint32_t length_of(uint64_t pa)
{
	return ((struct acpi_header *)(void *)at(pa))->length;
}

#endif
