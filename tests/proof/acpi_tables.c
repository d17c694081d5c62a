/* SPDX-License-Identifier: MIT */
/*
 * From the RSDP to the tables, in steps: the RSDP; an XSDT or RSDT; a table
 * that it lists; what an FADT leads to. Each lies anywhere in any BYTES bytes
 * of memory, one over the other too, or outside. acpi_read() takes the first
 * step and then the second, which takes the third for each entry: that is all
 * that the second one uses of it, and that it adds one table at most. 2 tables
 * are allowed here, an RSDT in memory can list more. The sum of some bytes is
 * any, but always the same one: acpi_sum() has a proof of its own.
 */
#include <string.h>

#include "abi/acpi.h"
#include "abi/sidecar.h"
#include "bytes.h"
#include "pvh/read/acpi.h"

#undef ACPI_MAX_TABLES
#define ACPI_MAX_TABLES 2u

static struct acpi_tables a, old;

uint8_t __CPROVER_uninterpreted_sum(uint64_t pa, uint32_t size);

static bool is_in_memory(uint64_t pa, uint64_t size)
{
	return pa >= GUEST_AT && pa <= 4096 && size <= 4096 - pa;
}

static uint64_t pa_of(const void *p)
{
	return GUEST_AT + (uint64_t)((const uint8_t *)p - bytes);
}

static uint8_t any_sum(const void *table, uint32_t size)
{
	prove(is_in_memory(pa_of(table), size));
	return __CPROVER_uninterpreted_sum(pa_of(table), size);
}

struct walk;
static struct error any_listed(struct walk *w, uint64_t pa);

/* These calls go to stand-ins, as proof.h says. */
#define SUM_const	      acpi_sum_itself(const
#define SUM_h		      any_sum(h
#define SUM_p		      any_sum(p
#define acpi_sum(table, size) SUM_##table, size)
#define LISTED_struct	      read_listed_itself(struct
#define LISTED_w	      any_listed(w
#define read_listed(w, pa)    LISTED_##w, pa)
#include SOURCE
#undef acpi_sum
#undef read_listed

#define HEADER sizeof(struct acpi_header)

static struct walk any_walk(void)
{
	struct acpi_tables any;

	a = any;
	assume(a.nr <= ACPI_MAX_TABLES && a.nr_extents <= ACPI_MAX_EXTENTS);
	assume(!a.madt && !a.dsdt);
	old = a;
	return (struct walk){&a, any_memory()};
}

static bool is_table(uint64_t pa, uint32_t length)
{
	uint32_t said;

	if (length < HEADER || !is_in_memory(pa, length))
		return false;
	memcpy(&said, &bytes[pa - GUEST_AT + 4], sizeof(said));
	return said == length && !__CPROVER_uninterpreted_sum(pa, length);
}

static bool is_named(uint64_t pa, const char *name)
{
	return !memcmp(&bytes[pa - GUEST_AT], name, 4);
}

/* The @i-th of those that were added. */
static bool extent_is(uint32_t i, uint64_t pa, uint64_t size)
{
	i += old.nr_extents;
	return i < a.nr_extents && a.extent[i].start == pa &&
	       a.extent[i].end == pa + size;
}

/* Those that were added lie in memory, and no other has changed. */
static void check_extents(uint32_t max)
{
	uint32_t i = any_up_to(ACPI_MAX_EXTENTS - 1);

	prove(a.nr_extents <= ACPI_MAX_EXTENTS);
	prove(a.nr_extents >= old.nr_extents &&
	      a.nr_extents - old.nr_extents <= max);
	if (i >= a.nr_extents)
		return;
	prove(i < old.nr_extents
		      ? a.extent[i].start == old.extent[i].start &&
				a.extent[i].end == old.extent[i].end
		      : is_in_memory(a.extent[i].start,
				     a.extent[i].end - a.extent[i].start));
}

/* ---- RSDP --------------------------------------------------------------- */

void proof_acpi_rsdp(void)
{
	struct walk w = any_walk();
	uint64_t pa = nondet_u64(), xsdt;
	struct root root;
	uint32_t rsdt;
	struct error e = read_rsdp(&w, pa, &root);

	check_extents(1);
	if (e.code)
		return;
	prove(is_in_memory(pa, ACPI_RSDP_V1_BYTES));
	prove(!__CPROVER_uninterpreted_sum(pa, ACPI_RSDP_V1_BYTES));
	prove(a.nr_extents == old.nr_extents + 1 &&
	      a.extent[old.nr_extents].start == pa);
	memcpy(&rsdt, &bytes[pa - GUEST_AT + 16], sizeof(rsdt));
	if (root.step == 4) {
		prove(root.pa == rsdt && !memcmp(root.signature, "RSDT", 4));
		return;
	}
	prove(extent_is(0, pa, a.extent[old.nr_extents].end - pa));
	prove(a.extent[old.nr_extents].end - pa >= sizeof(struct acpi_rsdp));
	memcpy(&xsdt, &bytes[pa - GUEST_AT + 24], sizeof(xsdt));
	prove(root.step == 8 && root.pa == xsdt && xsdt);
	prove(!memcmp(root.signature, "XSDT", 4));
}

