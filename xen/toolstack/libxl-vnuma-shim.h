/* SPDX-License-Identifier: MIT */
/* For libxl-vnuma.c: the shim for PVH guests whose toolstack has no pvshim=. */
#ifndef LIBXL_VNUMA_SHIM_H
#define LIBXL_VNUMA_SHIM_H

#include <libxl.h>

/*
 * If the kernel's command line of @config starts with xen-sidecar, takes that
 * and the shim's options behind it off the line and has libxl start the guest
 * by the shim. What keeps it from that is named on stderr; the guest is then
 * booted without the shim. See docs/booting.md.
 */
void vnuma_shim_apply(libxl_domain_config *config);

#endif
