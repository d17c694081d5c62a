// SPDX-License-Identifier: MIT
/*
 * Preloaded into xl by dom0-xl-nvs: a guest's ACPI tables lie in NVS memory
 * (type 4 of its memory map), as libxl has it from Xen 4.21 on, not in memory
 * of type ACPI.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <xenctrl.h>

typedef int set_map_fn(xc_interface *xch, uint32_t domid,
		       struct e820entry entries[], uint32_t nr_entries);

/* libxl copies the same array to start_info afterwards. */
int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid,
			     struct e820entry entries[], uint32_t nr_entries)
{
	set_map_fn *real = (set_map_fn *)dlsym(RTLD_NEXT, __func__);

	if (!real) {
		errno = ENOSYS;
		return -1;
	}
	for (uint32_t i = 0; i < nr_entries; i++) {
		if (entries[i].type == E820_ACPI)
			entries[i].type = E820_NVS;
	}
	return real(xch, domid, entries, nr_entries);
}
