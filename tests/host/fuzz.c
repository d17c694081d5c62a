/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer targets for all that reads input from outside; -DFUZZ=name picks
 * one. Guest memory is the input itself, its first bytes at address 0x1000.
 */
#include <stdlib.h>
#include <string.h>

#include "pvh/read/acpi.h"
#include "pvh/decide/cmdline.h"
#include "pvh/read/cmdline_cpus.h"
#include "pvh/read/dsdt.h"
#include "fuzz_input.h"
#include "pvh/read/image.h"
#include "pvh/read/multiboot2.h"
#include "pvh/read/options.h"
#include "lib/packages.h"
#include "pvh/read/start_info.h"
#include "pvh/read/topology.h"
#include "pvh/read/uki.h"
#include "pvh/write/acpi.h"
#include "xen/toolstack/request.h"

#define BASE 0x1000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct memmap map;
static struct topology topology;

struct memory {
	const uint8_t *data;
	size_t size;
};

static const void *at(void *ctx, uint64_t pa, uint64_t size)
{
	const struct memory *m = ctx;

	if (pa < BASE || pa - BASE > m->size || size > m->size - (pa - BASE))
		return NULL;
	return m->data + (pa - BASE);
}

static void check_modules(const struct startinfo *si)
{
	for (uint32_t i = 0; i < si->nr_modules; i++)
		check(memmap_is_ram(&map, si->module[i].pa,
				    si->module[i].pa + si->module[i].size));
}

__attribute__((unused)) static void fuzz_startinfo(const uint8_t *data,
						   size_t size)
{
	static struct startinfo si;
	struct memory m = {data, size};
	struct guest_memory mem = {at, &m};
	struct range shim = {BASE + 64, BASE + 128};

	if (startinfo_read(&si, &map, mem, BASE).code ||
	    startinfo_check(&si, &map, shim).code)
		return;
	check_modules(&si);
}

/* The texts, too: they lie inside, with a zero behind them. */
__attribute__((unused)) static void fuzz_multiboot2(const uint8_t *data,
						    size_t size)
{
	static struct startinfo si;
	struct memory m = {data, size};
	struct guest_memory mem = {at, &m};
	struct range shim = {BASE + 64, BASE + 128};

	if (multiboot2_read(&si, &map, mem, BASE).code)
		return;
	check(si.table[0].end - BASE <= size && !si.cmdline.p[si.cmdline.len]);
	for (uint32_t i = 0; i < si.nr_modules; i++)
		check(!si.module[i].cmdline.p[si.module[i].cmdline.len]);
	if (!startinfo_check(&si, &map, shim).code)
		check_modules(&si);
	if (!multiboot2_find_rsdp(&si, &map, mem).code && si.rsdp_pa)
		check(acpi_is_rsdp(mem, si.rsdp_pa) &&
		      !memmap_is_ram(&map, si.rsdp_pa, si.rsdp_pa + 1));
}

__attribute__((unused)) static void fuzz_acpi(const uint8_t *data, size_t size)
{
	static struct acpi_tables tables;
	static struct plan plan;
	static uint8_t out[16384];
	static bool processors[TOPOLOGY_MAX_VCPUS];
	struct memory m = {data, size};
	struct guest_memory mem = {at, &m};
	struct acpi_build b = {
		.old = &tables,
		.topology = &topology,
		.plan = &plan,
		.numa = true,
		.reorder = true,
		.hot_added = processors,
		.out = out,
		.out_pa = 0x100000,
		.out_size = sizeof(out),
	};
	uint64_t rsdp;
	uint32_t used = 0;

	memset(&topology, 0, sizeof(topology));
	if (acpi_read(&tables, mem, BASE).code ||
	    acpi_read_madt(&tables, &topology).code)
		return;
	topology_flat(&topology, &map);
	memset(processors, 0, sizeof(processors));
	if (tables.dsdt)
		dsdt_find_processors(tables.dsdt, tables.dsdt_length,
				     processors);
	plan_withdraw(&plan, &topology, error_plain(START_NONE));
	if (!acpi_write(&b, &rsdp, &used).code)
		check(used <= sizeof(out));
}

