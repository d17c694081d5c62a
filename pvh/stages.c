/* SPDX-License-Identifier: MIT */
/*
 * The stages from Xen to the ACPI tables: asks, lets pure code judge, and
 * says what came of it in one line each.
 */
#include "boot.h"
#include "fault.h"
#include "pvh/read/topology.h"
#include "pvh/write/acpi.h"

static const void *memory_at(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	/* page 0 is never a table; a null pointer would look like one */
	return pa ? paging_map(pa, size) : NULL;
}

static const struct acpi_memory guest_memory = {memory_at, NULL};

void stage_xen(struct boot *b)
{
	long r;

	if (!xen_init(&b->xen))
		log_stop_bare(
			"shim: xen: this is not a Xen guest, nothing to boot (want xl, type=\"pvh\")\n");
	r = log_init(&b->xen);
	log_line("xen: Xen %u.%u, TSC %u kHz", b->xen.major, b->xen.minor,
		 b->xen.tsc_khz);
	if (r)
		log_line(
			"xen: warning: no console: %s: sidecarctl log has these lines",
			report_xen_error(r));
}

/* ---- start_info -------------------------------------------------------- */

static void map_from_xen(struct boot *b)
{
	static struct boot_e820_entry e[E820_MAX_ENTRIES_ZEROPAGE];
	uint32_t nr = E820_MAX_ENTRIES_ZEROPAGE;
	uint64_t bad = 0;
	long r = xen_memory_map(e, &nr);
	enum startinfo_error error;

	if (r)
		log_die("start_info: no memory map, and XENMEM_memory_map failed: %s",
			report_xen_error(r));
	error = startinfo_add_e820(&b->map, e, nr, &bad);
	if (error)
		log_die("start_info: XENMEM_memory_map: %s: %#lx",
			startinfo_error_text(error), bad);
}

static void list_used(struct boot *b)
{
	const struct startinfo *si = &b->si;
	bool ok = ranges_add(&b->used, b->shim.start,
			     b->shim.end - b->shim.start);

	for (uint32_t i = 0; i < si->nr_tables; i++)
		ok &= ranges_add(&b->tables, si->table[i].start,
				 si->table[i].end - si->table[i].start);
	/* libxl passes two at most; what else there is stays where it is */
	for (uint32_t i = 2; i < si->nr_modules; i++)
		ok &= ranges_add(&b->used, si->module[i].pa,
				 si->module[i].size);
	if (!ok)
		log_die("start_info: more than %u ranges of memory in use",
			RANGES_MAX);
}

void stage_start_info(struct boot *b)
{
	uint64_t bad = 0;
	enum startinfo_error e = startinfo_read(&b->si, &b->map, guest_memory,
						b->start_info_pa, &bad);

	if (e)
		log_die("start_info: %s: %#lx", startinfo_error_text(e), bad);
	if (!b->si.has_memmap)
		map_from_xen(b);
	e = startinfo_check(&b->si, &b->map, b->shim, &bad);
	if (e)
		log_die("start_info: %s: %#lx", startinfo_error_text(e), bad);
	if (!b->si.nr_modules)
		log_die("start_info: no module: kernel= (with pvshim=1) or ramdisk= (without) must name a Linux image");
	options_parse(&b->options, b->si.cmdline);
	log_set_detail(b->options.log ||
		       options_wants_log(b->si.module[0].cmdline) ||
		       options_wants_log(b->options.tail));
	list_used(b);
	log_line("start_info: version %u, %u modules, memory map of %u ranges",
		 b->si.version, b->si.nr_modules, b->map.nr);
	report_options(&b->options);
}

/*
 * With memory= below maxmem= Xen has less memory than its map says, and fills
 * pages when they are first used (populate on demand): until Linux's balloon
 * has given the difference back, nobody may use more than there is. Both are
 * whole MiB in a config; Xen counts some pages of its own, too.
 */
static void find_owed(struct boot *b)
{
	uint64_t ram = memmap_ram_bytes(&b->map);
	long pages = xen_current_reservation();

	b->owed_bytes = 0;
	if (pages < 0)
		log_line(
			"memory: warning: XENMEM_current_reservation failed: %s, all RAM is taken to be there",
			report_xen_error(pages));
	else if ((uint64_t)pages < ram / PAGE_SIZE)
		b->owed_bytes = (ram - (uint64_t)pages * PAGE_SIZE + MIB / 2) &
				~(MIB - 1);
	if (b->owed_bytes)
		log_line(
			"memory: memory= is below maxmem=: Linux's balloon gives %lu MiB back to Xen",
			b->owed_bytes >> 20);
}

void stage_memory(struct boot *b)
{
	uint64_t bad = 0;
	enum acpi_error e =
		acpi_read(&b->acpi, guest_memory, b->si.rsdp_pa, &bad);

	b->acpi_ok = !e;
	if (e)
		log_line("memory: warning: ACPI: %s: %s", acpi_error_text(e),
			 report_value(bad, acpi_error_is_address(e)));
	for (uint32_t i = 0; b->acpi_ok && i < b->acpi.nr_extents; i++) {
		const struct range *r = &b->acpi.extent[i];

		if (memmap_is_ram(&b->map, r->start, r->end))
			b->acpi_ok = ranges_add(&b->used, r->start,
						r->end - r->start);
	}
	log_line("memory: %lu MiB RAM, kernel file %lu KiB, %u ranges in use",
		 memmap_ram_bytes(&b->map) >> 20, b->si.module[0].size >> 10,
		 b->used.nr + b->tables.nr);
	find_owed(b);
}