/* ---- XSDT or RSDT ------------------------------------------------------- */

static uint64_t listed[ACPI_MAX_TABLES];
static uint32_t nr_listed;
static bool is_wrong;

static struct error any_listed(struct walk *w, uint64_t pa)
{
	prove(w->a == &a && nr_listed < ACPI_MAX_TABLES && !is_wrong);
	listed[nr_listed++] = pa;
	is_wrong = nondet_bool();
	return is_wrong ? error_hex(ACPI_BAD_TABLE, pa) : NO_ERROR;
}

/* Each entry that is not zero, in their order, is taken once. */
static void check_listed(const struct root *r, uint32_t length)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; HEADER + (i + 1) * r->step <= length; i++) {
		uint64_t pa = 0;

		memcpy(&pa, &bytes[r->pa - GUEST_AT + HEADER + i * r->step],
		       r->step);
		if (!pa)
			continue;
		prove(nr < nr_listed && listed[nr] == pa);
		nr++;
	}
	prove(nr == nr_listed);
}

void proof_acpi_root(void)
{
	struct walk w = any_walk();
	struct root root = {nondet_u64(), "RSDT", 4};
	struct error e;
	uint32_t length;

	if (nondet_bool())
		root = (struct root){nondet_u64(), "XSDT", 8};
	e = read_root(&w, &root);
	check_extents(1);
	if (e.code)
		return;
	length = (uint32_t)(a.extent[old.nr_extents].end - root.pa);
	prove(extent_is(0, root.pa, length) && is_table(root.pa, length));
	prove(is_named(root.pa, root.signature) && !is_wrong);
	prove((length - HEADER) % root.step == 0);
	check_listed(&root, length);
}

/* ---- A table that is listed, and those of an FADT ------------------------ */

static void check_dsdt(uint32_t i)
{
	if (!a.dsdt)
		return;
	prove(is_table(pa_of(a.dsdt), a.dsdt_length));
	prove(is_named(pa_of(a.dsdt), "DSDT"));
	prove(extent_is(i, pa_of(a.dsdt), a.dsdt_length));
}

/* It is in memory as a whole, and its memory is in use. */
void proof_acpi_listed(void)
{
	static const uint8_t first; /* MADT, found before */
	struct walk w = any_walk();
	uint64_t pa = nondet_u64();
	bool is_madt, is_replaced;
	uint32_t length;

	assume(a.nr < ACPI_MAX_TABLES);
	if (nondet_bool())
		a.madt = old.madt = &first;
	if (read_listed_itself(&w, pa).code) {
		check_extents(3);
		prove(a.nr - old.nr <= 1);
		return;
	}
	check_extents(3);
	length = (uint32_t)(a.extent[old.nr_extents].end - pa);
	prove(extent_is(0, pa, length) && is_table(pa, length));
	is_madt = is_named(pa, "APIC");
	is_replaced = is_madt || is_named(pa, "SRAT") || is_named(pa, "SLIT") ||
		      is_named(pa, SCAR_SIGNATURE);
	prove(a.nr == old.nr + !is_replaced);
	prove(is_replaced || a.pa[old.nr] == pa);
	if (old.madt || !is_madt)
		prove(a.madt == old.madt && a.madt_pa == old.madt_pa);
	else
		prove(pa_of(a.madt) == pa && a.madt_pa == pa &&
		      a.madt_length == length);
	prove(!a.dsdt || is_named(pa, "FACP"));
	check_dsdt(1);
}

/* One of any length; what it points to is in memory, or it is an error. */
void proof_acpi_fadt(void)
{
	static uint8_t fadt[sizeof(struct acpi_fadt)];
	const struct acpi_fadt *f = (const void *)fadt;
	struct walk w = any_walk();
	bool wide, has_dsdt, has_facs;
	struct error e;

	__CPROVER_havoc_object(fadt);
	wide = f->h.length >= sizeof(*f);
	e = read_fadt(&w, nondet_u64(), &f->h);
	check_extents(2);
	if (e.code)
		return;
	prove(f->h.length >= ACPI_FADT_V1_BYTES);
	has_dsdt = f->dsdt || (wide && f->x_dsdt);
	has_facs = f->facs || (wide && f->x_facs);
	prove(has_dsdt == (a.dsdt != NULL));
	prove(!has_dsdt ||
	      pa_of(a.dsdt) == (wide && f->x_dsdt ? f->x_dsdt : f->dsdt));
	prove(a.nr_extents == old.nr_extents + has_dsdt + has_facs);
	check_dsdt(0);
}
