/* SPDX-License-Identifier: MIT */
/*
 * Tests pvh/read/acpi.c on tables as libxl makes them, on each other form that
 * is accepted, and on each thing that can be wrong with them.
 */
#include "abi/sidecar.h"
#include "acpi_guest.h"

/* ---- Reading ------------------------------------------------------------ */

static void assert_extent(uint32_t i, uint64_t pa, uint64_t size)
{
	assert_int_equal(tables.extent[i].start, pa);
	assert_int_equal(tables.extent[i].end, pa + size);
}

static void test_read_libxl(void **state)
{
	(void)state;
	assert_int_equal(read_madt(), ERROR_NONE);
	assert_memory_equal(tables.oem_id, OEM_ID, 6);
	assert_int_equal(tables.nr, 1);
	assert_int_equal(tables.pa[0], g.fadt);
	assert_int_equal(tables.madt_pa, g.madt);
	assert_int_equal(tables.madt_length, 44 + 8 * 8);
	assert_memory_equal(tables.madt, at(g.madt), tables.madt_length);
	assert_int_equal(tables.nr_extents, 6);
	assert_extent(0, g.rsdp, 36);
	assert_extent(1, g.xsdt, 36 + 16);
	assert_extent(2, g.fadt, 276);
	assert_extent(3, g.dsdt, 136);
	assert_extent(4, g.facs, 64);
	assert_extent(5, g.madt, 44 + 8 * 8);

	assert_int_equal(topo.nr_vcpus, 8);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(topo.vcpu[i].apic_id, 2 * i);
		assert_true(topo.vcpu[i].present && topo.vcpu[i].enabled);
	}
	assert_false(topo.vcpu[8].present);
}

static void use_rsdt(uint8_t revision)
{
	struct acpi_rsdp *r = (void *)at(g.rsdp);
	uint32_t listed[3] = {(uint32_t)g.fadt, 0, (uint32_t)g.madt};

	r->revision = revision;
	r->xsdt_address = 0;
	r->rsdt_address = (uint32_t)table("RSDT", listed, sizeof(listed));
	seal_rsdp();
}

static void test_read_rsdt(void **state)
{
	(void)state;
	use_rsdt(2);
	assert_int_equal(read_madt(), ERROR_NONE);
	assert_int_equal(topo.nr_vcpus, 8);
	assert_int_equal(tables.nr, 1);
	assert_int_equal(tables.pa[0], g.fadt);
	assert_extent(0, g.rsdp, 36);

	/* Revision 0 has 20 bytes: what follows them is something else. */
	use_rsdt(0);
	memset(at(g.rsdp) + 20, 0xff, 16);
	assert_int_equal(read_madt(), ERROR_NONE);
	assert_extent(0, g.rsdp, 20);
	assert_int_equal(tables.nr, 1);
}

static void test_read_fadt_addresses(void **state)
{
	struct acpi_fadt *f = (void *)at(g.fadt);

	(void)state;
	f->x_dsdt = f->x_facs = 0;
	seal(g.fadt);
	assert_int_equal(read_at(g.rsdp), ERROR_NONE);
	assert_extent(3, g.dsdt, 136);
	assert_extent(4, g.facs, 64);

	/* An old one ends in the middle of them. */
	f->x_dsdt = f->x_facs = UINT64_MAX;
	f->h.length = sizeof(*f) - 1;
	seal(g.fadt);
	assert_int_equal(read_at(g.rsdp), ERROR_NONE);
	assert_extent(3, g.dsdt, 136);
	assert_extent(4, g.facs, 64);

	f->dsdt = f->facs = 0;
	seal(g.fadt);
	assert_int_equal(read_at(g.rsdp), ERROR_NONE);
	assert_int_equal(tables.nr_extents, 4);

	f->h.length = 43;
	seal(g.fadt);
	assert_int_equal(read_at(g.rsdp), ACPI_BAD_TABLE);
	assert_int_equal(bad, g.fadt);
}

