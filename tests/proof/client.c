/* SPDX-License-Identifier: MIT */
/*
 * What libsidecar believes of control pages. The head of a page has no loop:
 * that proof is complete. A slot is one of the first 3, beside 2 vCPUs: it is
 * compared with each of those before it. The line about an error is not built.
 */
#include "proof.h"
#include "sidecar/lib/control_check.h"
#include "sidecar/lib/cpus.h"

#include "lib/memmap.h"

static struct sidecar s;

enum sidecar_error error_set(struct sidecar *handle, enum sidecar_error e,
			     const char *fmt, ...)
{
	(void)handle;
	(void)fmt;
	return e;
}

const struct madt_cpu *cpus_find(const struct sidecar *handle, uint32_t vcpu_id)
{
	(void)vcpu_id;
	return nondet_bool() ? &handle->cpu[0] : NULL;
}

static bool is_inside(const struct sidecar_control *c, uint64_t off,
		      uint64_t size)
{
	return off >= 4096 && off <= c->carve_size &&
	       size <= c->carve_size - off;
}

/* What is used of a page later lies in the carve, and its parts lie apart. */
void proof_control_check_page(void)
{
	struct sidecar_control c;
	struct sidecar_node n;
	uint64_t pages;

	/* table_read() has seen to that */
	assume(n.nr_slots >= 1 && n.nr_slots <= SIDECAR_NODE_VCPUS);
	assume(n.carve_pa % 4096 == 0 && n.carve_pa <= PA_END &&
	       n.carve_bytes <= PA_END - n.carve_pa);
	s.scar.low_pa = nondet_u64();
	if (control_check_page(&s, &n, &c))
		return;
	pages = (uint64_t)c.nr_parked * c.vcpu_stride;
	prove(c.carve_pa == n.carve_pa && c.carve_size == n.carve_bytes);
	prove(c.nr_slots <= SIDECAR_NODE_VCPUS && c.nr_parked <= c.nr_slots);
	prove(is_inside(&c, c.vcpu_offset, pages));
	if (c.views_size)
		prove(is_inside(&c, c.views_offset, c.views_size) &&
		      c.views_offset >= c.vcpu_offset + pages);
	if (c.scratch_size) {
		prove(is_inside(&c, c.scratch_offset, c.scratch_size));
		prove(c.scratch_offset >= c.vcpu_offset + pages);
		prove(!c.views_size ||
		      c.scratch_offset >= c.views_offset + c.views_size);
	}
	if (c.shared_size) {
		prove(is_inside(&c, c.shared_offset, c.shared_size));
		prove(c.shared_offset >= c.vcpu_offset + pages);
		prove(!c.scratch_size ||
		      c.shared_offset >= c.scratch_offset + c.scratch_size);
		prove(!c.views_size ||
		      c.shared_offset >= c.views_offset + c.views_size);
	}
}

/* A slot's pages are its own, its vCPU is in the MADT and nobody else's. */
void proof_control_check_slot(void)
{
	uint32_t slot = any_up_to(2), other = any_up_to(1);
	struct sidecar_control c;
	struct sidecar_node n;

	assume(c.nr_slots <= SIDECAR_NODE_VCPUS && slot < c.nr_slots &&
	       c.nr_parked <= c.nr_slots);
	s.nr_vcpus = any_up_to(2);
	s.cpu[0].cpu.apic_id = nondet_u32();
	s.vcpu[0].cpu.vcpu_id = nondet_u32();
	s.vcpu[1].cpu.vcpu_id = nondet_u32();
	if (control_check_slot(&s, &n, &c, slot))
		return;
	prove(c.slot[slot].pages == SIDECAR_SLOT_NO_PAGES ||
	      c.slot[slot].pages < c.nr_parked);
	prove(other >= slot || c.slot[slot].pages == SIDECAR_SLOT_NO_PAGES ||
	      c.slot[other].pages != c.slot[slot].pages);
	prove(other >= s.nr_vcpus ||
	      s.vcpu[other].cpu.vcpu_id != c.slot[slot].vcpu_id);
	prove(s.cpu[0].cpu.apic_id == c.slot[slot].apic_id);
}