/* ---- topology ---------------------------------------------------------- */

/* What is used where Xen's topology cannot be. */
static const char *instead(const struct boot *b)
{
	return b->options.vnuma.len ? "sidecar.vnuma= is used"
				    : "one vnode is used";
}

static void say_distances(const struct boot *b, const char *of)
{
	const struct topology *t = &b->topology;

	if (t->distance_error)
		log_line("topology: warning: %s: %s, 10 and 20 are used", of,
			 report_topology_error(t, t->distance_error,
					       t->bad_distance));
}

/* True if Xen has a topology for this guest and it is valid. */
static bool topology_of_xen(struct boot *b)
{
	static struct xen_vnuma v;
	uint64_t bad = 0;
	long r = xen_vnuma_get(&v);
	enum topology_error e;

	if (r == -XEN_EOPNOTSUPP)
		return false;
	if (r) {
		log_line(
			"topology: warning: XENMEM_get_vnumainfo failed: %s for %u vnodes, %u ranges, %u vCPUs, %s",
			report_xen_error(r), v.nr_vnodes, v.nr_ranges,
			v.nr_vcpus, instead(b));
		return false;
	}
	e = topology_from_xen(&b->topology, &b->map, v.nr_vnodes, v.nr_ranges,
			      v.nr_vcpus, v.vdistance, v.vcpu_to_vnode,
			      v.vmemrange, &bad);
	if (e)
		log_line(
			"topology: warning: Xen's vNUMA (vnuma= of xl): %s, %s",
			report_topology_error(&b->topology, e, bad),
			instead(b));
	else
		say_distances(b, "Xen's vNUMA (vnuma= of xl)");
	if (!e && b->options.vnuma.len)
		log_line(
			"topology: warning: sidecar.vnuma= ignored: Xen has a vNUMA topology");
	return !e;
}

/* Its thread takes pages near the CPU that it runs on, whichever that is. */
static void say_where_owed(const struct boot *b)
{
	const struct topology *t = &b->topology;

	if (b->owed_bytes && t->nr_vnodes > 1)
		log_line(
			"topology: warning: Linux's balloon takes these %lu MiB from one vnode before the next (want memory= equal to maxmem=, or see docs/memory.md)",
			b->owed_bytes >> 20);
}

static bool topology_of_user(struct boot *b)
{
	uint64_t bad = 0;
	enum topology_error e;

	if (!b->options.vnuma.len)
		return false;
	e = topology_from_text(&b->topology, &b->map, b->options.vnuma,
			       b->options.vdistances, &bad);
	if (e)
		log_line(
			"topology: warning: sidecar.vnuma=: %s, one vnode is used",
			report_topology_error(&b->topology, e, bad));
	else
		say_distances(b, "sidecar.vdistances=");
	return !e;
}

/* In the order in which Linux would number them. */
static void list_madt(struct boot *b)
{
	struct acpi_madt_entry e = {0};

	while (b->acpi_ok && b->nr_madt < TOPOLOGY_MAX_VCPUS &&
	       acpi_madt_next(&b->acpi, &e))
		if (e.is_vcpu && e.enabled)
			b->madt[b->nr_madt++] = e.uid;
}

void stage_topology(struct boot *b)
{
	uint64_t bad = 0;
	enum acpi_error e = ACPI_NO_MADT;

	if (b->acpi_ok)
		e = acpi_read_madt(&b->acpi, &b->topology, &bad);
	if (b->acpi_ok && e)
		log_line("topology: warning: MADT: %s: %s", acpi_error_text(e),
			 report_value(bad, acpi_error_is_address(e)));
	b->acpi_ok = !e;
	list_madt(b);
	topology_flat(&b->topology, &b->map);
	if (b->options.vdistances.len && !b->options.vnuma.len)
		log_line(
			"topology: warning: sidecar.vdistances= ignored: want sidecar.vnuma= beside it");
	if (b->acpi_ok) {
		b->numa = topology_of_xen(b) || topology_of_user(b);
		if (!b->numa)
			topology_flat(&b->topology, &b->map);
	}
	report_topology(b);
	say_where_owed(b);
}

/* ---- plan -------------------------------------------------------------- */

static void read_kernel(struct boot *b)
{
	const struct startinfo_module *m = &b->si.module[0];
	uint64_t bad = 0;
	const uint8_t *file = paging_map(m->pa, m->size);
	enum image_error e;

	if (!file)
		log_die("plan: kernel file cannot be mapped: %#lx, beyond what the shim can address",
			m->pa);
	e = image_parse(&b->image, file, m->size, &bad);
	if (e)
		log_die("plan: kernel image: %s: %#lx", image_error_text(e),
			bad);
}