static void test_read_replaced(void **state)
{
	uint64_t ssdt, hpet;

	(void)state;
	begin_guest();
	ssdt = table("SSDT", "x", 1);
	list_table(ssdt);
	list_table(0);
	list_table(table("SRAT", NULL, 12));
	list_table(table("SLIT", NULL, 8));
	list_table(table(SCAR_SIGNATURE, NULL, 36));
	lapic(0, 0, 1);
	g.madt = table("APIC", g.madt_body, g.madt_len);
	list_table(g.madt);
	list_table(table("APIC", g.madt_body, g.madt_len - 1));
	hpet = table("HPET", "hpet", 4);
	list_table(hpet);
	make_root();

	assert_int_equal(read_madt(), ERROR_NONE);
	assert_int_equal(tables.madt_pa, g.madt);
	assert_int_equal(tables.nr, 3);
	assert_int_equal(tables.pa[0], g.fadt);
	assert_int_equal(tables.pa[1], ssdt);
	assert_int_equal(tables.pa[2], hpet);
	assert_int_equal(tables.nr_extents, 2 + 8 + 2);
}

/* ---- Hostile tables ----------------------------------------------------- */

static void expect(enum error_code want, uint64_t want_bad)
{
	assert_int_equal(read_at(g.rsdp), want);
	assert_int_equal(bad, want_bad);
}

static void test_bad_rsdp(void **state)
{
	struct acpi_rsdp *r = (void *)at(g.rsdp);
	static const uint32_t length[] = {0, 35, (1u << 20) + 1, UINT32_MAX};

	(void)state;
	assert_int_equal(read_at(0), ACPI_NO_RSDP);
	assert_int_equal(read_at(UINT64_MAX - 10), ACPI_NO_RSDP);
	assert_int_equal(read_at((UINT64_C(1) << 52) - 10), ACPI_NO_RSDP);
	assert_int_equal(read_at(RAM_PA + RAM_SIZE - 19), ACPI_NO_RSDP);
	assert_int_equal(bad, RAM_PA + RAM_SIZE - 19);

	/* 20 bytes at the very end, which say that there are 36. */
	memcpy(at(RAM_PA + RAM_SIZE - 20), r, 20);
	assert_int_equal(read_at(RAM_PA + RAM_SIZE - 20), ACPI_NO_RSDP);

	r->signature[7] = 'x';
	seal_rsdp();
	expect(ACPI_NO_RSDP, g.rsdp);
	r->signature[7] = ' ';
	seal_rsdp();
	r->checksum++;
	expect(ACPI_NO_RSDP, g.rsdp);
	seal_rsdp();
	r->reserved[0]++;
	expect(ACPI_NO_RSDP, g.rsdp);
	for (uint32_t i = 0; i < 4; i++) {
		r->length = length[i];
		seal_rsdp();
		expect(ACPI_NO_RSDP, g.rsdp);
	}
	r->length = (uint32_t)(RAM_PA + RAM_SIZE - g.rsdp + 1);
	seal_rsdp();
	expect(ACPI_NO_RSDP, g.rsdp);
}

static void test_bad_root(void **state)
{
	struct acpi_rsdp *r = (void *)at(g.rsdp);
	struct acpi_header *x = (void *)at(g.xsdt);
	static const uint32_t length[] = {0, 35, 37, 36 + 15, UINT32_MAX};
	static const uint64_t place_of[] = {1, RAM_PA + RAM_SIZE - 35,
					    UINT64_C(1) << 52, UINT64_MAX};

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		x->length = length[i];
		seal(g.xsdt);
		expect(ACPI_NO_XSDT, g.xsdt);
	}
	x->length = 36;
	seal(g.xsdt);
	expect(ERROR_NONE, 0);
	x->checksum++;
	expect(ACPI_NO_XSDT, g.xsdt);
	memcpy(x->signature, "RSDT", 4);
	seal(g.xsdt);
	expect(ACPI_NO_XSDT, g.xsdt);
	for (uint32_t i = 0; i < 4; i++) {
		r->xsdt_address = place_of[i];
		seal_rsdp();
		expect(ACPI_NO_XSDT, place_of[i]);
	}
	r->xsdt_address = 0;
	seal_rsdp();
	expect(ACPI_NO_XSDT, 0);
}

static void relist(uint64_t pa, uint32_t nr)
{
	g.nr_listed = 0;
	while (nr--)
		list_table(pa);
	make_root();
}

