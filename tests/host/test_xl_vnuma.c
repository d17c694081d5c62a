/* SPDX-License-Identifier: MIT */
/*
 * Calls libxl-vnuma, which test_xl_vnuma.sh preloads, as libxl and xl would,
 * on the stub libraries. With the argument "refuse" all must be refused.
 */
#define _GNU_SOURCE
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
	static libxl_vnode_info vnodes[2]; /* of no vCPU */
	uint32_t domid = 0;
	int rc;

	config.c_info.type = c->type;
	config.b_info.num_vnuma_nodes = c->nr_vnodes;
	config.b_info.vnuma_nodes = vnodes;
	config.b_info.max_vcpus = c->max_vcpus;
	config.b_info.avail_vcpus.size = c->avail_bytes;
	light_rc = c->rc;

	rc = libxl_domain_create_new(NULL, &config, &domid, NULL, NULL);
	report(rc == c->rc && domid == 7, "config", c->name);
}

/* ---- The cpuid list ------------------------------------------------------ */

#define NO_SUBLEAF  0xffffffffu
#define MAX_VCPUS   16
#define PROCCOUNT_4 "xxxxxxxx00001000xxxxxxxxxxxxxxxx"
#define PROCPKG_4   "000111000000000000xxxxxxxxxxxxxx"
#define SIZES_4	    "xxxxxxxxxxxxxxxx0011xxxx00000111"
#define PROCCOUNT_1 "xxxxxxxx00000010xxxxxxxxxxxxxxxx"
#define PROCPKG_1   "000001000000000000xxxxxxxxxxxxxx"
#define SIZES_1	    "xxxxxxxxxxxxxxxx0001xxxx00000001"

/* @vnodes: a digit for each vCPU. NULL for a register: the list has none. */
struct policy_case {
	const char *name;
	const char *vnodes;
	int nr_vnodes;
	libxl_domain_type type;
	const char *words; /* of the user, one space between */
	const char *ebx_1, *eax_4, *ecx_8;
	unsigned int nr_words; /* from us */
};

static const struct policy_case policy_cases[] = {
	{"4+4", "00001111", 2, LIBXL_DOMAIN_TYPE_PVH, "", PROCCOUNT_4,
	 PROCPKG_4, SIZES_4, 4},
	{"4+4, reversed", "11110000", 2, LIBXL_DOMAIN_TYPE_PVH, "", PROCCOUNT_4,
	 PROCPKG_4, SIZES_4, 4},
	{"3+3", "000111", 2, LIBXL_DOMAIN_TYPE_PVH, "", PROCCOUNT_1, PROCPKG_1,
	 SIZES_1, 4},
	{"interleaved", "01010101", 2, LIBXL_DOMAIN_TYPE_PVH, "", PROCCOUNT_1,
	 PROCPKG_1, SIZES_1, 4},
	{"4+4 and one without vCPUs", "00001111", 3, LIBXL_DOMAIN_TYPE_PVH, "",
	 PROCCOUNT_4, PROCPKG_4, SIZES_4, 4},
	{"all on the second of two", "11111111", 2, LIBXL_DOMAIN_TYPE_PVH, "",
	 NULL, NULL, NULL, 0},
	{"one vnode", "0000", 1, LIBXL_DOMAIN_TYPE_PVH, "", NULL, NULL, NULL,
	 0},
	{"one vnode, user's", "0000", 1, LIBXL_DOMAIN_TYPE_PVH, "proccount=16",
	 "xxxxxxxx00010000xxxxxxxxxxxxxxxx", NULL, NULL, 0},
	{"no vnuma=", "00001111", 0, LIBXL_DOMAIN_TYPE_PVH, "", NULL, NULL,
	 NULL, 0},
	{"HVM", "00001111", 2, LIBXL_DOMAIN_TYPE_HVM, "", NULL, NULL, NULL, 0},
	{"PV", "00001111", 2, LIBXL_DOMAIN_TYPE_PV, "", NULL, NULL, NULL, 0},
	{"others of the user", "00001111", 2, LIBXL_DOMAIN_TYPE_PVH,
	 "clflush=9 x2apic=0", "xxxxxxxx0000100000001001xxxxxxxx", PROCPKG_4,
	 SIZES_4, 4},
	{"user's are smaller", "00001111", 2, LIBXL_DOMAIN_TYPE_PVH,
	 "nc=3 apicidsize=2 proccount=4", "xxxxxxxx00000100xxxxxxxxxxxxxxxx",
	 PROCPKG_4, "xxxxxxxxxxxxxxxx0010xxxx00000011", 1},
	{"user's are the host's", "00001111", 2, LIBXL_DOMAIN_TYPE_PVH,
	 "proccount=k apicidsize=s", "xxxxxxxxkkkkkkkkxxxxxxxxxxxxxxxx",
	 PROCPKG_4, "xxxxxxxxxxxxxxxxssssxxxx00000111", 2},
	/* each of these is warned about: test_xl_vnuma.sh */
	{"user's proccount spans", "00001111", 2, LIBXL_DOMAIN_TYPE_PVH,
	 "proccount=16", "xxxxxxxx00010000xxxxxxxxxxxxxxxx", PROCPKG_4, SIZES_4,
	 3},
	{"user's apicidsize spans", "000111", 2, LIBXL_DOMAIN_TYPE_PVH,
	 "apicidsize=3", PROCCOUNT_1, PROCPKG_1,
	 "xxxxxxxxxxxxxxxx0011xxxx00000001", 3},
	{"user's procpkg spans", "00001111", 2, LIBXL_DOMAIN_TYPE_PVH,
	 "procpkg=15", PROCCOUNT_4, "001111000000000000xxxxxxxxxxxxxx", SIZES_4,
	 4},
	{"user's cache spans", "00001111", 2, LIBXL_DOMAIN_TYPE_PVH,
	 "4,0:eax=kkkkkk000000001111xxxxxxxxxx0001", PROCCOUNT_4,
	 "kkkkkk000000001111xxxxxxxxxx0001", SIZES_4, 3},
	{"user's cache spans more", "00001111", 2, LIBXL_DOMAIN_TYPE_PVH,
	 "4,0:eax=xxxxxx000000001111xxxxxxxxxx0001", PROCCOUNT_4,
	 "000111000000001111xxxxxxxxxx0001", SIZES_4, 4},
};

