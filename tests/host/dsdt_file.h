/* SPDX-License-Identifier: MIT */
/*
 * A DSDT made here, of the form that libxl's has (tools/libacpi/mk_dsdt.c): the
 * processors, and what lies between them.
 */
#ifndef DSDT_FILE_H
#define DSDT_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "abi/acpi.h"
#include "lib/topology.h"

#define DSDT_MAX_BYTES 65536u
#define DSDT_WIDTH(n)  ((n) < 0x40 ? 1u : (n) < 0x1000 ? 2u : 3u)

static uint8_t dsdt[DSDT_MAX_BYTES];
static uint32_t dsdt_size;

static inline void dsdt_put(const void *bytes, uint32_t nr)
{
	assert_true(nr <= DSDT_MAX_BYTES - dsdt_size);
	memcpy(dsdt + dsdt_size, bytes, nr);
	dsdt_size += nr;
}

/* What was put from @start on is a package: its length goes before it. */
static inline void dsdt_close(uint32_t start)
{
	uint32_t body = dsdt_size - start, width = DSDT_WIDTH(body + 3), all;
	uint8_t *p = dsdt + start;

	all = body + width;
	assert_true(dsdt_size + width <= DSDT_MAX_BYTES);
	memmove(p + width, p, body);
	dsdt_size += width;
	if (width == 1) {
		p[0] = (uint8_t)all;
		return;
	}
	p[0] = (uint8_t)((width - 1) << 6 | (all & 15));
	for (uint32_t i = 1; i < width; i++)
		p[i] = (uint8_t)(all >> (8 * i - 4));
}

static inline void dsdt_put_method(const char *name, uint32_t body)
{
	static const uint8_t code[4096] = {0x70};
	uint32_t start;

	dsdt_put("\x14", 1);
	start = dsdt_size;
	dsdt_put(name, 4);
	dsdt_put("", 1);
	dsdt_put(code, body);
	dsdt_close(start);
}

static inline void dsdt_put_processor(uint32_t id, const char *first,
				      const char *second)
{
	char name[5];
	uint32_t start;

	snprintf(name, sizeof(name), "PR%02X", id);
	dsdt_put("\x5b\x83", 2);
	start = dsdt_size;
	dsdt_put(name, 4);
	dsdt_put(&(uint8_t){(uint8_t)id}, 1);
	dsdt_put("\x10\xb0\0\0\x06", 5);
	dsdt_put("\x08_HID\x0d"
		 "ACPI0007",
		 15);
	if (first)
		dsdt_put_method(first, id);
	if (second)
		dsdt_put_method(second, 1);
	dsdt_put_method("_EJ0", 4);
	dsdt_close(start);
}

static inline uint32_t dsdt_begin_scope(const char *name)
{
	dsdt_put("\x10", 1);
	dsdt_put(name, (uint32_t)strlen(name));
	return dsdt_size - (uint32_t)strlen(name);
}

static inline void dsdt_begin(void)
{
	memset(dsdt, 0, sizeof(dsdt));
	dsdt_size = sizeof(struct acpi_header);
}

/*
 * A scope of other things, then the processors @first to @last: what libxl has
 * since Xen 4.20.2.
 */
static inline void dsdt_libxl(uint32_t first, uint32_t last)
{
	uint32_t scope;

	dsdt_begin();
	scope = dsdt_begin_scope("_SB_");
	dsdt_put("\x5b\x80"
		 "BIOS\0\x0c\0\0\0\xfc\x0a\x28",
		 13);
	dsdt_close(scope);
	scope = dsdt_begin_scope("\\_SB_");
	dsdt_put_method("PMAT", 100);
	for (uint32_t id = first; id <= last; id++)
		dsdt_put_processor(id, "_MAT", "_STA");
	dsdt_close(scope);
}

/* What it had before: methods for a device that PVH guests do not have. */
static inline void dsdt_put_gpe(void)
{
	uint32_t scope = dsdt_begin_scope("\\_GPE");

	dsdt_put_method("_E02", 20);
	dsdt_close(scope);
}

#endif
