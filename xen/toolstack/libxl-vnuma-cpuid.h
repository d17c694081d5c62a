/* SPDX-License-Identifier: MIT */
/* For libxl-vnuma.c: the CPUID policy of a PVH guest with vnuma=. */
#ifndef LIBXL_VNUMA_CPUID_H
#define LIBXL_VNUMA_CPUID_H

#include <libxl.h>

/*
 * Adds to @b's cpuid list that no package, and with it no core and no cache,
 * spans two vnodes. What the list has already is left, with a warning on stderr
 * if it lets a package span two.
 */
void vnuma_cpuid_apply(libxl_ctx *ctx, libxl_domain_build_info *b);

#endif