void stage_plan(struct boot *b)
{
	const struct startinfo_module *m = b->si.module;
	struct decide_request *rq = &b->request;
	uint64_t bad = 0;
	enum decide_error e;

	read_kernel(b);
	*rq = (struct decide_request){
		.map = &b->map,
		.used = &b->used,
		.tables = &b->tables,
		.topology = &b->topology,
		.options = &b->options,
		.image = &b->image,
		.kernel_file = {m[0].pa, m[0].pa + m[0].size},
		.user_line = m[0].cmdline,
		.madt = b->madt,
		.nr_madt = b->nr_madt,
		.acpi_ok = b->acpi_ok,
		.x2apic = b->xen.x2apic,
		.nx = b->xen.nx,
		.node_pages = start_node_pages(),
		.vcpu_pages = LAYOUT_VCPU_PAGES,
		.owed_bytes = b->owed_bytes,
		.no_place = fault_at(FAULT_alloc),
	};
	if (b->si.nr_modules > 1)
		rq->initrd = (struct range){m[1].pa, m[1].pa + m[1].size};
	e = decide(&b->decision, rq, &bad);
	fault_count(FAULT_alloc, b->decision.nr_places);
	if (e)
		log_die("plan: %s: %lu", decide_error_text(e), bad);
	report_plan(b);
}

/* ---- sidecar ----------------------------------------------------------- */

static void withdraw(struct boot *b, enum plan_status why)
{
	uint64_t bad = 0;
	enum decide_error e;

	start_undo(&b->start);
	e = decide_without(&b->decision, &b->request, why, 0, &bad);
	if (e)
		log_die("sidecar: %s: %lu", decide_error_text(e), bad);
	log_line("sidecar: warning: sidecar off: %s, Linux boots %s",
		 plan_status_text(why), report_boots(&b->decision));
}

void stage_sidecar(struct boot *b)
{
	struct start *s = &b->start;

	if (b->decision.plan.status != PLAN_ON)
		return;
	s->plan = &b->decision.plan;
	s->topology = &b->topology;
	s->xen = &b->xen;
	s->features = start_features();
	s->low_pa = b->decision.low_pa;
	s->map = paging_map;
	s->deadline_ms = fault_deadline(START_DEADLINE_MS);
	if (!start_vcpus(s))
		log_line(
			"sidecar: warning: memory cannot be mapped: %#lx, beyond what the shim can address",
			s->unmapped_pa);
	if (!s->nr_started)
		withdraw(b, PLAN_OFF_START);
	report_start(b);
}

/* ---- acpi -------------------------------------------------------------- */

static enum acpi_error write_tables(struct boot *b, uint32_t *used)
{
	const struct decision *d = &b->decision;
	struct acpi_build w = {
		.old = &b->acpi,
		.topology = &b->topology,
		.plan = &d->plan,
		.numa = b->numa,
		.reorder =
			d->plan.status == PLAN_ON && !b->options.keep_cpu_order,
		.sidecar = {.log_pa = d->keep_pa + DECIDE_ACPI_BYTES,
			    .log_size = DECIDE_LOG_BYTES,
			    .low_pa = d->low_pa,
			    .low_size = LAYOUT_LOW_PAGES * PAGE_SIZE},
		.out = b->kept,
		.out_pa = d->keep_pa,
		.out_size = DECIDE_ACPI_BYTES,
	};

	return acpi_write(&w, &b->rsdp_pa, used);
}

/* Without memory for tables Linux has libxl's: no NUMA, no sidecar. */
static bool map_kept(struct boot *b)
{
	uint64_t pa = b->decision.keep_pa;

	if (pa)
		b->kept = paging_map(pa, DECIDE_KEEP_BYTES);
	if (b->kept)
		return true;
	if (pa)
		log_line(
			"acpi: warning: memory cannot be mapped: %#lx, beyond what the shim can address",
			pa);
	else
		log_line("acpi: warning: no room for tables of ours");
	if (b->decision.plan.status == PLAN_ON)
		withdraw(b, PLAN_OFF_ACPI);
	return false;
}

void stage_acpi(struct boot *b)
{
	uint32_t used = 0;
	enum acpi_error e;

	b->rsdp_pa = b->si.rsdp_pa;
	if (!map_kept(b) || !b->acpi_ok) {
		log_line("acpi: Linux gets libxl's own tables, no NUMA");
		return;
	}
	e = write_tables(b, &used);
	if (e && b->decision.plan.status == PLAN_ON) {
		log_line("acpi: warning: %s, again without sidecar",
			 acpi_error_text(e));
		withdraw(b, PLAN_OFF_ACPI);
		e = write_tables(b, &used);
	}
	if (e) {
		b->rsdp_pa = b->si.rsdp_pa;
		log_line(
			"acpi: warning: %s, Linux gets libxl's own tables, no NUMA",
			acpi_error_text(e));
		return;
	}
	log_line(
		"acpi: %u bytes at %#lx: MADT%s, %s", used, b->decision.keep_pa,
		b->decision.plan.status == PLAN_ON && !b->options.keep_cpu_order
			? " in base-first order"
			: " as it was",
		b->numa ? "SRAT, SLIT" : "no NUMA");
}
