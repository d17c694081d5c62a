/* SPDX-License-Identifier: MIT */
/*
 * The stages from Xen to the ACPI tables: each queries Xen or reads memory,
 * leaves the decisions to pure code, and logs the result.
 */
#include "boot.h"
#include "abi/multiboot2.h"
#include "lib/release.h"
#include "pvh/read/topology.h"
#include "pvh/write/acpi.h"

static const void *memory_at(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	/* page 0 is never a table; a null pointer would look like one */
	return pa ? paging_map(pa, size) : NULL;
}

static const struct guest_memory guest_memory = {memory_at, NULL};

void stage_xen(struct boot *b)
{
	struct report_text text;
	long r;

	if (!xen_init(&b->xen))
		log_stop_bare(
			"shim: xen: this is not a Xen guest, nothing to boot (want xl, type=\"pvh\")\n");
	r = log_init(&b->xen);
	log_line("xen: shim " RELEASE ", Xen %u.%u, TSC %u kHz", b->xen.major,
		 b->xen.minor, b->xen.tsc_khz);
	if (r)
		log_line(
			"xen: warning: no console: %s: sidecarctl log has these lines",
			report_xen_error(&text, r));
}

/* ---- start_info -------------------------------------------------------- */

static void map_from_xen(struct boot *b)
{
	static struct boot_e820_entry e[E820_MAX_ENTRIES_ZEROPAGE];
	uint32_t nr = E820_MAX_ENTRIES_ZEROPAGE;
	long r = xen_memory_map(e, &nr);
	struct report_text text;
	struct error error;

	if (r)
		log_die("start_info: no memory map, and XENMEM_memory_map failed: %s",
			report_xen_error(&text, r));
	error = startinfo_add_e820(&b->map, e, nr);
	if (error.code)
		log_die("start_info: XENMEM_memory_map: %s",
			report_error(&text, error));
}

static void list_memory_in_use(struct boot *b)
{
	const struct startinfo *si = &b->si;
	bool ok = ranges_add(&b->used, b->shim.start,
			     b->shim.end - b->shim.start);

	for (uint32_t i = 0; i < si->nr_tables; i++)
		ok &= ranges_add(&b->start_info, si->table[i].start,
				 si->table[i].end - si->table[i].start);
	/* libxl passes two at most; any others stay in place */
	for (uint32_t i = 2; i < si->nr_modules; i++)
		ok &= ranges_add(&b->used, si->module[i].pa,
				 si->module[i].size);
	if (!ok)
		log_die("start_info: more than %u ranges of memory in use",
			RANGES_MAX);
}

static struct error read_start_info(struct boot *b)
{
	if (!b->multiboot2)
		return startinfo_read(&b->si, &b->map, guest_memory,
				      b->start_info_pa);
	if (b->multiboot2_magic != MULTIBOOT2_BOOT_MAGIC)
		return error_hex(MULTIBOOT2_BAD_MAGIC, b->multiboot2_magic);
	return multiboot2_read(&b->si, &b->map, guest_memory, b->start_info_pa);
}

static void report_start_info(const struct boot *b)
{
	if (b->multiboot2)
		log_line(
			"start_info: multiboot2, %u module%s, memory map of %u range%s",
			b->si.nr_modules, text_plural(b->si.nr_modules),
			b->map.nr, text_plural(b->map.nr));
	else
		log_line(
			"start_info: version %u, %u module%s, memory map of %u range%s",
			b->si.version, b->si.nr_modules,
			text_plural(b->si.nr_modules), b->map.nr,
			text_plural(b->map.nr));
}

void stage_start_info(struct boot *b)
{
	struct error e = read_start_info(b);
	struct report_text text;

	if (e.code)
		log_die("start_info: %s", report_error(&text, e));
	if (!b->si.has_memmap)
		map_from_xen(b);
	e = startinfo_check(&b->si, &b->map, b->shim);
	if (!e.code && b->multiboot2)
		e = multiboot2_find_rsdp(&b->si, &b->map, guest_memory);
	if (e.code)
		log_die("start_info: %s", report_error(&text, e));
	if (!b->si.nr_modules)
		log_die("start_info: no module: kernel= (with pvshim=1) or ramdisk= (without) must name a Linux image, or module2 of GRUB");
	uki_unpack(b);
	options_parse(&b->options, b->si.cmdline);
	log_set_detail(b->options.log ||
		       options_wants_log(b->si.module[0].cmdline) ||
		       options_wants_log(b->options.tail));
	list_memory_in_use(b);
	report_start_info(b);
	report_uki(b);
	report_options(&b->options);
}

