/* SPDX-License-Identifier: MIT */
/* Tests pvh/read/acpi.c and pvh/write/acpi*.c on tables changed by chance. */
#include "error_value.h"
#include "acpi_written.h"

static uint32_t chance(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* Few values are interesting; any other is as good as the next. */
static uint8_t chance_byte(void)
{
	static const uint8_t likely[] = {0, 1, 2, 7, 8, 9, 16, 0x7f, 0x80, 255};
	uint32_t x = chance();

	return x & 1 ? likely[(x >> 1) % sizeof(likely)] : (uint8_t)(x >> 8);
}

static void mutate(void)
{
	const uint64_t sealed[] = {g.dsdt, g.fadt, g.madt, g.xsdt};

	for (uint32_t n = chance() % 4 + 1; n; n--) {
		uint64_t start = chance() & 1 ? g.madt : RAM_PA;

		*at(start + chance() % (g.end - start)) = chance_byte();
	}
	if (chance() % 8 == 0)
		return;
	for (uint32_t i = 0; i < 4; i++)
		seal(sealed[i]);
	seal_rsdp();
}

static void mutation_guest(void)
{
	begin_guest();
	io_apic();
	for (uint8_t i = 0; i < 6; i++)
		lapic(i, (uint8_t)(2 * i), 1);
	x2apic(6, 300, 1);
	lapic_nmi();
	x2apic(7, 301, 0);
	end_guest();
}

static void test_mutations(void **state)
{
	uint32_t nr_read = 0, nr_written = 0;
	uint8_t *clean;
	uint64_t size;

	(void)state;
	mutation_guest();
	make_topology(4);
	make_plan();
	size = g.end - RAM_PA;
	clean = malloc(size);
	assert_non_null(clean);
	memcpy(clean, g.ram, size);
	for (uint32_t i = 0; i < 20000; i++) {
		memcpy(g.ram, clean, size);
		mutate();
		if (read_at(g.rsdp))
			continue;
		nr_read++;
		if (error_split(acpi_read_madt(&tables, &topo), &bad))
			continue;
		/* vnode 0, as all was cleared */
		assert_int_equal(write_into(OUT_SIZE, true, true), ERROR_NONE);
		check_read_back();
		nr_written++;
	}
	/* Enough of them must have come that far to be worth it. */
	assert_true(nr_read > 5000 && nr_written > 2000);
	assert_true(nr_read > nr_written + 1000);
	free(clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_mutations)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
