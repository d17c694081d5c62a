/* SPDX-License-Identifier: MIT */
/*
 * The SRAT, the SLIT and CPUID's packages and caches against what Xen itself
 * answers to XENMEM_get_vnumainfo, and the carves against the SRAT. If Xen has
 * no vNUMA, as with sidecar.vnuma=, there is nothing to hold them against.
 */
#include "abi/acpi.h"
#include "cpu.h"
#include "kernel.h"

#define LIST_BYTES 1024

static struct xen_vnuma xens;
static struct {
	uint32_t nr_cpus, nr_ranges;
	struct {
		uint32_t apic_id, domain;
	} cpu[TOPOLOGY_MAX_VCPUS];
	struct topology_range range[TOPOLOGY_MAX_RANGES];
} srat;
static uint32_t wrong;

/* One line about each thing that is not as it should be. */
static void check(bool ok, const char *what, uint64_t which)
{
	if (ok)
		return;
	wrong++;
	say("numa.bad=%s: %#lx", what, which);
}

/* ---- The tables ---------------------------------------------------------- */

static void add_cpu(uint32_t apic_id, uint32_t domain, uint32_t flags)
{
	check(flags == ACPI_SRAT_ENABLED, "CPU not enabled", apic_id);
	if (srat.nr_cpus == TOPOLOGY_MAX_VCPUS) {
		check(false, "too many CPUs", apic_id);
		return;
	}
	srat.cpu[srat.nr_cpus].apic_id = apic_id;
	srat.cpu[srat.nr_cpus++].domain = domain;
}

static void add_memory(const struct acpi_srat_memory *m)
{
	check(m->flags == ACPI_SRAT_ENABLED, "memory not enabled", m->base);
	if (srat.nr_ranges == TOPOLOGY_MAX_RANGES) {
		check(false, "too many memory ranges", m->base);
		return;
	}
	srat.range[srat.nr_ranges++] =
		(struct topology_range){m->base, m->base + m->size, m->domain};
	say("srat.memory=%#lx-%#lx vnode %u", m->base, m->base + m->size,
	    m->domain);
}

static void read_entry(const uint8_t *e)
{
	struct acpi_srat_lapic c;
	struct acpi_srat_x2apic x;
	struct acpi_srat_memory m;

	if (e[0] == ACPI_SRAT_LAPIC && e[1] == sizeof(c)) {
		__builtin_memcpy(&c, e, sizeof(c));
		add_cpu(c.apic_id,
			c.domain_low | (uint32_t)c.domain_high[0] << 8 |
				(uint32_t)c.domain_high[1] << 16 |
				(uint32_t)c.domain_high[2] << 24,
			c.flags);
	} else if (e[0] == ACPI_SRAT_X2APIC && e[1] == sizeof(x)) {
		__builtin_memcpy(&x, e, sizeof(x));
		add_cpu(x.x2apic_id, x.domain, x.flags);
	} else if (e[0] == ACPI_SRAT_MEMORY && e[1] == sizeof(m)) {
		__builtin_memcpy(&m, e, sizeof(m));
		add_memory(&m);
	} else {
		check(false, "entry of the SRAT", e[0]);
	}
}

static void report_srat(const struct acpi_header *h)
{
	const uint8_t *p = (const uint8_t *)h;
	uint32_t cpus[TOPOLOGY_MAX_VNODES] = {0};

	for (uint32_t i = sizeof(struct acpi_srat); i < h->length && p[i + 1];
	     i += p[i + 1])
		read_entry(p + i);
	for (uint32_t i = 0; i < srat.nr_cpus; i++)
		if (srat.cpu[i].domain < TOPOLOGY_MAX_VNODES)
			cpus[srat.cpu[i].domain]++;
	for (uint32_t v = 0; v < TOPOLOGY_MAX_VNODES; v++)
		if (cpus[v])
			say("srat.cpus%u=%u", v, cpus[v]);
}

static void report_slit(const struct acpi_slit *s)
{
	static char text[LIST_BYTES];
	const uint8_t *d = (const uint8_t *)(s + 1);
	struct textbuf l;

	for (uint32_t v = 0; v < s->localities; v++) {
		textbuf_init(&l, text, sizeof(text));
		for (uint64_t i = 0; i < s->localities; i++)
			textbuf_printf(&l, "%s%u", i ? "," : "", *d++);
		say("slit.%u=%s", v, text);
	}
}

/* ---- Against Xen --------------------------------------------------------- */

/* The CPU's proximity domain, if the SRAT has it just once. */
static bool domain_of(uint32_t apic_id, uint32_t *domain)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < srat.nr_cpus; i++) {
		if (srat.cpu[i].apic_id != apic_id)
			continue;
		*domain = srat.cpu[i].domain;
		nr++;
	}
	return nr == 1;
}

static void check_vcpus(const struct topology *t)
{
	uint32_t domain, nr = 0;

	for (uint32_t id = 0; id < t->nr_vcpus; id++) {
		if (!t->vcpu[id].present)
			continue;
		check(id < xens.nr_vcpus &&
			      domain_of(t->vcpu[id].apic_id, &domain) &&
			      domain == xens.vcpu_to_vnode[id],
		      "not the vnode of vCPU", id);
		nr++;
	}
	check(srat.nr_cpus == nr, "CPUs in the SRAT", srat.nr_cpus);
}