/*
 * With memory= below maxmem= the guest has less memory than its map says, and
 * Xen backs pages when they are first used (populate on demand). Until Linux's
 * balloon has returned the difference, nobody may use more than there is. Both
 * are whole MiB in a config; Xen counts some pages of its own, too.
 */
static void find_owed_bytes(struct boot *b)
{
	uint64_t ram = memmap_ram_bytes(&b->map);
	long pages = xen_current_reservation();
	struct report_text text;

	b->owed_bytes = 0;
	if (pages < 0)
		log_line(
			"memory: warning: XENMEM_current_reservation failed: %s, assuming that all RAM is present",
			report_xen_error(&text, pages));
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
	struct error e = acpi_read(&b->acpi, guest_memory, b->si.rsdp_pa);
	struct report_text text;

	b->acpi_ok = !e.code;
	if (e.code)
		log_line("memory: warning: ACPI: %s", report_error(&text, e));
	for (uint32_t i = 0; b->acpi_ok && i < b->acpi.nr_extents; i++) {
		const struct range *r = &b->acpi.extent[i];

		if (memmap_is_ram(&b->map, r->start, r->end))
			b->acpi_ok = ranges_add(&b->used, r->start,
						r->end - r->start);
	}
	log_line("memory: %lu MiB RAM, kernel file %lu KiB, %u ranges in use",
		 memmap_ram_bytes(&b->map) >> 20, b->si.module[0].size >> 10,
		 b->used.nr + b->start_info.nr);
	find_owed_bytes(b);
}

/* ---- topology ---------------------------------------------------------- */

/* What the shim uses if Xen's topology is unusable. */
static const char *fallback_text(const struct boot *b)
{
	return b->options.vnuma.len ? "sidecar.vnuma= is used"
				    : "one vnode is used";
}

static void warn_distances(const struct boot *b, const char *of)
{
	struct error e = b->topology.distance_error;
	struct report_text text;

	if (e.code)
		log_line("topology: warning: %s: %s, using 10 and 20", of,
			 report_error(&text, e));
}

/* True if Xen has a topology for this guest and it is valid. */
static bool topology_of_xen(struct boot *b)
{
	static struct xen_vnuma v;
	long r = xen_vnuma_get(&v);
	struct report_text text;
	struct error e;

	if (r == -XEN_EOPNOTSUPP)
		return false;
	if (r) {
		log_line(
			"topology: warning: XENMEM_get_vnumainfo failed: %s for %u vnodes, %u ranges, %u vCPUs, %s",
			report_xen_error(&text, r), v.nr_vnodes, v.nr_ranges,
			v.nr_vcpus, fallback_text(b));
		return false;
	}
	e = topology_from_xen(&b->topology, &b->map, v.nr_vnodes, v.nr_ranges,
			      v.nr_vcpus, v.vdistance, v.vcpu_to_vnode,
			      v.vmemrange);
	if (e.code)
		log_line(
			"topology: warning: Xen's vNUMA (vnuma= of xl): %s, %s",
			report_error(&text, e), fallback_text(b));
	else
		warn_distances(b, "Xen's vNUMA (vnuma= of xl)");
	if (!e.code && b->options.vnuma.len)
		log_line(
			"topology: warning: sidecar.vnuma= ignored: Xen has a vNUMA topology");
	return !e.code;
}

/* The balloon takes pages near the CPU that its thread happens to run on. */
static void warn_balloon_order(const struct boot *b)
{
	const struct topology *t = &b->topology;

	if (b->owed_bytes && t->nr_vnodes > 1)
		log_line(
			"topology: warning: Linux's balloon takes these %lu MiB from one vnode before the next (want memory= equal to maxmem=, or see docs/memory.md)",
			b->owed_bytes >> 20);
}

