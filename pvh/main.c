/* SPDX-License-Identifier: MIT */
/*
 * The boot, one line per stage, with the numbers of docs/boot.md: 1 is entry.S,
 * 11 the jump. A failure up to stage 8 leaves Linux with all its CPUs, unless
 * Linux itself cannot be booted.
 */
#include "boot.h"
#include "cpu.h"

void shim_main(uint64_t start_info_pa);

static const struct stage stages[BOOT_STAGES] = {
	{"xen", stage_xen},		  /*  2 */
	{"start_info", stage_start_info}, /*  3 */
	{"memory", stage_memory},	  /*  4 */
	{"topology", stage_topology},	  /*  5 */
	{"plan", stage_plan},		  /*  6 */
	{"sidecar", stage_sidecar},	  /*  7 */
	{"acpi", stage_acpi},		  /*  8 */
	{"linux", stage_linux},		  /*  9 */
	{"wait", stage_wait},		  /* 10 */
};

void shim_main(uint64_t start_info_pa)
{
	static struct boot b;

	b.entry_tsc = rdtsc();
	b.start_info_pa = start_info_pa;
	b.multiboot2 = multiboot2_entered;
	b.multiboot2_magic = multiboot2_magic;
	b.shim = (struct range){(uint64_t)(uintptr_t)shim_start,
				(uint64_t)(uintptr_t)shim_end};
	traps_init();
	for (uint32_t i = 0; i < BOOT_STAGES; i++) {
		stages[i].run(&b);
		b.stage_tsc[i] = rdtsc();
	}
	report_stages(&b, stages);
	stage_jump(&b);
}
