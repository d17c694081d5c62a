/* SPDX-License-Identifier: MIT */
/*
 * Searches libxl's DSDT for processors. What lies between them is not
 * understood, so each byte may begin an object: one counts only if its length
 * fits into what it lies in and all of its parts are there. Pure.
 */
#include "dsdt.h"

#include <string.h>

#include "abi/acpi.h"
#include "lib/topology.h"

/* 20.2.2, 20.2.4, 20.2.5 */
#define ROOT_CHAR    0x5cu
#define SCOPE_OP     0x10u
#define METHOD_OP    0x14u
#define EXT_OP	     0x5bu
#define PROCESSOR_OP 0x83u

#define NAME_BYTES	4u
#define PKG_BYTES_SHIFT 6u
#define PKG_SHORT_MASK	0x3fu
#define PKG_LOW_MASK	0x0fu

struct aml {
	const uint8_t *p, *end;
};

static uint32_t aml_left(const struct aml *a)
{
	return (uint32_t)(a->end - a->p);
}

static bool aml_skip(struct aml *a, const void *bytes, uint32_t nr)
{
	if (aml_left(a) < nr || memcmp(a->p, bytes, nr))
		return false;
	a->p += nr;
	return true;
}

static bool aml_skip_byte(struct aml *a, uint8_t byte)
{
	return aml_skip(a, &byte, 1);
}

/* 20.2.4: the length counts from its own first byte. */
static bool aml_take_package(struct aml *a, struct aml *package)
{
	uint32_t more, length;

	if (!aml_left(a))
		return false;
	more = *a->p >> PKG_BYTES_SHIFT;
	length = *a->p & (more ? PKG_LOW_MASK : PKG_SHORT_MASK);
	if (aml_left(a) <= more)
		return false;
	for (uint32_t i = 0; i < more; i++)
		length |= (uint32_t)a->p[1 + i] << (4 + 8 * i);
	if (length <= more || length > aml_left(a))
		return false;
	*package = (struct aml){a->p + 1 + more, a->p + length};
	a->p = package->end;
	return true;
}

/* A method of this name, anywhere in @a. */
static bool has_method(struct aml a, const char *name)
{
	while (a.p < a.end) {
		struct aml rest = a, method;

		if (aml_skip_byte(&rest, METHOD_OP) &&
		    aml_take_package(&rest, &method)) {
			if (aml_skip(&method, name, NAME_BYTES))
				return true;
		}
		a.p++;
	}
	return false;
}

/* 16 and more: no digit of those that mk_dsdt.c writes. */
static uint32_t hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - (uint32_t)'0';
	return c >= 'A' && c <= 'F' ? c - (uint32_t)'A' + 10 : 16;
}

/* PRxx and the same number once more, as Linux compares that with _MAT's. */
static bool take_processor_id(struct aml *a, uint32_t *id)
{
	uint32_t high, low;

	if (!aml_skip(a, "PR", 2) || aml_left(a) < 3)
		return false;
	high = hex_digit(a->p[0]);
	low = hex_digit(a->p[1]);
	*id = high << 4 | low;
	return high < 16 && low < 16 && *id == a->p[2] &&
	       *id < TOPOLOGY_MAX_VCPUS;
}

static bool take_processor(struct aml *a, bool *has)
{
	static const uint8_t op[] = {EXT_OP, PROCESSOR_OP};
	struct aml rest = *a, body;
	uint32_t id;

	if (!aml_skip(&rest, op, sizeof(op)) ||
	    !aml_take_package(&rest, &body) || !take_processor_id(&body, &id))
		return false;
	has[id] = has_method(body, "_STA") && has_method(body, "_MAT");
	*a = rest;
	return true;
}

static bool take_scope(struct aml *a, bool *has)
{
	struct aml rest = *a, body;

	if (!aml_skip_byte(&rest, SCOPE_OP) || !aml_take_package(&rest, &body))
		return false;
	aml_skip_byte(&body, ROOT_CHAR);
	if (!aml_skip(&body, "_SB_", NAME_BYTES))
		return false;
	while (body.p < body.end)
		if (!take_processor(&body, has))
			body.p++;
	*a = rest;
	return true;
}

void dsdt_find_processors(const void *dsdt, uint32_t length, bool *has)
{
	struct aml all = {dsdt, (const uint8_t *)dsdt + length};

	memset(has, 0, TOPOLOGY_MAX_VCPUS * sizeof(*has));
	if (length < sizeof(struct acpi_header))
		return;
	all.p += sizeof(struct acpi_header);
	while (all.p < all.end)
		if (!take_scope(&all, has))
			all.p++;
}