static void test_counts(void **state)
{
	uint64_t many;

	(void)state;
	relist(table("SSDT", NULL, 0), ACPI_MAX_TABLES);
	expect(ERROR_NONE, 0);
	assert_int_equal(tables.nr, ACPI_MAX_TABLES);
	relist(g.madt, ACPI_MAX_TABLES);
	assert_int_equal(read_madt(), ERROR_NONE);
	assert_int_equal(tables.nr, 0);
	relist(0, ACPI_MAX_TABLES + 1);
	expect(ACPI_TOO_MANY, ACPI_MAX_TABLES + 1);
	/* A FADT brings two more each time that it is listed. */
	relist(g.fadt, 11);
	expect(ERROR_NONE, 0);
	relist(g.fadt, ACPI_MAX_TABLES);
	expect(ACPI_TOO_MANY, ACPI_MAX_EXTENTS);

	many = table("XSDT", NULL, (1u << 20) - 40);
	((struct acpi_rsdp *)(void *)at(g.rsdp))->xsdt_address = many;
	seal_rsdp();
	expect(ACPI_TOO_MANY, ((1u << 20) - 40) / 8);
}

static void test_cycles(void **state)
{
	struct acpi_fadt *f = (void *)at(g.fadt);

	(void)state;
	memcpy(at(g.xsdt) + 36, &g.xsdt, 8);
	seal(g.xsdt);
	expect(ERROR_NONE, 0);
	assert_int_equal(tables.pa[0], g.xsdt);
	f->x_dsdt = g.fadt;
	seal(g.fadt);
	relist(g.fadt, 1);
	expect(ACPI_BAD_TABLE, g.fadt);
	f->x_dsdt = g.dsdt;
	f->x_facs = g.xsdt;
	seal(g.fadt);
	expect(ACPI_BAD_TABLE, g.xsdt);
}

static void test_bad_table(void **state)
{
	struct acpi_header *h = (void *)at(g.madt);
	static const uint32_t length[] = {0, 35, (1u << 20) + 1, UINT32_MAX};
	static const uint64_t place_of[] = {1, RAM_PA + RAM_SIZE - 35,
					    UINT64_C(1) << 52, UINT64_MAX};

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		h->length = length[i];
		seal(g.madt);
		expect(ACPI_BAD_TABLE, g.madt);
		/* What came before it stays known as in use. */
		assert_int_equal(tables.nr_extents, 5);
	}
	h->length = 44;
	seal(g.madt);
	h->checksum++;
	expect(ACPI_BAD_TABLE, g.madt);
	for (uint32_t i = 0; i < 4; i++) {
		relist(place_of[i], 1);
		expect(ACPI_BAD_TABLE, place_of[i]);
	}
}

static void test_bad_dsdt_facs(void **state)
{
	struct acpi_header *dsdt = (void *)at(g.dsdt);
	struct acpi_header *facs = (void *)at(g.facs);
	struct acpi_fadt *f = (void *)at(g.fadt);
	static const uint32_t length[] = {0, 63, (1u << 20) + 1, UINT32_MAX};

	(void)state;
	dsdt->checksum++;
	expect(ACPI_BAD_TABLE, g.dsdt);
	memcpy(dsdt->signature, "SSDT", 4);
	seal(g.dsdt);
	expect(ACPI_BAD_TABLE, g.dsdt);
	memcpy(dsdt->signature, "DSDT", 4);
	seal(g.dsdt);
	for (uint32_t i = 0; i < 4; i++) {
		facs->length = length[i];
		expect(ACPI_BAD_TABLE, g.facs);
	}
	facs->length = (uint32_t)(RAM_PA + RAM_SIZE - g.facs);
	expect(ACPI_BAD_TABLE, g.facs); /* above 1 MiB */
	facs->length = 64;
	facs->signature[0] = 'X';
	expect(ACPI_BAD_TABLE, g.facs);
	f->x_facs = RAM_PA + RAM_SIZE - 7;
	seal(g.fadt);
	expect(ACPI_BAD_TABLE, f->x_facs);
	memcpy(at(RAM_PA + RAM_SIZE - 63), "FACS\x40\0\0", 8);
	f->x_facs = RAM_PA + RAM_SIZE - 63;
	seal(g.fadt);
	expect(ACPI_BAD_TABLE, f->x_facs);
}

