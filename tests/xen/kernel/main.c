/* SPDX-License-Identifier: MIT */
/*
 * A tiny PVH kernel that the shim boots in place of Linux: it says what it was
 * handed as lines `lab: KEY=VALUE`, stops twice for dom0 like guest-init does,
 * and powers off. Shares the shim's entry code and pure files.
 */
#include "abi/acpi.h"
#include "abi/layout.h"
#include "abi/sidecar.h"
#include "pvh/read/acpi.h"
#include "cpu.h"
#include "pvh/read/start_info.h"

#include "hypercall.h"
#include "kernel.h"

#define LIST_BYTES 1024
#define CHECK_S	   3600 /* for xen-sidecar-check, which dom0 runs beside it */
#define TRIES	   2000 /* of 5 ms each: until dom0 has read the ring */

void shim_main(uint64_t start_info_pa);

struct xen_info xen;
static struct startinfo si;
static struct memmap map;
static struct acpi_tables tables;
static struct topology topology;

/* ---- Output ---------------------------------------------------------- */

void say(const char *fmt, ...)
{
	static char line[2000];
	struct textbuf b;
	va_list ap;

	va_start(ap, fmt);
	textbuf_init(&b, line, sizeof(line) - 1);
	textbuf_add(&b, TEXT("lab: "));
	textbuf_vprintf(&b, fmt, ap);
	line[b.len++] = '\n';
	va_end(ap);
	for (int i = 0; i < TRIES && !xen_console_write(line, b.len); i++)
		xen_console_last();
}

__attribute__((noreturn)) static void power_off(void)
{
	struct sched_shutdown s = {.reason = SHUTDOWN_poweroff};

	hypercall_sched_op(SCHEDOP_shutdown, &s);
	for (;;)
		cpu_halt();
}

static const void *at(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	return pa ? paging_map(pa, size) : NULL;
}

static const struct guest_memory memory = {at, NULL};

/* ---- What start_info has ------------------------------------------------- */

static const char *type_name(uint32_t type)
{
	if (type == MEMMAP_RAM)
		return "RAM";
	if (type == MEMMAP_ACPI)
		return "ACPI";
	if (type == MEMMAP_NVS)
		return "NVS";
	return type == MEMMAP_RESERVED ? "Reserved" : "other";
}

static void report_start_info(void)
{
	say("memmap.entries=%u", map.nr);
	for (uint32_t i = 0; i < map.nr; i++)
		say("memmap=%#lx-%#lx %s", map.e[i].start, map.e[i].end - 1,
		    type_name(map.e[i].type));
	say("cmdline=%.*s", (int)si.cmdline.len, si.cmdline.p);
	say("cmdline.length=%lu", (uint64_t)si.cmdline.len);
	say("modules=%u", si.nr_modules);
	for (uint32_t i = 0; i < si.nr_modules; i++) {
		const uint32_t *w =
			at(NULL, si.module[i].pa, si.module[i].size);
		uint32_t sum = 0;

		for (uint64_t k = 0; w && k < si.module[i].size / 4; k++)
			sum = (sum << 1 | sum >> 31) ^ w[k];
		say("module%u=%lu bytes, sum %x", i, si.module[i].size, sum);
	}
}

/* ---- What the tables have ------------------------------------------------ */

/* acpi_read() has checked them all; it leaves SRAT and SLIT out. */
const void *table(const char *signature)
{
	const struct acpi_rsdp *r = at(NULL, si.rsdp_pa, sizeof(*r));
	const uint8_t *xsdt = at(NULL, r->xsdt_address, PAGE_SIZE);
	uint32_t length = ((const struct acpi_header *)xsdt)->length;

	for (uint32_t i = sizeof(struct acpi_header); i < length; i += 8) {
		const struct acpi_header *h;
		uint64_t pa;

		__builtin_memcpy(&pa, xsdt + i, sizeof(pa));
		h = at(NULL, pa, sizeof(*h));
		if (!__builtin_memcmp(h->signature, signature, 4))
			return at(NULL, pa, h->length);
	}
	return NULL;
}

/* vCPU ids in MADT order. */
static void report_madt(void)
{
	static char text[LIST_BYTES];
	struct acpi_madt_entry e = {0};
	const char *comma = "";
	uint32_t nr = 0;
	struct textbuf l;

	textbuf_init(&l, text, sizeof(text));
	while (acpi_madt_next(&tables, &e)) {
		if (!e.is_vcpu)
			continue;
		textbuf_printf(&l, "%s%u%s", comma, e.uid,
			       e.enabled ? "" : "-");
		comma = ",";
		nr++;
	}
	say("madt=%s", text);
	say("madt.vcpus=%u", nr);
}

static void report_scar(void)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	const struct scar_node *n = (const void *)(h + 1);

	if (!h)
		return;
	say("scar.nodes=%u", h->nr_nodes);
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		say("scar.node%u=%#lx-%#lx vnode %u memory %u vcpus %u", i,
		    n[i].carve_pa, n[i].carve_pa + n[i].carve_size, n[i].vnode,
		    n[i].carve_vnode, n[i].nr_vcpus);
}

/* ---- What the sidecar nodes say ------------------------------------------ */