static bool topology_of_user(struct boot *b)
{
	struct report_text text;
	struct error e;

	if (!b->options.vnuma.len)
		return false;
	e = topology_from_text(&b->topology, &b->map, b->options.vnuma,
			       b->options.vdistances);
	if (e.code)
		log_line(
			"topology: warning: sidecar.vnuma=: %s, one vnode is used",
			report_error(&text, e));
	else
		warn_distances(b, "sidecar.vdistances=");
	return !e.code;
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
	struct error e = error_plain(ACPI_NO_MADT);
	struct report_text text;

	if (b->acpi_ok)
		e = acpi_read_madt(&b->acpi, &b->topology);
	if (b->acpi_ok && e.code)
		log_line("topology: warning: MADT: %s", report_error(&text, e));
	b->acpi_ok = !e.code;
	list_madt(b);
	topology_flat(&b->topology, &b->map);
	if (b->options.vdistances.len && !b->options.vnuma.len)
		log_line(
			"topology: warning: sidecar.vdistances= ignored: want sidecar.vnuma= beside it");
	/* one vnode if neither knows better, or without a MADT */
	b->numa = b->acpi_ok && (topology_of_xen(b) || topology_of_user(b));
	report_topology(b);
	warn_balloon_order(b);
}

/* ---- plan -------------------------------------------------------------- */

static void read_kernel(struct boot *b)
{
	const struct startinfo_module *m = &b->si.module[0];
	const uint8_t *file = paging_map(m->pa, m->size);
	struct report_text text;
	struct error e;

	if (!file)
		log_die("plan: kernel file cannot be mapped: %#lx, beyond what the shim can address",
			m->pa);
	e = image_parse(&b->image, file, m->size);
	if (e.code)
		log_die("plan: kernel image: %s", report_error(&text, e));
}

void stage_plan(struct boot *b)
{
	const struct startinfo_module *m = b->si.module;
	struct decide_request *rq = &b->request;
	struct report_text text;
	struct error e;

	read_kernel(b);
	*rq = (struct decide_request){
		.map = &b->map,
		.used = &b->used,
		.shim = b->shim,
		.start_info = &b->start_info,
		.topology = &b->topology,
		.options = &b->options,
		.image = &b->image,
		.kernel_file = {m[0].pa, m[0].pa + m[0].size},
		.user_line = m[0].cmdline,
		.madt = b->madt,
		.nr_madt = b->nr_madt,
		.dsdt = b->acpi.dsdt,
		.dsdt_length = b->acpi.dsdt_length,
		.acpi_ok = b->acpi_ok,
		.x2apic = b->xen.x2apic,
		.nx = b->xen.nx,
		.node_pages = start_node_pages(),
		.vcpu_pages = LAYOUT_VCPU_PAGES,
		.owed_bytes = b->owed_bytes,
	};
	if (b->si.nr_modules > 1)
		rq->initrd = (struct range){m[1].pa, m[1].pa + m[1].size};
	e = decide(&b->decision, rq);
	if (e.code)
		log_die("plan: %s", report_error(&text, e));
	report_plan(b);
}

/* ---- sidecar ----------------------------------------------------------- */

static void withdraw_sidecar(struct boot *b, enum error_code why)
{
	struct report_text text;
	struct error e;

	start_undo(&b->start);
	e = decide_without(&b->decision, &b->request, error_plain(why));
	if (e.code)
		log_die("sidecar: %s", report_error(&text, e));
	log_line("sidecar: warning: sidecar off: %s, Linux boots %s",
		 error_text(why), report_boots(&text, &b->decision));
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
	s->page_0_is_free = b->decision.page_0_is_free;
	s->map = paging_map;
	s->deadline_ms = START_DEADLINE_MS;
	if (!start_vcpus(s))
		log_line(
			"sidecar: warning: memory cannot be mapped: %#lx, beyond what the shim can address",
			s->unmapped_pa);
	if (!s->nr_started)
		withdraw_sidecar(b, START_NONE);
	report_start(b);
}