__attribute__((unused)) static void fuzz_image(const uint8_t *data, size_t size)
{
	struct image im;

	if (image_parse(&im, data, size).code)
		return;
	if (im.kind == IMAGE_BZIMAGE)
		check(im.payload_offset + im.payload_size <= size &&
		      im.payload_size <= im.load_size);
	for (uint32_t i = 0; im.kind == IMAGE_ELF && i < im.nr_segments; i++)
		check(im.segment[i].offset + im.segment[i].filesz <= size &&
		      im.segment[i].filesz <= im.segment[i].memsz);
}

static bool part_in(struct uki_part p, size_t size)
{
	return !p.size || within(p.offset, p.size, 0, size);
}

static bool parts_apart(struct uki_part a, struct uki_part b)
{
	return !a.size || !b.size || a.offset + a.size <= b.offset ||
	       b.offset + b.size <= a.offset;
}

/* Texts lie in their part; none has a zero, the line no control character. */
static void check_uki_texts(const struct uki *u, uint8_t *file, size_t size)
{
	struct text line = uki_line(file, u->cmdline);
	struct text name = uki_value(file, u->osrel, TEXT("PRETTY_NAME="));

	check(line.len <= u->cmdline.size && name.len <= u->osrel.size);
	for (size_t i = 0; i < line.len; i++)
		check((uint8_t)line.p[i] >= ' ' && line.p[i] != '\x7f');
	for (size_t i = 0; i < name.len; i++)
		check(name.p[i] && name.p[i] != '\n');
	for (uint32_t i = 0; i < u->nr_profiles && i < UKI_MAX_PROFILES; i++) {
		check(part_in(u->profile[i], size));
		uki_value(file, u->profile[i], TEXT("ID="));
	}
}

/* The file is written to where its command line has control characters. */
__attribute__((unused)) static void fuzz_uki(const uint8_t *data, size_t size)
{
	uint8_t *file = malloc(size ? size : 1);
	struct uki u;

	check(file);
	memcpy(file, data, size);
	if (uki_is(file, size) && !uki_parse(&u, file, size).code) {
		check(u.linux_image.size && part_in(u.linux_image, size) &&
		      part_in(u.initrd, size) && part_in(u.cmdline, size) &&
		      part_in(u.osrel, size));
		check(parts_apart(u.linux_image, u.initrd) &&
		      parts_apart(u.linux_image, u.cmdline) &&
		      parts_apart(u.initrd, u.cmdline));
		check_uki_texts(&u, file, size);
	}
	free(file);
}

/* Both command lines: the shim's, then Linux's behind a zero byte. */
__attribute__((unused)) static void fuzz_lines(const uint8_t *data, size_t size)
{
	static struct options o;
	static char out[2048];
	const uint32_t boot[] = {0, 1, 12};
	struct cmdline_request rq = {.sidecar = true,
				     .maxcpus = true,
				     .nr_boot = 3,
				     .boot_cpus = boot,
				     .max_len = sizeof(out) - 1};
	struct text shim = text_from((const char *)data, size);
	struct textbuf b;
	struct cmdline_result r;
	struct cmdline_cpus c;

	options_parse(&o, shim);
	check(o.node_max >= 1 && o.node_max <= PLAN_NODE_MAX &&
	      o.scratch_bytes % PAGE_SIZE == 0 &&
	      o.shared_bytes % PLAN_SHARED_UNIT == 0);
	if (shim.len < size)
		rq.user = text_from((const char *)data + shim.len + 1,
				    size - shim.len - 1);
	rq.tail = o.tail;
	textbuf_init(&b, out, sizeof(out));
	if (!cmdline_build(&rq, &b, &r))
		return;
	check(b.len == r.needed && b.len < sizeof(out) && !out[b.len]);
	c = cmdline_cpus((struct text){out, b.len});
	check(c.boots.nr && c.possible.nr && c.boots.word.len);
	check(!r.maxcpus || c.boots.nr == rq.nr_boot);
}

