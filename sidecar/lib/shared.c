/* SPDX-License-Identifier: MIT */
/*
 * A node's shared memory, for programs. Only it: page tables, commands and
 * other jobs are in no page of it.
 */
#include <errno.h>
#include <string.h>

#include "error.h"

static enum sidecar_error shared_map(struct sidecar *s, struct sidecar_node *n)
{
	struct backend *b = s->backend;

	if (!n->shared_bytes)
		return error_set(
			s, SIDECAR_E_ARGUMENT,
			"node %u has no shared memory (the shim's sidecar.shared= gives it)",
			n->number);
	if (!n->shared)
		n->shared = b->map(b, n->shared_pa, n->shared_bytes, true);
	if (!n->shared)
		return error_set(s, SIDECAR_E_MEM, "%s: shared 0x%llx: %s",
				 b->memory, (unsigned long long)n->shared_pa,
				 strerror(errno));
	return SIDECAR_OK;
}

enum sidecar_error sidecar_shared(struct sidecar *s, uint32_t i, void **p,
				  size_t *bytes)
{
	enum sidecar_error e;

	if (p)
		*p = NULL;
	if (bytes)
		*bytes = 0;
	if (i >= s->nr_nodes)
		return error_set(s, SIDECAR_E_ARGUMENT,
				 "no node with the index %u (of %u)", i,
				 s->nr_nodes);
	e = shared_map(s, &s->node[i]);
	if (!e && p)
		*p = s->node[i].shared;
	if (!e && bytes)
		*bytes = s->node[i].shared_bytes;
	return e;
}