static bool has_range(const struct topology_vmemrange *r)
{
	for (uint32_t i = 0; i < srat.nr_ranges; i++)
		if (srat.range[i].start == r->start &&
		    srat.range[i].end == r->end &&
		    srat.range[i].vnode == r->nid)
			return true;
	return false;
}

/* A vnode without memory may have an empty range. */
static void check_ranges(void)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < xens.nr_ranges; i++) {
		const struct topology_vmemrange *r = &xens.vmemrange[i];

		if (r->start == r->end)
			continue;
		check(has_range(r), "no entry for memory", r->start);
		nr++;
	}
	check(srat.nr_ranges == nr, "memory in the SRAT", srat.nr_ranges);
}

static void check_distances(const struct acpi_slit *s)
{
	const uint8_t *d = (const uint8_t *)(s + 1);

	check(s->localities == xens.nr_vnodes, "localities", s->localities);
	if (s->localities != xens.nr_vnodes)
		return;
	for (uint32_t i = 0; i < xens.nr_vnodes * xens.nr_vnodes; i++)
		check(d[i] == xens.vdistance[i], "distance", i);
}

/* Linux prefers these where it finds them; the shim does not read them. */
static void check_hidden(void)
{
	static const uint32_t hidden[] = {0xb, 0x1f, 0x8000001d, 0x8000001e};

	for (uint32_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		uint32_t leaf = hidden[i];
		struct cpuid c = cpuid(leaf & 0x80000000u, 0);

		if (leaf > c.eax)
			continue;
		c = cpuid(leaf, 0);
		/* EDX of 0xb is the APIC id, whatever the rest */
		check(!(c.eax | c.ebx), "not hidden: leaf", leaf);
	}
}

/* With Xen's vNUMA the toolstack has settled it, and no config of ours has. */
static void check_packages(const struct topology *t)
{
	static struct topology_vcpu v[TOPOLOGY_MAX_VCPUS];
	uint32_t first = 0, second = 0;

	__builtin_memcpy(v, t->vcpu, sizeof(v));
	for (uint32_t id = 0; id < t->nr_vcpus && id < xens.nr_vcpus; id++)
		v[id].vnode = xens.vcpu_to_vnode[id];
	check(!packages_find_shared(v, t->nr_vcpus,
				    packages_bits(&xen.packages), &first,
				    &second),
	      "package of two vnodes: vCPU", first);
	check(!packages_find_shared(v, t->nr_vcpus,
				    packages_cache_bits(&xen.packages), &first,
				    &second),
	      "cache of two vnodes: vCPU", first);
}

static void check_with_xen(const struct topology *t,
			   const struct acpi_slit *slit)
{
	long e = xen_vnuma_get(&xens);

	if (e == -XEN_EOPNOTSUPP) {
		say("numa.xen=none, the tables are held against nothing");
		return;
	}
	say("numa.xen=%u vnodes, %u memory ranges, %u vCPUs", xens.nr_vnodes,
	    xens.nr_ranges, xens.nr_vcpus);
	check(!e, "XENMEM_get_vnumainfo", (uint64_t)-e);
	check(slit, "no SLIT", 0);
	if (e || !slit)
		return;
	check_vcpus(t);
	check_ranges();
	check_distances(slit);
	check_packages(t);
}

/* ---- The sidecar's nodes against the SRAT -------------------------------- */

static bool is_on_vnode(uint64_t start, uint64_t end, uint32_t vnode)
{
	for (uint32_t i = 0; i < srat.nr_ranges; i++)
		if (srat.range[i].start <= start && end <= srat.range[i].end &&
		    srat.range[i].vnode == vnode)
			return true;
	return false;
}

/* Its memory, and the vCPUs that its control page lists. */
static void check_node(const struct topology *t, const struct scar_node *n)
{
	const struct sidecar_control *c =
		paging_map(n->carve_pa, n->carve_size);

	check(is_on_vnode(n->carve_pa, n->carve_pa + n->carve_size,
			  n->carve_vnode),
	      "not on its vnode: carve", n->carve_pa);
	for (uint32_t i = 0; i < c->nr_slots; i++) {
		uint32_t id = c->slot[i].vcpu_id, domain;

		check(id < t->nr_vcpus &&
			      c->slot[i].apic_id == t->vcpu[id].apic_id &&
			      domain_of(c->slot[i].apic_id, &domain) &&
			      domain == n->vnode,
		      "not on its node's vnode: vCPU", id);
	}
}

static void check_nodes(const struct topology *t)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	const struct scar_node *n = (const void *)(h + 1);

	for (uint32_t i = 0; h && i < h->nr_nodes; i++)
		check_node(t, n + i);
}

void numa_report(const struct topology *t)
{
	const struct acpi_header *h = table("SRAT");
	const struct acpi_slit *slit = table("SLIT");

	if (h)
		report_srat(h);
	if (slit)
		report_slit(slit);
	check_with_xen(t, slit);
	say("packages=of %u APIC ids, caches of %u",
	    1u << packages_bits(&xen.packages),
	    1u << packages_cache_bits(&xen.packages));
	check_hidden();
	if (h)
		check_nodes(t);
	say("numa.wrong=%u", wrong);
}
