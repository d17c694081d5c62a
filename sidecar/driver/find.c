// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Finds the vCPUs by the table SCAR and the control pages, and takes their
 * memory. Of a control page a copy is checked and used.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/acpi.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <asm/smp.h>
#include <linux/slab.h>

#include "control_areas.h"
#include "driver.h"
#include "slices.h"

#define LOW_END	  SZ_1M
#define MAX_NODES 128u

struct scd_vcpu *scd_vcpus;
u32 scd_nr_vcpus;

struct scd_node *scd_nodes;
u32 scd_nr_nodes;

static void *map_pages(phys_addr_t pa, u64 bytes)
{
	return memremap(pa, bytes, MEMREMAP_WB);
}

static int bad_page(const struct scd_node *n, const char *what, u64 got)
{
	pr_err("node %u: control page: %s 0x%llx, written over?\n", n->number,
	       what, got);
	return -EINVAL;
}

static int check_areas(const struct scd_node *n,
		       const struct sidecar_control *c, u64 free)
{
	u64 got;
	const char *what = control_areas_check(c, free, &got);

	return what ? bad_page(n, what, got) : 0;
}

static int check_page(const struct scd_node *n, const struct sidecar_control *c)
{
	u64 pages = (u64)c->nr_parked * c->vcpu_stride;

	if (c->magic != SIDECAR_CONTROL_MAGIC)
		return bad_page(n, "magic", c->magic);
	if (c->abi_version != SIDECAR_ABI_VERSION)
		return bad_page(n, "ABI version", c->abi_version);
	if (c->carve_pa != n->carve_pa || c->carve_size != n->carve_bytes)
		return bad_page(n, "carve", c->carve_pa);
	if (!c->nr_slots || c->nr_slots > SIDECAR_NODE_VCPUS ||
	    c->nr_parked > c->nr_slots)
		return bad_page(n, "slots", c->nr_slots);
	if (!c->vcpu_stride || !PAGE_ALIGNED(c->vcpu_stride) ||
	    !control_areas_has(c, c->vcpu_offset, pages))
		return bad_page(n, "pages of vCPUs", c->vcpu_offset);
	return check_areas(n, c, c->vcpu_offset + pages);
}

/* INIT must meet no other vCPU than the one that is meant. */
static int check_slot(const struct scd_node *n, const struct sidecar_control *c,
		      u32 s)
{
	const struct sidecar_slot *slot = &c->slot[s];

	if (slot->pages >= c->nr_parked)
		return bad_page(n, "index of pages", slot->pages);
	for (u32 i = 0; i < s; i++)
		if (c->slot[i].pages == slot->pages)
			return bad_page(n, "pages twice", slot->pages);
	for (u32 i = 0; i < scd_nr_vcpus; i++)
		if (scd_vcpus[i].apic_id == slot->apic_id ||
		    scd_vcpus[i].vcpu_id == slot->vcpu_id)
			return bad_page(n, "vCPU twice", slot->vcpu_id);
	/* Linux boots on it */
	if (slot->apic_id == per_cpu(x86_cpu_to_apicid, 0))
		return bad_page(n, "boot CPU", slot->apic_id);
	return 0;
}

static int map_vcpu(struct scd_vcpu *v, const struct sidecar_control *c)
{
	struct scd_node *n = v->node;
	u64 first;

	v->command = map_pages(c->carve_pa + c->vcpu_offset +
				       (u64)v->pages * c->vcpu_stride,
			       PAGE_SIZE);
	v->share.bytes = slices_of(n->scratch_pa, n->scratch_bytes,
				   c->nr_parked, &first);
	v->share.dirty = v->share.bytes;
	v->share_offset = first + v->share.bytes * v->pages;
	if (v->share.bytes)
		v->share.p = n->scratch + v->share_offset;
	n->by_pages[v->pages] = v;
	return v->command ? 0 : -ENOMEM;
}

static int add_vcpu(struct scd_node *n, const struct sidecar_control *c, u32 s)
{
	struct scd_vcpu *v = &scd_vcpus[scd_nr_vcpus];
	const struct sidecar_slot *slot = &c->slot[s];
	int r;

	n->slot[s] = (struct sidecar_dev_slot){
		.vcpu_id = slot->vcpu_id,
		.apic_id = slot->apic_id,
		.index = ~0u,
		.pages = slot->pages,
	};
	if (slot->pages == SIDECAR_SLOT_NO_PAGES)
		return 0;
	r = check_slot(n, c, s);
	if (r)
		return r;
	v->node = n;
	v->status = &n->control->status[s];
	v->vcpu_id = slot->vcpu_id;
	v->apic_id = slot->apic_id;
	v->pages = slot->pages;
	mutex_init(&v->use);
	mutex_init(&v->lock);
	init_waitqueue_head(&v->wait);
	INIT_DELAYED_WORK(&v->watch, scd_job_watch);
	INIT_DELAYED_WORK(&v->again, scd_claim_end_again);
	n->slot[s].index = scd_nr_vcpus;
	/* counted first: what is mapped by then is unmapped with it */
	scd_nr_vcpus++;
	return map_vcpu(v, c) ?: scd_channel_open(v);
}

