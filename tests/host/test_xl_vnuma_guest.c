/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libxenguest in test_xl_vnuma.sh, which gives it the soname of
 * one Xen version or another: only notes what it was called with.
 */
#include <xenctrl.h>
#include <xenguest.h>

#include "test_xl_vnuma.h"

int guest_rc;
unsigned int guest_calls;
unsigned int guest_nr_vnodes;

int xc_dom_boot_mem_init(struct xc_dom_image *dom)
{
	guest_calls++;
	guest_nr_vnodes = dom->nr_vnodes;
	return guest_rc;
}
