/* SPDX-License-Identifier: MIT */
/* SCAR, by which clients find the sidecar. Pure. */
#include "acpi_writer.h"

#include <string.h>

#include "abi/acpi.h"
#include "abi/sidecar.h"

#define SCAR_REVISION 1u

_Static_assert(offsetof(struct scar_header, abi_version) ==
		       sizeof(struct acpi_header),
	       "SCAR starts with a table header");

static bool has_carve(const struct plan_node *n)
{
	return n->carve.end > n->carve.start;
}

static uint32_t count_carves(const struct plan *p)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < p->nr_nodes; i++)
		nr += has_carve(&p->node[i]);
	return nr;
}

static void scar_put_nodes(struct scar_node *to, const struct plan *p)
{
	for (uint32_t i = 0; i < p->nr_nodes; i++) {
		const struct plan_node *n = &p->node[i];

		if (!has_carve(n))
			continue;
		*to++ = (struct scar_node){
			.carve_pa = n->carve.start,
			.carve_size = n->carve.end - n->carve.start,
			.node = i,
			.vnode = n->vnode,
			.carve_vnode = n->carve_vnode,
			.nr_vcpus = n->nr,
		};
	}
}

struct error acpi_write_scar(struct acpi_writer *w)
{
	const struct acpi_sidecar *s = &w->b->sidecar;
	uint32_t nr = count_carves(w->b->plan);
	struct scar_header *scar;
	uint64_t pa;

	scar = acpi_table_begin(w, SCAR_SIGNATURE, SCAR_REVISION,
				sizeof(*scar) + nr * sizeof(struct scar_node),
				&pa);
	if (!scar)
		return error_plain(ACPI_NO_ROOM);
	scar->abi_version = SIDECAR_ABI_VERSION;
	scar->log_pa = s->log_pa;
	scar->log_size = s->log_size;
	scar->low_pa = s->low_pa;
	scar->low_size = s->low_size;
	scar->nr_nodes = nr;
	scar->node_size = sizeof(struct scar_node);
	scar_put_nodes((struct scar_node *)(scar + 1), w->b->plan);
	acpi_table_finish(scar);
	acpi_xsdt_add(w, pa);
	return NO_ERROR;
}