static int use_page(struct scd_node *n, const struct sidecar_control *c)
{
	int r = check_page(n, c);

	if (r)
		return r;
	n->vnode = c->vnode;
	n->nr_slots = c->nr_slots;
	n->nr_parked = c->nr_parked;
	n->scratch_pa = c->carve_pa + c->scratch_offset;
	n->scratch_bytes = c->scratch_size;
	n->shared_pa = c->carve_pa + c->shared_offset;
	n->shared.bytes = c->shared_size;
	if (n->shared.bytes)
		n->shared.p = map_pages(n->shared_pa, n->shared.bytes);
	n->shared.dirty = n->shared.bytes;
	if (n->scratch_bytes)
		n->scratch = map_pages(n->scratch_pa, n->scratch_bytes);
	if ((n->shared.bytes && !n->shared.p) ||
	    (n->scratch_bytes && !n->scratch))
		return -ENOMEM;
	for (u32 s = 0; !r && s < c->nr_slots; s++)
		r = add_vcpu(n, c, s);
	return r;
}

static int add_node(const struct scar_node *e)
{
	struct scd_node *n = &scd_nodes[scd_nr_nodes++];
	struct sidecar_control *copy;
	int r;

	n->number = e->node;
	n->memory_vnode = e->carve_vnode;
	n->carve_pa = e->carve_pa;
	n->carve_bytes = e->carve_size;
	mutex_init(&n->clearing);
	if (!PAGE_ALIGNED(e->carve_pa) || e->carve_size < PAGE_SIZE)
		return bad_page(n, "address", e->carve_pa);
	n->control = map_pages(n->carve_pa, PAGE_SIZE);
	copy = kmemdup(n->control, n->control ? PAGE_SIZE : 0, GFP_KERNEL);
	r = n->control && copy ? use_page(n, copy) : -ENOMEM;
	kfree(copy);
	return r;
}

static int check_table(const struct scar_header *h)
{
	const u8 *p = (const u8 *)h;
	u8 sum = 0;

	if (h->length < sizeof(*h))
		return -EINVAL;
	for (u32 i = 0; i < h->length; i++)
		sum += p[i];
	if (sum || h->nr_nodes > MAX_NODES ||
	    h->node_size != sizeof(struct scar_node) ||
	    h->length != sizeof(*h) + h->nr_nodes * sizeof(struct scar_node) ||
	    !PAGE_ALIGNED(h->low_pa) || h->low_pa >= LOW_END)
		return -EINVAL;
	if (h->abi_version == SIDECAR_ABI_VERSION)
		return 0;
	pr_err("table SCAR: ABI version %u (want %u)\n", h->abi_version,
	       SIDECAR_ABI_VERSION);
	return -EPROTONOSUPPORT;
}

static int read_table(const struct scar_header *h)
{
	const struct scar_node *e = (const struct scar_node *)(h + 1);
	int r = check_table(h);

	if (r == -EINVAL)
		pr_err("table SCAR is not valid\n");
	if (r)
		return r;
	scd_low_page = h->low_pa >> PAGE_SHIFT;
	scd_nodes = kvcalloc(h->nr_nodes, sizeof(*scd_nodes), GFP_KERNEL);
	scd_vcpus = kvcalloc(h->nr_nodes * SIDECAR_NODE_VCPUS,
			     sizeof(*scd_vcpus), GFP_KERNEL);
	if (!scd_nodes || !scd_vcpus)
		return -ENOMEM;
	for (u32 i = 0; !r && i < h->nr_nodes; i++)
		r = add_node(&e[i]);
	return r;
}

int scd_find(void)
{
	struct acpi_table_header *t;
	int r;

	if (ACPI_FAILURE(acpi_get_table(SCAR_SIGNATURE, 0, &t))) {
		pr_err("no table SCAR: Linux has all its vCPUs\n");
		return -ENODEV;
	}
	r = read_table((const struct scar_header *)t);
	acpi_put_table(t);
	if (r)
		scd_forget();
	return r;
}

/* /dev/mem refuses them from now on, and what is mapped there is no more. */
int scd_reserve(void)
{
	for (u32 i = 0; i < scd_nr_nodes; i++) {
		struct scd_node *n = &scd_nodes[i];

		if (!request_mem_region_exclusive(n->carve_pa, n->carve_bytes,
						  "xen-sidecar")) {
			pr_err("node %u: its memory is not free\n", n->number);
			return -EBUSY;
		}
		n->reserved = true;
	}
	return 0;
}

static void forget_node(struct scd_node *n)
{
	if (n->reserved)
		release_mem_region(n->carve_pa, n->carve_bytes);
	if (n->scratch)
		memunmap(n->scratch);
	if (n->shared.p)
		memunmap(n->shared.p);
	if (n->control)
		memunmap(n->control);
}

void scd_forget(void)
{
	for (u32 i = 0; i < scd_nr_vcpus; i++) {
		struct scd_vcpu *v = &scd_vcpus[i];

		cancel_delayed_work_sync(&v->watch);
		cancel_delayed_work_sync(&v->again);
		scd_channel_close(v);
		if (v->command)
			memunmap(v->command);
	}
	for (u32 i = 0; i < scd_nr_nodes; i++)
		forget_node(&scd_nodes[i]);
	kvfree(scd_vcpus);
	kvfree(scd_nodes);
}
