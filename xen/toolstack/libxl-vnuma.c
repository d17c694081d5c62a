/* SPDX-License-Identifier: MIT */
/*
 * Preload library that lets stock xl and libvirt create a PVH guest with
 * vnodes, see docs/xl-vnuma-bugs.md, whose CPUID agrees with them, and gives
 * the shim to guests that ask for it. Built once per Xen version against that
 * version's headers; refuses to run with any other libxenguest.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <libxl.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "libxl-vnuma-cpuid.h"
#include "libxl-vnuma-shim.h"

#ifndef XL_VNUMA_XEN_MINOR
#error "XL_VNUMA_XEN_MINOR: the x of the Xen version 4.x to build for"
#endif

#define STR(x)	    #x
#define XSTR(x)	    STR(x)
#define LIBXENGUEST "libxenguest.so.4." XSTR(XL_VNUMA_XEN_MINOR)
#define LIBXENLIGHT "libxenlight.so.4." XSTR(XL_VNUMA_XEN_MINOR)

/*
 * Xen's headers do not name their version, but the domctl interface version
 * in them distinguishes the versions that this is built for.
 */
#define DOMCTL_VERSION_4_17 0x15
#define DOMCTL_VERSION_4_20 0x17
#define HEADERS_ARE(minor)                \
	(XL_VNUMA_XEN_MINOR == (minor) && \
	 XEN_DOMCTL_INTERFACE_VERSION == DOMCTL_VERSION_4_##minor)
_Static_assert(HEADERS_ARE(17) || HEADERS_ARE(20),
	       "want headers of Xen 4.17 or 4.20, of XL_VNUMA_XEN_MINOR");

/* The fields used here, as both versions have them (x86-64). */
_Static_assert(offsetof(struct xc_dom_image, nr_vnodes) == 0x690 &&
		       offsetof(struct xc_dom_image, container_type) == 0x6b0 &&
		       offsetof(struct xc_dom_image, device_model) == 0x6e8,
	       "struct xc_dom_image is not that of Xen 4.17 and 4.20");

/* Only the wrappers are exported, so that no other name clashes with xl's. */
#define EXPORTED __attribute__((visibility("default")))

typedef int mem_init_fn(struct xc_dom_image *dom);
typedef int create_new_fn(libxl_ctx *ctx, libxl_domain_config *d_config,
			  uint32_t *domid, const libxl_asyncop_how *ao_how,
			  const libxl_asyncprogress_how *aop_console_how);

/*
 * The DT_SONAME of the library that addr is in, or its file name if it has
 * none. glibc has relocated DT_STRTAB by the time the library can be found.
 */
static const char *soname_of(const void *addr)
{
	const char *strtab = NULL;
	const ElfW(Dyn) * dyn;
	struct link_map *map;
	size_t soname = 0;
	Dl_info info;

	if (!dladdr1(addr, &info, (void **)&map, RTLD_DL_LINKMAP))
		return "an unknown library";

	for (dyn = map->l_ld; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_STRTAB)
			strtab = (const char *)dyn->d_un.d_ptr;
		if (dyn->d_tag == DT_SONAME)
			soname = dyn->d_un.d_val;
	}

	return strtab && soname ? strtab + soname : info.dli_fname;
}

/* xl makes PVH guests without device model, HVM guests always with one. */
static bool is_pvh(const struct xc_dom_image *dom)
{
	return dom->container_type == XC_DOM_HVM_CONTAINER &&
	       !dom->device_model;
}

/*
 * By now libxl has told Xen the vNUMA layout; the real function places the
 * memory by it and is the last to use vmemranges and vnode_to_pnode. All that
 * reads nr_vnodes later is libxl's making of SRAT and SLIT, which cannot work.
 */
EXPORTED int xc_dom_boot_mem_init(struct xc_dom_image *dom)
{
	mem_init_fn *real;
	const char *found;
	int rc;

	real = (mem_init_fn *)dlsym(RTLD_NEXT, __func__);
	found = real ? soname_of((const void *)real) : "no libxenguest";
	if (strcmp(found, LIBXENGUEST) != 0) {
		fprintf(stderr,
			"libxl-vnuma: found %s (want " LIBXENGUEST
			"), no domain is built: there are libraries for Xen 4.17 and 4.20 (XL_VNUMA_LIB=FILE names one); on others use sidecar.vnuma= instead of vnuma=\n",
			found);
		errno = ENOTSUP;
		return -1;
	}

	rc = real(dom);
	if (rc == 0 && is_pvh(dom))
		dom->nr_vnodes = 0;

	return rc;
}

/*
 * xl allocates avail_vcpus only for a vcpus= in the file or on its command
 * line. Without one libxl enables vCPU 0 alone, whatever vnuma= lists.
 */
static void warn_missing_vcpus(const libxl_domain_build_info *b)
{
	static atomic_flag warned = ATOMIC_FLAG_INIT;

	if (b->max_vcpus < 2)
		return;
	if (b->avail_vcpus.size != 0 || atomic_flag_test_and_set(&warned))
		return;

	fprintf(stderr,
		"libxl-vnuma: vcpus= is missing beside vnuma=: 1 vCPU enabled (want vcpus=%d for all)\n",
		b->max_vcpus);
}

static bool is_pvh_with_vnuma(const libxl_domain_config *config)
{
	return config->c_info.type == LIBXL_DOMAIN_TYPE_PVH &&
	       config->b_info.num_vnuma_nodes > 0;
}

/* The domain of another libxl is refused above. */
EXPORTED
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config,
			    uint32_t *domid, const libxl_asyncop_how *ao_how,
			    const libxl_asyncprogress_how *aop_console_how)
{
	create_new_fn *real;

	real = (create_new_fn *)dlsym(RTLD_NEXT, __func__);
	if (!real) {
		fprintf(stderr,
			"libxl-vnuma: no libxenlight (want " LIBXENLIGHT
			"), no domain is built: for xl alone, run xl-vnuma instead of LD_PRELOAD\n");
		return ERROR_FAIL;
	}

	if (strcmp(soname_of((const void *)real), LIBXENLIGHT) == 0) {
		vnuma_shim_apply(d_config);
		if (is_pvh_with_vnuma(d_config)) {
			warn_missing_vcpus(&d_config->b_info);
			vnuma_cpuid_apply(ctx, &d_config->b_info);
		}
	}

	return real(ctx, d_config, domid, ao_how, aop_console_how);
}