static void guest(uint32_t nr_vcpus)
{
	memset(&topology, 0, sizeof(topology));
	topology.nr_vcpus = nr_vcpus;
	for (uint32_t i = 0; i < nr_vcpus; i++)
		topology.vcpu[i] = (struct topology_vcpu){2 * i, 0, true, true};
	map.nr = 0;
	memmap_add(&map, 0, 0xc0000000, MEMMAP_RAM);
	memmap_add(&map, 1ull << 32, 1ull << 30, MEMMAP_RAM);
}

/* Those of a vnode to itself and to others, as SLIT has to have them. */
static void check_distances(void)
{
	uint32_t n = topology.nr_vnodes;

	for (uint32_t i = 0; i < n * n; i++)
		check(i / n == i % n ? topology.distance[i] == 10
				     : topology.distance[i] > 10 &&
					       topology.distance[i] < 255);
	if (topology.distance_error.code)
		check(topology.distance_error.from < n &&
		      topology.distance_error.to < n);
}

static void check_topology(void)
{
	uint32_t bits = packages_fit(topology.vcpu, topology.nr_vcpus);
	uint32_t first, second;

	check(!packages_find_shared(topology.vcpu, topology.nr_vcpus, bits,
				    &first, &second));
	check_distances();
	check(topology.nr_vnodes >= 1 &&
	      topology.nr_vnodes <= TOPOLOGY_MAX_VNODES &&
	      topology.nr_ranges <= TOPOLOGY_MAX_RANGES);
	for (uint32_t i = 0; i < topology.nr_vcpus; i++)
		check(topology.vcpu[i].vnode < topology.nr_vnodes);
	for (uint32_t i = 0; i < topology.nr_ranges; i++)
		check(topology.range[i].start < topology.range[i].end &&
		      topology.range[i].vnode < topology.nr_vnodes);
}

/* The text that is named is part of the one that is wrong. */
static void check_word(struct error e, struct text whole)
{
	if (e.kind == ERROR_WORD || e.kind == ERROR_WORD_OF_DISTANCE)
		check(e.word >= whole.p &&
		      e.word + e.word_len <= whole.p + whole.len);
}

/* All are slices of the line; Linux's ends where that does. */
static void check_slice(struct text t, const char *line)
{
	check(!t.len || (t.p >= line && t.p + t.len <= line + strlen(line)));
}

__attribute__((unused)) static void fuzz_request(const uint8_t *data,
						 size_t size)
{
	char *line = calloc(1, size + 1);
	struct request r, again;

	check(line != NULL);
	memcpy(line, data, size);
	request_read(&r, line);
	check_slice(r.path, line);
	check_slice(r.options, line);
	check_slice(r.linux_line, line);
	check(r.linux_line.p + r.linux_line.len == line + strlen(line));
	check(r.asked || (!r.off && !r.options.len && r.linux_line.p == line));
	/* without the word no option is taken */
	request_read(&again, r.linux_line.p);
	check(again.asked || !again.options.len);
	free(line);
}

/* The user's topology, and Xen's answer made of the same bytes. */
__attribute__((unused)) static void fuzz_vnuma(const uint8_t *data, size_t size)
{
	static uint32_t distance[64 * 64], vnode[512];
	static struct topology_vmemrange range[TOPOLOGY_MAX_RANGES];
	struct text t = text_from((const char *)data, size);
	struct text distances = {t.p, t.len};
	struct text vnuma = text_until(&distances, ' ');
	struct error e;

	guest(8);
	e = topology_from_text(&topology, &map, vnuma, distances);
	check_topology();
	check_word(e, vnuma);
	check_word(topology.distance_error, distances);
	if (size < 3)
		return;
	memcpy(distance, data,
	       size < sizeof(distance) ? size : sizeof(distance));
	memcpy(vnode, data, size < sizeof(vnode) ? size : sizeof(vnode));
	memcpy(range, data, size < sizeof(range) ? size : sizeof(range));
	guest(8);
	topology_from_xen(&topology, &map, data[0] % 65u, data[1], data[2] * 2u,
			  distance, vnode, range);
	check_topology();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FUZZ(data, size);
	return 0;
}
