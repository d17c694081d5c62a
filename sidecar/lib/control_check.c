/* SPDX-License-Identifier: MIT */
/*
 * A control page is compared with the discovery table, the MADT and its own
 * bounds. Nothing of it is believed before that.
 */
#include "control_areas.h"
#include "control_check.h"
#include "cpus.h"

static enum sidecar_error control_invalid(struct sidecar *s,
					  const struct sidecar_node *n,
					  const char *what, uint64_t got)
{
	return error_set(
		s, SIDECAR_E_CONTROL,
		"node %u: control page: %s 0x%llx, written over? Reboot the guest",
		n->number, what, (unsigned long long)got);
}

static enum sidecar_error check_head(struct sidecar *s,
				     const struct sidecar_node *n,
				     const struct sidecar_control *c)
{
	if (c->magic != SIDECAR_CONTROL_MAGIC)
		return control_invalid(s, n, "magic", c->magic);
	if (c->abi_version != SIDECAR_ABI_VERSION)
		return error_set(
			s, SIDECAR_E_ABI,
			"node %u: control page: ABI version %u (want %u)",
			n->number, c->abi_version, SIDECAR_ABI_VERSION);
	if (c->node != n->number)
		return control_invalid(s, n, "node", c->node);
	if (c->carve_pa != n->carve_pa)
		return control_invalid(s, n, "carve", c->carve_pa);
	if (c->carve_size != n->carve_bytes)
		return control_invalid(s, n, "carve size", c->carve_size);
	if (c->low_pa != s->scar.low_pa)
		return control_invalid(s, n, "low block", c->low_pa);
	return SIDECAR_OK;
}

/* A job's file is written into scratch: nothing else may be there. */
static enum sidecar_error check_areas(struct sidecar *s,
				      const struct sidecar_node *n,
				      const struct sidecar_control *c,
				      uint64_t free)
{
	uint64_t got;
	const char *what = control_areas_check(c, free, &got);

	return what ? control_invalid(s, n, what, got) : SIDECAR_OK;
}

static enum sidecar_error check_body(struct sidecar *s,
				     const struct sidecar_node *n,
				     const struct sidecar_control *c)
{
	uint64_t bytes = (uint64_t)c->nr_parked * c->vcpu_stride;

	if (c->nr_slots != n->nr_slots)
		return control_invalid(s, n, "slots", c->nr_slots);
	if (c->nr_parked > c->nr_slots)
		return control_invalid(s, n, "parked", c->nr_parked);
	if (!c->vcpu_stride || c->vcpu_stride % SIDECAR_PAGE_SIZE)
		return control_invalid(s, n, "step", c->vcpu_stride);
	if (!control_areas_has(c, c->vcpu_offset, bytes))
		return control_invalid(s, n, "pages of vCPUs", c->vcpu_offset);
	return check_areas(s, n, c, c->vcpu_offset + bytes);
}

enum sidecar_error control_check_page(struct sidecar *s,
				      const struct sidecar_node *n,
				      const struct sidecar_control *c)
{
	enum sidecar_error e = check_head(s, n, c);

	return e ? e : check_body(s, n, c);
}

/* A vCPU is wanted once, by MADT and control pages with one APIC id. */
enum sidecar_error control_check_slot(struct sidecar *s,
				      const struct sidecar_node *n,
				      const struct sidecar_control *c,
				      uint32_t slot)
{
	const struct sidecar_slot *e = &c->slot[slot];
	const struct madt_cpu *cpu = cpus_find(s, e->vcpu_id);

	if (e->pages != SIDECAR_SLOT_NO_PAGES && e->pages >= c->nr_parked)
		return control_invalid(s, n, "index of pages", e->pages);
	for (uint32_t i = 0; i < slot; i++)
		if (e->pages != SIDECAR_SLOT_NO_PAGES &&
		    c->slot[i].pages == e->pages)
			return control_invalid(s, n, "pages twice", e->pages);
	for (uint32_t i = 0; i < s->nr_vcpus; i++)
		if (s->vcpu[i].cpu.vcpu_id == e->vcpu_id)
			return control_invalid(s, n, "vCPU twice", e->vcpu_id);
	if (!cpu)
		return control_invalid(s, n, "vCPU not in the MADT",
				       e->vcpu_id);
	if (cpu->cpu.apic_id != e->apic_id)
		return control_invalid(s, n, "APIC id", e->apic_id);
	return SIDECAR_OK;
}
