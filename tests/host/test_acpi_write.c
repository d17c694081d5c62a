/* SPDX-License-Identifier: MIT */
/*
 * Tests pvh/write/acpi*.c: all that is written, field by field, for many plans
 * and guests. With a directory as argument the tables are left there for
 * test_iasl.sh.
 */
#include "error_value.h"
#include "acpi_written.h"

/* Neither stage believes that the one before it was called. */
static void test_write_checks_madt(void **state)
{
	(void)state;
	g.nr_listed = 1;
	make_root();
	assert_int_equal(read_at(g.rsdp), ERROR_NONE);
	assert_int_equal(error_split(acpi_read_madt(&tables, &topo), &bad),
			 ACPI_NO_MADT);
	assert_int_equal(write_into(OUT_SIZE, false, false), ACPI_NO_MADT);
	assert_int_equal(write_into(OUT_SIZE, false, true), ACPI_NO_MADT);

	begin_guest();
	lapic(0, 0, 1);
	lapic(0, 2, 1);
	end_guest();
	assert_int_equal(read_at(g.rsdp), ERROR_NONE);
	assert_int_equal(write_into(OUT_SIZE, false, true), ACPI_VCPU_TWICE);
	begin_guest();
	lapic(0, 0, 1);
	madt_add("\x01\x00", 2);
	end_guest();
	assert_int_equal(read_at(g.rsdp), ERROR_NONE);
	assert_int_equal(write_into(OUT_SIZE, false, true), ACPI_BAD_MADT);
}

static void test_write_libxl(void **state)
{
	static const uint32_t order[8] = {0, 4, 1, 2, 3, 5, 6, 7};

	(void)state;
	make_topology(2);
	for (uint32_t i = 0; i < 8; i++)
		topo.vcpu[i].vnode = i / 4;
	make_plan();
	memcpy(plan.order, order, sizeof(order));
	check_written("libxl", true, true);
}

static void test_write_disabled(void **state)
{
	(void)state;
	libxl_guest(9, 6);
	make_topology(3);
	make_plan();
	check_written("disabled", true, true);
	assert_false(topo.vcpu[6].enabled);
	assert_true(topo.vcpu[6].present);
}

static void test_write_x2apic(void **state)
{
	(void)state;
	begin_guest();
	for (uint32_t i = 0; i < 8; i++)
		lapic((uint8_t)i, (uint8_t)(247 + i), 1);
	for (uint32_t i = 8; i < 12; i++)
		x2apic(i, 247 + i, i != 9);
	x2apic(12, UINT32_MAX - 1, 1);
	x2apic(13, 3, 1);
	end_guest();
	make_topology(4);
	make_plan();
	check_written("x2apic", true, true);
	assert_int_equal(topo.vcpu[12].apic_id, UINT32_MAX - 1);
}

static void test_write_large(void **state)
{
	(void)state;
	begin_guest();
	for (uint32_t i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		x2apic(i, i < 64 ? 2 * i : 1000 + i, 1);
	end_guest();
	make_topology(64);
	make_plan();
	check_written("large", true, true);
	libxl_guest(TOPOLOGY_MAX_VCPUS, TOPOLOGY_MAX_VCPUS);
	make_topology(TOPOLOGY_MAX_VNODES);
	make_plan();
	check_written("largest", true, true);
}

/* Those that Linux hot-adds: all but every fourth. */
static void hot_add(void)
{
	for (uint32_t id = 0; id < topo.nr_vcpus; id++)
		hot_added[id] = topo.vcpu[id].enabled && id % 4;
}

static void test_write_hot_added(void **state)
{
	(void)state;
	make_topology(2);
	make_plan();
	hot_add();
	check_written("hot-added", true, true);
	assert_int_equal(nr_hot_added(), 6);
	check_written("hot-added-flat", false, true);
	/* as many as there can be, of both kinds, some of them not enabled */
	begin_guest();
	for (uint32_t i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		x2apic(i, i < 64 ? 2 * i : 1000 + i, i != 77);
	end_guest();
	make_topology(64);
	make_plan();
	hot_add();
	check_written("hot-added-most", true, true);
	/* in the MADT's own order none can be */
	assert_int_equal(write_into(OUT_SIZE, true, false), ERROR_NONE);
	memset(hot_added, 0, sizeof(hot_added));
	has_ssdt = false;
	check_read_back();
}

/* Others all over, gaps in the ids, a vnode without vCPUs or without RAM. */
static void test_write_mixed(void **state)
{
	static const uint32_t order[] = {0, 9, 0};

	(void)state;
	begin_guest();
	list_table(table("SSDT", "y", 1));
	list_table(table("SRAT", NULL, 12));
	io_apic();
	override(0);
	lapic(9, 18, 1);
	lapic_nmi();
	lapic(0, 0, 1);
	x2apic(40, 300, 0);
	override(9);
	lapic(2, 4, 1);
	end_guest();
	make_topology(4);
	for (uint32_t i = 0; i < topo.nr_vcpus; i++)
		topo.vcpu[i].vnode = i == 0 ? 3 : 1;
	topo.range[1].end = topo.range[1].start;
	make_plan();
	/* An id that is there twice is not copied twice. */
	plan.nr_order = 2;
	memcpy(plan.order, order, sizeof(order));
	check_written("mixed", true, true);
	plan.nr_order = 3;
	assert_int_equal(write_into(OUT_SIZE, true, true), ERROR_NONE);
	plan.nr_order = 2;
	check_read_back();
}

static void test_write_without(void **state)
{
	(void)state;
	make_topology(2);
	make_plan();
	check_written("keep", true, false);
	plan.status = PLAN_OFF_OPTION;
	check_written("off", true, false);
	check_written("off-flat", false, false);
	check_written("flat", false, true);
}

static void test_write_no_room(void **state)
{
	uint32_t need;

	(void)state;
	make_topology(2);
	make_plan();
	hot_add();
	assert_int_equal(write_into(OUT_SIZE, true, true), ERROR_NONE);
	need = out_used;
	for (uint32_t size = 0; size < need; size++)
		assert_int_equal(write_into(size, true, true), ACPI_NO_ROOM);
	assert_int_equal(write_into(need, true, true), ERROR_NONE);
	assert_int_equal(out_used, need);
	memset(hot_added, 0, sizeof(hot_added));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_write_checks_madt), TEST(test_write_libxl),
		TEST(test_write_disabled),    TEST(test_write_x2apic),
		TEST(test_write_large),	      TEST(test_write_mixed),
		TEST(test_write_without),     TEST(test_write_no_room),
		TEST(test_write_hot_added),
	};

	if (argc > 1)
		dump_dir = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
