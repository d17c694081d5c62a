/* SPDX-License-Identifier: MIT */
/*
 * The boot, one line per stage; docs/boot.md has a row for each. Stage 1 is
 * entry.S. Whatever fails up to stage 8 leaves Linux with all its CPUs.
 */
#include "boot.h"
#include "cpu.h"

void shim_main(uint64_t start_info_pa);

void shim_main(uint64_t start_info_pa)
{
	static struct boot b;

	b.entry_tsc = rdtsc();
	b.start_info_pa = start_info_pa;
	traps_init();
	stage_xen(&b);
	stage_start_info(&b);
	stage_memory(&b);
	stage_topology(&b);
	stage_plan(&b);
	stage_sidecar(&b);
	stage_acpi(&b);
	stage_linux(&b);
	stage_jump(&b);
}