/* ---- acpi -------------------------------------------------------------- */

static struct error write_tables(struct boot *b, uint32_t *used)
{
	const struct decision *d = &b->decision;
	struct acpi_build w = {
		.old = &b->acpi,
		.topology = &b->topology,
		.plan = &d->plan,
		.numa = b->numa,
		.reorder = d->base_first,
		.hot_added = d->hot_add ? d->hot_added : NULL,
		.sidecar = {.log_pa = d->kept_pa + DECIDE_ACPI_BYTES,
			    .log_size = DECIDE_LOG_BYTES,
			    .low_pa = d->low_pa,
			    .low_size = LAYOUT_LOW_PAGES * PAGE_SIZE},
		.out = b->kept,
		.out_pa = d->kept_pa,
		.out_size = DECIDE_ACPI_BYTES,
	};

	return acpi_write(&w, &b->rsdp_pa, used);
}

/* Without memory for tables Linux has libxl's: no NUMA, no sidecar. */
static bool map_kept(struct boot *b)
{
	uint64_t pa = b->decision.kept_pa;

	if (pa)
		b->kept = paging_map(pa, DECIDE_KEPT_BYTES);
	if (b->kept)
		return true;
	if (pa)
		log_line(
			"acpi: warning: memory cannot be mapped: %#lx, beyond what the shim can address",
			pa);
	else
		log_line("acpi: warning: no memory for the shim's ACPI tables");
	if (b->decision.plan.status == PLAN_ON)
		withdraw_sidecar(b, DECIDE_NO_ACPI);
	return false;
}

static void write_acpi(struct boot *b)
{
	uint32_t used = 0;
	struct error e;

	b->rsdp_pa = b->si.rsdp_pa;
	if (!map_kept(b) || !b->acpi_ok) {
		log_line("acpi: Linux gets libxl's own tables, no NUMA");
		return;
	}
	e = write_tables(b, &used);
	if (e.code && b->decision.plan.status == PLAN_ON) {
		log_line("acpi: warning: %s, again without sidecar",
			 error_text(e.code));
		withdraw_sidecar(b, DECIDE_NO_ACPI);
		e = write_tables(b, &used);
	}
	if (e.code) {
		b->rsdp_pa = b->si.rsdp_pa;
		log_line(
			"acpi: warning: %s, Linux gets libxl's own tables, no NUMA",
			error_text(e.code));
		return;
	}
	report_acpi(b, used);
}

/* Nothing of ours is left: where it was the kernel may put something else. */
static void give_up_map(struct boot *b, long r)
{
	struct report_text text;
	struct error e;

	log_line(
		"acpi: warning: XENMEM_set_memory_map failed: %s, the kernel gets libxl's own tables, no NUMA",
		report_xen_error(&text, r));
	if (b->decision.plan.status == PLAN_ON)
		withdraw_sidecar(b, DECIDE_NO_XEN_MAP);
	e = decide_without_kept(&b->decision, &b->request,
				error_plain(DECIDE_NO_XEN_MAP));
	if (e.code)
		log_die("acpi: %s", report_error(&text, e));
	b->kept = NULL;
	b->rsdp_pa = b->si.rsdp_pa;
}

/*
 * Linux has its map from boot_params or start_info. Other PVH kernels may ask
 * Xen instead, as GRUB and Mini-OS do, and would use what the sidecar lives in.
 */
static void tell_xen_map(struct boot *b)
{
	static struct boot_e820_entry e[E820_MAX_ENTRIES_ZEROPAGE];
	const struct memmap *m = &b->decision.linux_map;
	long r;

	if (b->image.is_linux)
		return;
	for (uint32_t i = 0; i < m->nr; i++)
		e[i] = (struct boot_e820_entry){m->e[i].start,
						m->e[i].end - m->e[i].start,
						m->e[i].type};
	r = xen_set_memory_map(e, m->nr);
	if (r)
		give_up_map(b, r);
	else
		log_line(
			"acpi: the kernel is not Linux: Xen has its memory map, %u ranges",
			m->nr);
}

void stage_acpi(struct boot *b)
{
	write_acpi(b);
	tell_xen_map(b);
}
