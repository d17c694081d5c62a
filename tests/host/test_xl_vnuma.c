/* SPDX-License-Identifier: MIT */
/*
 * Calls libxl-vnuma, which test_xl_vnuma.sh preloads, as libxl and xl would,
 * on the stub libraries. With the argument "refuse" all must be refused.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libxl.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "test_xl_vnuma.h"

struct image_case {
	const char *name;
	bool hvm_container;
	bool device_model;
	unsigned int nr_vnodes;
	int rc;
	unsigned int nr_vnodes_after;
};

static const struct image_case image_cases[] = {
	{"PVH, 1 vnode", true, false, 1, 0, 0},
	{"PVH, 2 vnodes", true, false, 2, 0, 0},
	{"PVH, 32 vnodes", true, false, 32, 0, 0},
	{"PVH without vnuma", true, false, 0, 0, 0},
	{"HVM, 2 vnodes", true, true, 2, 0, 2},
	{"PV, 2 vnodes", false, false, 2, 0, 2},
	{"PVH, no memory", true, false, 2, -12, 2},
	{"PVH, positive error", true, false, 2, 5, 2},
};

struct config_case {
	const char *name;
	libxl_domain_type type;
	int nr_vnodes;
	int max_vcpus;
	unsigned int avail_bytes;
	int rc;
};

/* Only the last two lack vcpus=; the first of them is warned about. */
static const struct config_case config_cases[] = {
	{"vcpus= given", LIBXL_DOMAIN_TYPE_PVH, 2, 8, 1, 0},
	{"one vCPU in all", LIBXL_DOMAIN_TYPE_PVH, 1, 1, 0, 0},
	{"no vnuma=", LIBXL_DOMAIN_TYPE_PVH, 0, 8, 0, 0},
	{"HVM", LIBXL_DOMAIN_TYPE_HVM, 2, 8, 0, 0},
	{"no vcpus=", LIBXL_DOMAIN_TYPE_PVH, 2, 8, 0, 0},
	{"no vcpus= again", LIBXL_DOMAIN_TYPE_PVH, 2, 8, 0, -3},
};

static int failures;

static void report(bool ok, const char *what, const char *name)
{
	printf("%s: xl_vnuma: %s: %s\n", ok ? "pass" : "FAIL", what, name);
	if (!ok)
		failures++;
}

static struct xc_dom_image image_of(const struct image_case *c)
{
	struct xc_dom_image dom;

	memset(&dom, 0x5a, sizeof(dom));
	dom.container_type =
		c->hvm_container ? XC_DOM_HVM_CONTAINER : XC_DOM_PV_CONTAINER;
	dom.device_model = c->device_model;
	dom.nr_vnodes = c->nr_vnodes;
	return dom;
}

/* Nothing in the whole image may change but nr_vnodes. */
static void test_image(const struct image_case *c)
{
	struct xc_dom_image dom, want;
	int rc;

	dom = image_of(c);
	memcpy(&want, &dom, sizeof(want));
	want.nr_vnodes = c->nr_vnodes_after;
	guest_rc = c->rc;
	guest_calls = 0;

	rc = xc_dom_boot_mem_init(&dom);
	report(rc == c->rc && guest_calls == 1 &&
		       guest_nr_vnodes == c->nr_vnodes &&
		       memcmp(&dom, &want, sizeof(dom)) == 0,
	       "image", c->name);
}

static void test_refusal(const struct image_case *c)
{
	struct xc_dom_image dom, want;
	int rc;

	dom = image_of(c);
	memcpy(&want, &dom, sizeof(want));
	guest_rc = 0;
	guest_calls = 0;

	rc = xc_dom_boot_mem_init(&dom);
	report(rc == -1 && errno == ENOTSUP && guest_calls == 0 &&
		       memcmp(&dom, &want, sizeof(dom)) == 0,
	       "refused", c->name);
}

static void test_config(const struct config_case *c)
{
	static libxl_domain_config config;
	uint32_t domid = 0;
	int rc;

	config.c_info.type = c->type;
	config.b_info.num_vnuma_nodes = c->nr_vnodes;
	config.b_info.max_vcpus = c->max_vcpus;
	config.b_info.avail_vcpus.size = c->avail_bytes;
	light_rc = c->rc;

	rc = libxl_domain_create_new(NULL, &config, &domid, NULL, NULL);
	report(rc == c->rc && domid == 7, "config", c->name);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && strcmp(argv[1], "refuse") == 0) {
		test_refusal(&image_cases[1]);
		return failures != 0;
	}

	for (i = 0; i < sizeof(image_cases) / sizeof(image_cases[0]); i++)
		test_image(&image_cases[i]);
	for (i = 0; i < sizeof(config_cases) / sizeof(config_cases[0]); i++)
		test_config(&config_cases[i]);

	return failures != 0;
}