/* ---- Hostile MADT ------------------------------------------------------- */

static void expect_madt(enum error_code want, uint64_t want_bad)
{
	assert_int_equal(read_madt(), want);
	assert_int_equal(bad, want_bad);
	assert_int_equal(topo.nr_vcpus, 0);
	for (uint32_t i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		assert_false(topo.vcpu[i].present);
}

/* A valid vCPU 0 at offset 44, then @size bytes at 52. */
static void with_entry(const void *entry, uint32_t size)
{
	begin_guest();
	lapic(0, 0, 1);
	madt_add(entry, size);
	end_guest();
}

static void test_madt_lengths(void **state)
{
	static const uint8_t one[] = {1};
	static const uint8_t zero_length[] = {1, 0, 1, 2};
	static const uint8_t length_one[] = {1, 1, 1, 2};
	static const uint8_t beyond[] = {1, 5, 1, 2};
	static const uint8_t smallest[] = {0x80, 2};
	static const uint8_t short_lapic[] = {0, 7, 1, 2, 1, 0, 0};
	static const uint8_t long_lapic[12] = {0, 12, 1, 2, 1};
	static const uint8_t short_x2apic[15] = {9, 15, 0, 0, 2};
	static const struct {
		const uint8_t *p;
		uint32_t size;
	} c[] = {{one, sizeof(one)},
		 {zero_length, sizeof(zero_length)},
		 {length_one, sizeof(length_one)},
		 {beyond, sizeof(beyond)},
		 {short_lapic, sizeof(short_lapic)},
		 {long_lapic, sizeof(long_lapic)},
		 {short_x2apic, sizeof(short_x2apic)}};

	(void)state;
	for (uint32_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		with_entry(c[i].p, c[i].size);
		expect_madt(ACPI_BAD_MADT, 52);
	}
	with_entry(smallest, sizeof(smallest));
	assert_int_equal(read_madt(), ERROR_NONE);
	assert_int_equal(topo.nr_vcpus, 1);
	begin_guest();
	g.madt_len = 7;
	end_guest();
	expect_madt(ACPI_BAD_MADT, 44);
}

static void test_madt_vcpus(void **state)
{
	(void)state;
	begin_guest();
	lapic(0, 0, 1);
	lapic(1, 0xff, 0);
	end_guest();
	expect_madt(ACPI_BAD_MADT, 52);
	begin_guest();
	x2apic(0, 0xff, 1);
	x2apic(1, UINT32_MAX, 1);
	end_guest();
	expect_madt(ACPI_BAD_MADT, 60);
	begin_guest();
	lapic(0, 0, 1);
	lapic(TOPOLOGY_MAX_VCPUS, 2, 0);
	end_guest();
	expect_madt(ACPI_VCPU_RANGE, TOPOLOGY_MAX_VCPUS);
	begin_guest();
	lapic(0, 0, 1);
	x2apic(UINT32_MAX, 2, 1);
	end_guest();
	expect_madt(ACPI_VCPU_RANGE, UINT32_MAX);
	begin_guest();
	lapic(0, 0, 1);
	lapic(3, 6, 1);
	x2apic(3, 8, 1);
	end_guest();
	expect_madt(ACPI_VCPU_TWICE, 3);
	begin_guest();
	lapic(0, 6, 1);
	x2apic(4, 6, 0);
	end_guest();
	expect_madt(ACPI_VCPU_TWICE, 4);
}

static void test_madt_no_vcpu0(void **state)
{
	(void)state;
	begin_guest();
	end_guest();
	expect_madt(ACPI_NO_VCPU0, 0);
	begin_guest();
	lapic(0, 0, 2); /* online capable only */
	lapic(1, 2, 1);
	end_guest();
	expect_madt(ACPI_NO_VCPU0, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read_libxl),
		TEST(test_read_rsdt),
		TEST(test_read_fadt_addresses),
		TEST(test_read_replaced),
		TEST(test_bad_rsdp),
		TEST(test_bad_root),
		TEST(test_counts),
		TEST(test_cycles),
		TEST(test_bad_table),
		TEST(test_bad_dsdt_facs),
		TEST(test_madt_lengths),
		TEST(test_madt_vcpus),
		TEST(test_madt_no_vcpu0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
