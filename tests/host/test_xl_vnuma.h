/* SPDX-License-Identifier: MIT */
/* What test_xl_vnuma.c sets and reads in the stub libraries it runs on. */
#ifndef TEST_XL_VNUMA_H
#define TEST_XL_VNUMA_H

#include <stdbool.h>
#include <stdint.h>

#include <libxl.h>

extern int guest_rc;
extern unsigned int guest_calls;
extern unsigned int guest_nr_vnodes;
extern int light_rc;
/* libxl_domain_build_info_to_json(), libxl_cpuid_parse_config*() fail. */
extern bool light_mute, light_refuses;
extern unsigned int light_words; /* that libxl_cpuid_parse_config*() got */

/* A register (0 EAX) of a list, added empty if it has none. */
char *light_reg(libxl_cpuid_policy_list *list, uint32_t leaf, uint32_t subleaf,
		int reg);

#endif
