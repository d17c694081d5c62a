/* SPDX-License-Identifier: MIT */
/*
 * The boot, one line per stage; docs/boot.md has a row for each. Stage 1 is
 * entry.S. Whatever fails up to stage 8 leaves Linux with all its CPUs, unless
 * it is what Linux itself needs.
 */
#include "boot.h"
#include "cpu.h"

void shim_main(uint64_t start_info_pa);

static const struct stage stages[BOOT_STAGES] = {
	{"xen", stage_xen},	  {"start_info", stage_start_info},
	{"memory", stage_memory}, {"topology", stage_topology},
	{"plan", stage_plan},	  {"sidecar", stage_sidecar},
	{"acpi", stage_acpi},	  {"linux", stage_linux},
	{"wait", stage_wait},
};

void shim_main(uint64_t start_info_pa)
{
	static struct boot b;

	b.entry_tsc = rdtsc();
	b.start_info_pa = start_info_pa;
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