static void set_vnodes(libxl_domain_build_info *b, const char *vnodes,
		       int nr_vnodes)
{
	static libxl_vnode_info vnode[4];
	static uint8_t map[4][MAX_VCPUS / 8];
	int i;

	memset(map, 0, sizeof(map));
	for (i = 0; i < nr_vnodes; i++)
		vnode[i].vcpus =
			(libxl_bitmap){.size = sizeof(map[i]), .map = map[i]};
	/* libxl makes no map for a vnode without vCPUs */
	if (nr_vnodes > 2)
		vnode[2].vcpus = (libxl_bitmap){0};
	for (i = 0; vnodes[i]; i++)
		map[vnodes[i] - '0'][i / 8] |= (uint8_t)(1 << i % 8);
	b->vnuma_nodes = vnode;
	b->num_vnuma_nodes = nr_vnodes;
	b->max_vcpus = i;
	b->avail_vcpus.size = 1;
}

static void user_words(libxl_cpuid_policy_list *list, const char *words)
{
	char copy[64], *word, *rest = copy;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		if (*word &&
		    (strchr(word, ':') ? libxl_cpuid_parse_config_xend
				       : libxl_cpuid_parse_config)(list, word))
			failures++;
}

static bool is_reg(libxl_cpuid_policy_list *list, uint32_t leaf,
		   uint32_t subleaf, int reg, const char *want)
{
	if (!*list)
		return !want;
	return strcmp(light_reg(list, leaf, subleaf, reg), want ? want : "") ==
	       0;
}

static bool is_policy(libxl_cpuid_policy_list *list,
		      const struct policy_case *c)
{
	return is_reg(list, 1, NO_SUBLEAF, 1, c->ebx_1) &&
	       is_reg(list, 4, 0, 0, c->eax_4) &&
	       is_reg(list, 0x80000008, NO_SUBLEAF, 2, c->ecx_8);
}

/* A second time, as xl does when the guest reboots, nothing is to do. */
static void test_policy(const struct policy_case *c)
{
	static libxl_domain_config config;
	libxl_domain_build_info *b = &config.b_info;
	uint32_t domid = 0;

	config.c_info.type = c->type;
	set_vnodes(b, c->vnodes, c->nr_vnodes);
	user_words(&b->cpuid, c->words);
	light_words = 0;
	light_rc = 0;
	fprintf(stderr, "%s\n", c->name);
	libxl_domain_create_new(NULL, &config, &domid, NULL, NULL);
	report(domid == 7 && light_words == c->nr_words &&
		       is_policy(&b->cpuid, c),
	       "policy", c->name);
	light_words = 0;
	fputs("again\n", stderr);
	libxl_domain_create_new(NULL, &config, &domid, NULL, NULL);
	report(light_words == 0 && is_policy(&b->cpuid, c), "policy again",
	       c->name);
	libxl_cpuid_dispose(&b->cpuid);
}

/* The domain is built all the same. */
static void test_policy_fails(void)
{
	static libxl_domain_config config;
	libxl_domain_build_info *b = &config.b_info;
	uint32_t domid = 0;

	config.c_info.type = LIBXL_DOMAIN_TYPE_PVH;
	set_vnodes(b, "00001111", 2);
	fputs("libxl fails\n", stderr);
	light_refuses = true;
	libxl_domain_create_new(NULL, &config, &domid, NULL, NULL);
	report(domid == 7 && !b->cpuid, "policy", "refused by libxl");
	light_refuses = false;
	user_words(&b->cpuid, "clflush=9");
	light_mute = true;
	light_words = 0;
	domid = 0;
	libxl_domain_create_new(NULL, &config, &domid, NULL, NULL);
	report(domid == 7 && light_words == 0, "policy", "not shown by libxl");
	light_mute = false;
	libxl_cpuid_dispose(&b->cpuid);
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
	for (i = 0; i < sizeof(policy_cases) / sizeof(policy_cases[0]); i++)
		test_policy(&policy_cases[i]);
	test_policy_fails();

	return failures != 0;
}
