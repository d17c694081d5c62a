/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libxenlight in test_xl_vnuma.sh: only says that it was called.
 */
#include <libxl.h>

#include "test_xl_vnuma.h"

int light_rc;

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config,
			    uint32_t *domid, const libxl_asyncop_how *ao_how,
			    const libxl_asyncprogress_how *aop_console_how)
{
	(void)ctx;
	(void)d_config;
	(void)ao_how;
	(void)aop_console_how;
	*domid = 7;
	return light_rc;
}
