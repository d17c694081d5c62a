/* SPDX-License-Identifier: MIT */
/*
 * SCAR as the shim writes it, for any plan of up to 2 nodes, each with a carve
 * or without, into a buffer of any size up to BYTES: each entry is written by
 * the same step. What the sum is of is looked at when it is asked for; the sum
 * itself is any here, as acpi_sum() has a proof of its own.
 */
#include <string.h>

#include "abi/acpi.h"
#include "abi/sidecar.h"
#include "proof.h"
#include "pvh/write/acpi_writer.h"

#define NODES 2u

static uint8_t out[BYTES], summed[BYTES];
static uint32_t nr_summed;
static uint8_t sum;

uint8_t acpi_sum(const void *table, uint32_t size)
{
	prove(table == out && size <= BYTES && !nr_summed);
	nr_summed = size;
	memcpy(summed, out, BYTES);
	sum = nondet_u8();
	return sum;
}

/* CBMC's own knows no bound. */
void *memset(void *to, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)c;
	return to;
}

static struct acpi_tables old;
static struct plan plan;

static bool has_carve(uint32_t i)
{
	return i < plan.nr_nodes &&
	       plan.node[i].carve.start < plan.node[i].carve.end;
}

static struct acpi_build any_build(void)
{
	struct acpi_build b = {.old = &old, .plan = &plan, .out = out};

	__CPROVER_havoc_object(&old);
	__CPROVER_havoc_object(&plan);
	__CPROVER_havoc_object(out);
	assume(plan.nr_nodes <= NODES);
	b.sidecar.log_pa = nondet_u64();
	b.sidecar.log_size = nondet_u32();
	b.sidecar.low_pa = nondet_u64();
	b.sidecar.low_size = nondet_u32();
	b.out_size = any_up_to(BYTES);
	b.out_pa = nondet_u64();
	return b;
}

static void check_node(const struct scar_node *e, uint32_t i)
{
	const struct plan_node *n = &plan.node[i];

	prove(e->carve_pa == n->carve.start &&
	      e->carve_size == n->carve.end - n->carve.start);
	prove(e->node == i && e->vnode == n->vnode &&
	      e->carve_vnode == n->carve_vnode && e->nr_vcpus == n->nr);
}

void proof_scar_write(void)
{
	const struct acpi_build b = any_build();
	struct acpi_writer w = {.b = &b};
	const struct scar_header *h = (const void *)out;
	const struct scar_node *e = (const void *)(h + 1);
	uint32_t nr = sizeof(*h), at = any_up_to(BYTES - 1);

	nr += (has_carve(0) + has_carve(1)) * (uint32_t)sizeof(*e);
	if (acpi_write_scar(&w).code) {
		prove(b.out_size < nr);
		return;
	}
	prove(w.used == nr && nr <= b.out_size);
	prove(w.nr == 1 && w.pa[0] == b.out_pa);
	/* all of it, and nothing after that but what makes the sum 0 */
	prove(nr_summed == nr && h->length == nr);
	prove(at == offsetof(struct scar_header, checksum)
		      ? !summed[at] && (uint8_t)(sum + out[at]) == 0
		      : out[at] == summed[at]);
	prove(!memcmp(h->signature, SCAR_SIGNATURE, 4));
	prove(h->abi_version == SIDECAR_ABI_VERSION &&
	      h->log_pa == b.sidecar.log_pa &&
	      h->log_size == b.sidecar.log_size &&
	      h->low_pa == b.sidecar.low_pa &&
	      h->low_size == b.sidecar.low_size);
	prove(sizeof(*h) + h->nr_nodes * h->node_size == nr);
	if (has_carve(0))
		check_node(e, 0);
	if (has_carve(1))
		check_node(e + has_carve(0), 1);
}
