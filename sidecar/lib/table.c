/* SPDX-License-Identifier: MIT */
/*
 * Reads the discovery table (include/abi/sidecar.h). Nothing in it is
 * believed before it is checked; no memory is touched here.
 */
#include <errno.h>
#include <string.h>

#include "file.h"
#include "lib/memmap.h"
#include "table.h"

#define TABLE_MAX                     \
	(sizeof(struct scar_header) + \
	 HANDLE_MAX_NODES * sizeof(struct scar_node))
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
		return error_set(s, SIDECAR_E_TABLE, "SCAR: only %zu bytes", n);
	memcpy(&s->scar, p, sizeof(s->scar));
	if (memcmp(h->signature, SCAR_SIGNATURE, sizeof(h->signature)))
		return error_set(s, SIDECAR_E_TABLE, "SCAR: bad signature");
	if (h->length != n)
		return error_set(s, SIDECAR_E_TABLE,
				 "SCAR: length %u (want %zu)", h->length, n);
	if (!table_sum_ok(p, n))
		return error_set(
			s, SIDECAR_E_TABLE,
			"SCAR: bad checksum, written over? Reboot the guest");
	if (h->abi_version != SIDECAR_ABI_VERSION)
		return error_set(
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
	    h->nr_nodes > HANDLE_MAX_NODES || h->length != sizeof(*h) + bytes)
		return error_set(s, SIDECAR_E_TABLE,
				 "SCAR: %u nodes of %u bytes in %u bytes",
				 h->nr_nodes, h->node_size, h->length);
	if (h->nr_nodes && (!pages_ok(h->low_pa, h->low_size) ||
			    h->low_pa + h->low_size > LOW_END))
		return error_set(s, SIDECAR_E_TABLE,
				 "SCAR: low block at 0x%llx, %u bytes",
				 (unsigned long long)h->low_pa, h->low_size);
	return SIDECAR_OK;
}

static bool carves_overlap(const struct sidecar_node *a,
			   const struct sidecar_node *b)
{
	return a->carve_pa < b->carve_pa + b->carve_bytes &&
	       b->carve_pa < a->carve_pa + a->carve_bytes;
}

static enum sidecar_error check_node(struct sidecar *s,
				     const struct sidecar_node *n)
{
	if (!pages_ok(n->carve_pa, n->carve_bytes) || !n->nr_slots ||
	    n->nr_slots > SIDECAR_NODE_VCPUS)
		return error_set(
			s, SIDECAR_E_TABLE,
			"SCAR: node %u: bad carve at 0x%llx, 0x%llx bytes, %u slots (reboot the guest)",
			n->number, (unsigned long long)n->carve_pa,
			(unsigned long long)n->carve_bytes, n->nr_slots);
	for (const struct sidecar_node *i = s->node; i < n; i++)
		if (carves_overlap(i, n) || i->number == n->number)
			return error_set(s, SIDECAR_E_TABLE,
					 "SCAR: node %u: overlaps another",
					 n->number);
	return SIDECAR_OK;
}

static enum sidecar_error add_node(struct sidecar *s, const struct scar_node *e)
{
	struct sidecar_node *n = &s->node[s->nr_nodes];
	enum sidecar_error error;

	*n = (struct sidecar_node){
		.number = e->node,
		.vnode = e->vnode,
		.memory_vnode = e->carve_vnode,
		.nr_slots = e->nr_vcpus,
		.carve_pa = e->carve_pa,
		.carve_bytes = e->carve_size,
	};
	error = check_node(s, n);
	s->nr_nodes += !error;
	return error;
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
		return error_set(s, SIDECAR_E_SYSTEM, "path too long");
	n = file_read(path, p, sizeof(p));
	if (n < 0 && n != -ENOENT)
		return error_set(s, SIDECAR_E_SYSTEM, "%s: %s", path,
				 strerror((int)-n));
	if (n < 0)
		return error_set(
			s, SIDECAR_E_ABSENT,
			"%s: %s (booted without the shim, or it says on the console why it is off)",
			path, strerror((int)-n));
	e = check_header(s, p, (size_t)n);
	return e ? e : read_nodes(s, p);
}
