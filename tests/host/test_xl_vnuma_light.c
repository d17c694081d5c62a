/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libxenlight in test_xl_vnuma.sh: says that it was called, and
 * keeps, changes and shows a cpuid list as libxl does (libxl_cpuid.c).
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl.h>

#include "test_xl_vnuma.h"

#define MAX_ENTRIES 8
#define NO_SUBLEAF  0xffffffffu

struct libxl__cpu_policy {
	int nr;
	struct {
		uint32_t leaf, subleaf;
		char reg[4][33]; /* empty: not set */
	} e[MAX_ENTRIES];
};

static const struct {
	const char *name;
	uint32_t leaf, subleaf;
	int reg;
	unsigned int shift, width;
} names[] = {
	{"proccount", 1, NO_SUBLEAF, 1, 16, 8},
	{"clflush", 1, NO_SUBLEAF, 1, 8, 8},
	{"x2apic", 1, NO_SUBLEAF, 2, 21, 1},
	{"procpkg", 4, 0, 0, 26, 6},
	{"nc", 0x80000008, NO_SUBLEAF, 2, 0, 8},
	{"apicidsize", 0x80000008, NO_SUBLEAF, 2, 12, 4},
};

int light_rc;
bool light_mute, light_refuses;
unsigned int light_words;

char *light_reg(libxl_cpuid_policy_list *list, uint32_t leaf, uint32_t subleaf,
		int reg)
{
	int i;

	if (!*list)
		*list = calloc(1, sizeof(**list));
	for (i = 0; i < (*list)->nr; i++)
		if ((*list)->e[i].leaf == leaf &&
		    (*list)->e[i].subleaf == subleaf)
			return (*list)->e[i].reg[reg];
	if (i == MAX_ENTRIES)
		abort();
	(*list)->nr++;
	(*list)->e[i].leaf = leaf;
	(*list)->e[i].subleaf = subleaf;
	return (*list)->e[i].reg[reg];
}

int libxl_cpuid_parse_config(libxl_cpuid_policy_list *list, const char *word)
{
	const char *value = strchr(word, '=');
	unsigned long number;
	unsigned int k;
	char *reg, *end;
	size_t i;

	light_words++;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (value && strlen(names[i].name) == (size_t)(value - word) &&
		    !strncmp(names[i].name, word, (size_t)(value - word)))
			break;
	if (light_refuses || i == sizeof(names) / sizeof(names[0]))
		return 2;
	reg = light_reg(list, names[i].leaf, names[i].subleaf, names[i].reg);
	if (!*reg)
		memset(reg, 'x', 32);
	number = strtoul(++value, &end, 0);
	for (k = 0; k < names[i].width; k++)
		reg[31 - names[i].shift - k] =
			end == value ? *value : "01"[number >> k & 1];
	return 0;
}

/* "LEAF,SUBLEAF:eax=32 CHARACTERS" */
int libxl_cpuid_parse_config_xend(libxl_cpuid_policy_list *list,
				  const char *word)
{
	unsigned int leaf, subleaf;
	char bits[34];

	light_words++;
	if (light_refuses ||
	    sscanf(word, "%u,%u:eax=%33s", &leaf, &subleaf, bits) != 3 ||
	    strlen(bits) != 32)
		return 2;
	strcpy(light_reg(list, leaf, subleaf, 0), bits);
	return 0;
}

void libxl_cpuid_dispose(libxl_cpuid_policy_list *list)
{
	free(*list);
	*list = NULL;
}

static void show_entry(FILE *to, libxl_cpuid_policy_list p, int i)
{
	static const char *const regs[] = {"eax", "ebx", "ecx", "edx"};

	fprintf(to, "%s\n            {\n                \"leaf\": %u",
		i ? "," : "", p->e[i].leaf);
	if (p->e[i].subleaf != NO_SUBLEAF)
		fprintf(to, ",\n                \"subleaf\": %u",
			p->e[i].subleaf);
	for (int k = 0; k < 4; k++)
		if (p->e[i].reg[k][0])
			fprintf(to, ",\n                \"%s\": \"%s\"",
				regs[k], p->e[i].reg[k]);
	fputs("\n            }", to);
}

/* Beautified as yajl does it; a kernel of that name confuses only some. */
char *libxl_domain_build_info_to_json(libxl_ctx *ctx,
				      libxl_domain_build_info *b)
{
	char *json = NULL;
	size_t size;
	FILE *to;

	(void)ctx;
	if (light_mute)
		return NULL;
	to = open_memstream(&json, &size);
	if (!to)
		abort();
	fprintf(to, "{\n    \"max_vcpus\": %d,\n", b->max_vcpus);
	fputs("    \"kernel\": \"/\\\"cpuid\\\":[{\\\"leaf\\\": 1,\\\"ebx\\\":\\\"11111111111111111111111111111111\\\"}\",\n",
	      to);
	fputs("    \"cpuid\": {\n        \"cpuid\": [", to);
	for (int i = 0; b->cpuid && i < b->cpuid->nr; i++)
		show_entry(to, b->cpuid, i);
	fputs("\n        ],\n        \"msr\": [\n            {\n                \"index\": 266,\n                \"policy\": \"xx\"\n            }\n        ]\n    }\n}\n",
	      to);
	fclose(to);
	return json;
}

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

void libxl_defbool_set(libxl_defbool *db, bool b)
{
	db->val = b ? 1 : -1;
}

bool libxl_defbool_is_default(libxl_defbool db)
{
	return !db.val;
}
