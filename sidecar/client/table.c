/* SPDX-License-Identifier: MIT */
/*
 * Reads the discovery table (include/abi/sidecar.h). Nothing in it is
 * believed before it is checked; no memory is touched here.
 */
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "lib/memmap.h"

#define TABLE_MAX                     \
	(sizeof(struct scar_header) + \
	 CLIENT_MAX_NODES * sizeof(struct scar_node))
#define LOW_END 0x100000u

bool table_sum_ok(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	return !sum;
}

/* Whole pages, not at 0, below the end of what an address can be. */
static bool pages_ok(uint64_t pa, uint64_t size)
{
	return pa && size && !(pa % SIDECAR_PAGE_SIZE) &&
	       !(size % SIDECAR_PAGE_SIZE) && pa < PA_END &&
	       size <= PA_END - pa;
}

static enum sidecar_error check_header(struct sidecar *s, const uint8_t *p,
				       size_t n)
{
	const struct scar_header *h = &s->scar;

	if (n < sizeof(*h))
		return fail(s, SIDECAR_E_TABLE, "SCAR: only %zu bytes", n);
	memcpy(&s->scar, p, sizeof(s->scar));
	if (memcmp(h->signature, SCAR_SIGNATURE, sizeof(h->signature)))
		return fail(s, SIDECAR_E_TABLE, "SCAR: bad signature");
	if (h->length != n)
		return fail(s, SIDECAR_E_TABLE, "SCAR: length %u (want %zu)",
			    h->length, n);
	if (!table_sum_ok(p, n))
		return fail(
			s, SIDECAR_E_TABLE,
			"SCAR: bad checksum, written over? Reboot the guest");
	if (h->abi_version != SIDECAR_ABI_VERSION)
		return fail(
			s, SIDECAR_E_ABI,
			"SCAR: ABI version %u (want %u): sidecarctl is not of the shim's version",
			h->abi_version, SIDECAR_ABI_VERSION);
	return SIDECAR_OK;
}

static enum sidecar_error check_members(struct sidecar *s)
{
	const struct scar_header *h = &s->scar;
	uint64_t bytes = (uint64_t)h->nr_nodes * sizeof(struct scar_node);

	if (h->node_size != sizeof(struct scar_node) ||
	    h->nr_nodes > CLIENT_MAX_NODES || h->length != sizeof(*h) + bytes)
		return fail(s, SIDECAR_E_TABLE,
			    "SCAR: %u nodes of %u bytes in %u bytes",
			    h->nr_nodes, h->node_size, h->length);
	if (h->nr_nodes && (!pages_ok(h->low_pa, h->low_size) ||
			    h->low_pa + h->low_size > LOW_END))
		return fail(s, SIDECAR_E_TABLE,
			    "SCAR: low block at 0x%llx, %u bytes",
			    (unsigned long long)h->low_pa, h->low_size);
	return SIDECAR_OK;
}

static bool overlap(const struct sidecar_node_info *a,
		    const struct sidecar_node_info *b)
{
	return a->carve_pa < b->carve_pa + b->carve_size &&
	       b->carve_pa < a->carve_pa + a->carve_size;
}

static enum sidecar_error add_node(struct sidecar *s, const struct scar_node *e)
{
	struct sidecar_node_info *info = &s->node[s->nr_nodes].info;

	*info = (struct sidecar_node_info){
		.node = e->node,
		.vnode = e->vnode,
		.carve_vnode = e->carve_vnode,
		.nr_slots = e->nr_vcpus,
		.carve_pa = e->carve_pa,
		.carve_size = e->carve_size,
	};
	if (!pages_ok(e->carve_pa, e->carve_size) || !e->nr_vcpus ||
	    e->nr_vcpus > SIDECAR_NODE_VCPUS)
		return fail(
			s, SIDECAR_E_TABLE,
			"SCAR: node %u: bad carve at 0x%llx, 0x%llx bytes, %u slots (reboot the guest)",
			e->node, (unsigned long long)e->carve_pa,
			(unsigned long long)e->carve_size, e->nr_vcpus);
	for (uint32_t i = 0; i < s->nr_nodes; i++)
		if (overlap(&s->node[i].info, info) ||
		    s->node[i].info.node == info->node)
			return fail(s, SIDECAR_E_TABLE,
				    "SCAR: node %u: in the way of another",
				    e->node);
	s->nr_nodes++;
	return SIDECAR_OK;
}

static enum sidecar_error read_nodes(struct sidecar *s, const uint8_t *p)
{
	enum sidecar_error e = check_members(s);
	struct scar_node n;

	for (uint32_t i = 0; !e && i < s->scar.nr_nodes; i++) {
		memcpy(&n, p + sizeof(s->scar) + i * sizeof(n), sizeof(n));
		e = add_node(s, &n);
	}
	return e;
}

enum sidecar_error table_read(struct sidecar *s)
{
	uint8_t p[TABLE_MAX + 1];
	char path[512];
	enum sidecar_error e;
	long n;

	if (!file_path(path, sizeof(path), s->paths->tables, "/SCAR"))
		return fail(s, SIDECAR_E_SYSTEM, "path too long");
	n = file_read(path, p, sizeof(p));
	if (n < 0)
		return fail(
			s, SIDECAR_E_ABSENT,
			"%s: %s (booted without the shim, or it says on the console why it is off)",
			path, strerror((int)-n));
	e = check_header(s, p, (size_t)n);
	return e ? e : read_nodes(s, p);
}
