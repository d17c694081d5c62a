/* SPDX-License-Identifier: MIT */
/*
 * Calls libxl-vnuma, which test_xl_vnuma.sh preloads, where there is no
 * libxenlight behind it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

#include <libxl.h>

typedef int create_new_fn(libxl_ctx *ctx, libxl_domain_config *d_config,
			  uint32_t *domid, const libxl_asyncop_how *ao_how,
			  const libxl_asyncprogress_how *aop_console_how);

int main(void)
{
	create_new_fn *create =
		(create_new_fn *)dlsym(RTLD_DEFAULT, "libxl_domain_create_new");

	return !create || create(NULL, NULL, NULL, NULL, NULL) != ERROR_FAIL;
}