static bool overlaps_ram(uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < map.nr; i++)
		if (map.e[i].type == MEMMAP_RAM && map.e[i].start < end &&
		    start < map.e[i].end)
			return true;
	return false;
}

static void check_slot(const struct sidecar_control *c, uint32_t i,
		       uint32_t *idle, uint32_t *left, uint32_t *wrong)
{
	uint32_t id = c->slot[i].vcpu_id;
	long up = 1;

	if (c->slot[i].pages == SIDECAR_SLOT_NO_PAGES) {
		*wrong += c->status[i] != SIDECAR_REMOVED;
		return;
	}
	xen_vcpu_is_up(&id, &up, 1);
	if (c->status[i] == SIDECAR_IDLE && !up)
		++*idle;
	else if (c->status[i] == SIDECAR_REMOVED && !up)
		++*left; /* Linux's to take */
	else
		++*wrong;
}

/*
 * Every number of a control page against what is known otherwise; @key tells
 * this look from others.
 */
static void report_nodes(const char *key)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	const struct scar_node *n = (const void *)(h + 1);
	uint32_t idle = 0, left = 0, wrong = 0;

	for (uint32_t i = 0; h && i < h->nr_nodes; i++) {
		const struct sidecar_control *c =
			at(NULL, n[i].carve_pa, n[i].carve_size);

		wrong += c->magic != SIDECAR_CONTROL_MAGIC ||
			 c->abi_version != SIDECAR_ABI_VERSION ||
			 c->carve_pa != n[i].carve_pa ||
			 c->carve_size != n[i].carve_size ||
			 c->vnode != n[i].vnode ||
			 c->nr_slots != n[i].nr_vcpus ||
			 c->views_offset + c->views_size != c->scratch_offset ||
			 c->scratch_offset + c->scratch_size !=
				 c->shared_offset ||
			 c->shared_offset + c->shared_size != c->carve_size;
		wrong += overlaps_ram(n[i].carve_pa,
				      n[i].carve_pa + n[i].carve_size);
		for (uint32_t k = 0; k < c->nr_slots; k++)
			check_slot(c, k, &idle, &left, &wrong);
		say("node%u.scratch=%lu", i, c->scratch_size);
		say("node%u.tables=%lu", i, c->views_size);
		say("node%u.shared=%lu", i, c->shared_size);
	}
	say("%s.idle=%u", key, idle);
	say("%s.left=%u", key, left);
	say("%s.wrong=%u", key, wrong);
}

/* The shim's log as it was kept for Linux. */
static void report_log(void)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);
	struct text rest, line;

	if (!h)
		return;
	rest = text_from(at(NULL, h->log_pa, h->log_size), h->log_size);
	while (rest.len) {
		line = text_until(&rest, '\n');
		say("log=%.*s", (int)line.len, line.p);
	}
}

/* The shim leaves nothing behind in the boot vCPU. */
static void report_cpu(void)
{
	say("apic_base=%#lx", rdmsr(MSR_APIC_BASE));
}

/* The number after @what, which is where a word begins; 0 if there is none. */
static uint64_t number_after(struct text what)
{
	struct text rest = si.cmdline, word;
	uint64_t n;

	while (text_word(&rest, &word))
		if (text_skip(&word, what) &&
		    text_is_number(word, UINT64_MAX, &n))
			return n;
	return 0;
}

static bool asked_for(struct text what)
{
	struct text rest = si.cmdline, word;

	while (text_word(&rest, &word))
		if (text_eq(word, what))
			return true;
	return false;
}

void shim_main(uint64_t start_info_pa)
{
	struct error e;

	traps_init();
	if (!xen_init(&xen))
		log_stop_bare("lab: not on Xen\n");
	xen_console_init(&xen);
	e = startinfo_read(&si, &map, memory, start_info_pa);
	if (asked_for(TEXT("off")))
		power_off();
	say("kernel=test");
	say("at=%#lx", (uint64_t)(uintptr_t)shim_start);
	say("start_info=%s", error_text(e.code));
	report_start_info();
	e = acpi_read(&tables, memory, si.rsdp_pa);
	say("tables=%s", error_text(e.code));
	e = acpi_read_madt(&tables, &topology);
	say("madt.check=%s", error_text(e.code));
	report_madt();
	report_scar();
	numa_report(&topology);
	memory_report(&map, &tables, asked_for(TEXT("told")));
	report_cpu();
	report_nodes("sidecar");
	if (asked_for(TEXT("log")))
		report_log();
	if (asked_for(TEXT("jobs")))
		jobs_report();
	if (number_after(TEXT("garbage=")))
		garbage_while_it_runs(number_after(TEXT("garbage=")),
				      number_after(TEXT("seed=")));
	if (number_after(TEXT("instructions=")))
		instructions_as_jobs(number_after(TEXT("from=")),
				     number_after(TEXT("instructions=")),
				     number_after(TEXT("seed=")));
	if (asked_for(TEXT("measure")))
		measure_report();
	pause_for_dom0("ready");
	if (asked_for(TEXT("check")))
		ask_dom0("check", CHECK_S);
	if (asked_for(TEXT("checkall")))
		ask_dom0("checkall", CHECK_S);
	pause_for_dom0("taken");
	if (asked_for(TEXT("again")))
		report_nodes("again");
	say("done");
	power_off();
}
