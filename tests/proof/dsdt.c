/* SPDX-License-Identifier: MIT */
/*
 * The search for processors in a DSDT, in steps: a package, a processor's name,
 * a method, a processor, a scope, each in any AML of up to BYTES bytes, and
 * nothing outside is read. The search goes ahead with each, so it ends. Where a
 * processor is looked at, what methods it has is any, but always the same. The
 * source is included, to reach its static functions.
 */
#include <string.h>

#include "bytes.h"

struct aml;
static bool any_method(struct aml a, const char *name);

/* These calls go to stand-ins, as proof.h says. */
#define METHOD_struct	    has_method_itself(struct
#define METHOD_body	    any_method(body
#define has_method(a, name) METHOD_##a, name)
#include SOURCE
#undef has_method

bool __CPROVER_uninterpreted_method(uint32_t from, uint32_t to, char name);

/* From and to are places in bytes[]; what is there ends at BYTES. */
static bool any_method(struct aml a, const char *name)
{
	prove(a.p >= bytes && a.p <= a.end && a.end <= bytes + BYTES);
	return __CPROVER_uninterpreted_method(
		(uint32_t)(a.p - bytes), (uint32_t)(a.end - bytes), name[1]);
}

static uint32_t place(const uint8_t *p)
{
	return (uint32_t)(p - bytes);
}

static struct aml any_aml(void)
{
	uint32_t nr;
	const uint8_t *p = any_bytes(&nr);

	return (struct aml){p, p + nr};
}

/* ACPI 20.2.4: a package whose length is at @at; what it holds. */
static bool package_at(uint32_t at, uint32_t end, uint32_t *from, uint32_t *to)
{
	uint32_t more, length;

	if (at >= end)
		return false;
	more = bytes[at] >> 6;
	if (at + more >= end)
		return false;
	length = more ? bytes[at] & 15 : bytes[at] & 63;
	length += more > 0 ? bytes[at + 1] << 4 : 0;
	length += more > 1 ? bytes[at + 2] << 12 : 0;
	length += more > 2 ? bytes[at + 3] << 20 : 0;
	*from = at + 1 + more;
	*to = at + length;
	return *from <= *to && length <= end - at;
}

static bool is_at(uint32_t at, uint32_t end, const char *name, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (at + i >= end || bytes[at + i] != (uint8_t)name[i])
			return false;
	return true;
}

void proof_dsdt_package(void)
{
	struct aml a = any_aml(), package;
	const uint8_t *start = a.p;
	uint32_t from = 0, to = 0;
	bool is = package_at(place(a.p), BYTES, &from, &to);

	prove(aml_take_package(&a, &package) == is);
	prove(a.end == bytes + BYTES);
	if (!is) {
		prove(a.p == start);
		return;
	}
	prove(package.p == bytes + from && package.end == bytes + to);
	prove(a.p == package.end && a.p > start && a.p <= a.end);
}

/* PR, two digits, the same number: @id, or TOPOLOGY_MAX_VCPUS. */
static uint32_t id_at(uint32_t at, uint32_t end)
{
	static const char digit[] = "0123456789ABCDEF";

	if (!is_at(at, end, "PR", 2) || at + 5 > end)
		return TOPOLOGY_MAX_VCPUS;
	if (bytes[at + 4] >= TOPOLOGY_MAX_VCPUS ||
	    bytes[at + 2] != digit[bytes[at + 4] / 16] ||
	    bytes[at + 3] != digit[bytes[at + 4] % 16])
		return TOPOLOGY_MAX_VCPUS;
	return bytes[at + 4];
}

void proof_dsdt_id(void)
{
	struct aml a = any_aml();
	uint32_t id, wanted = id_at(place(a.p), BYTES);

	prove(take_processor_id(&a, &id) == (wanted < TOPOLOGY_MAX_VCPUS));
	prove(wanted == TOPOLOGY_MAX_VCPUS || id == wanted);
}

void proof_dsdt_method(void)
{
	struct aml a = any_aml();
	uint32_t from, to;
	bool has = false;

	for (uint32_t i = place(a.p); i < BYTES; i++)
		has |= bytes[i] == 0x14 &&
		       package_at(i + 1, BYTES, &from, &to) &&
		       is_at(from, to, "_STA", 4);
	prove(has_method_itself(a, "_STA") == has);
}

/* The end of the processor at @at, or 0; @id and whether it can be added. */
static uint32_t processor_at(uint32_t at, uint32_t end, uint32_t *id, bool *is)
{
	uint32_t from, to;

	if (at + 2 > end || bytes[at] != 0x5b || bytes[at + 1] != 0x83 ||
	    !package_at(at + 2, end, &from, &to))
		return 0;
	*id = id_at(from, to);
	if (*id == TOPOLOGY_MAX_VCPUS)
		return 0;
	/* behind the name are 2 bytes, to which no method begins */
	*is = __CPROVER_uninterpreted_method(from + 2, to, 'S') &&
	      __CPROVER_uninterpreted_method(from + 2, to, 'M');
	return to;
}

void proof_dsdt_processor(void)
{
	static bool has[TOPOLOGY_MAX_VCPUS], old[TOPOLOGY_MAX_VCPUS];
	struct aml a = any_aml();
	uint32_t v = any_up_to(TOPOLOGY_MAX_VCPUS - 1), id = 0, start, end;
	bool is = false;

	has[v] = old[v] = nondet_bool();
	start = place(a.p);
	end = processor_at(start, BYTES, &id, &is);
	prove(take_processor(&a, has) == (end != 0));
	prove(place(a.p) == (end ? end : start) && a.end == bytes + BYTES);
	prove(has[v] == (end && id == v ? is : old[v]));
}

/* A scope of the system bus: all processors in it count, no other. */
void proof_dsdt_scope(void)
{
	static bool has[TOPOLOGY_MAX_VCPUS];
	struct aml a = any_aml();
	uint32_t v = any_up_to(TOPOLOGY_MAX_VCPUS - 1), id, start, from = 0, to;
	bool is_scope, is, wanted = false;

	start = place(a.p);
	is_scope = is_at(start, BYTES, "\x10", 1) &&
		   package_at(start + 1, BYTES, &from, &to);
	if (is_scope) {
		from += is_at(from, to, "\\", 1);
		is_scope = is_at(from, to, "_SB_", 4);
	}
	for (uint32_t i = from + 4; is_scope && i < to;) {
		uint32_t end = processor_at(i, to, &id, &is);

		if (end && id == v)
			wanted = is;
		i = end ? end : i + 1;
	}
	prove(take_scope(&a, has) == is_scope);
	prove(place(a.p) == (is_scope ? to : start) && a.end == bytes + BYTES);
	prove(has[v] == wanted);
}
