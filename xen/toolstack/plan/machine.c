/* SPDX-License-Identifier: MIT */
/*
 * Replaces xen/guest/, pvh/paging.c, pvh/log_write.c and sidecar/start.c below
 * the shim's stages: memory is that of the guest that was built, hypercalls
 * return what Xen would return, and log lines are collected.
 */
#include <setjmp.h>

#include "predict.h"

static struct machine {
	struct guest *g;
	struct lines *log;
	jmp_buf crash;
} machine;

/* ---- pvh/log_write.c --------------------------------------------------- */

long log_init(const struct xen_info *x)
{
	(void)x;
	return 0;
}

/* Without its newline. */
void log_write(struct text line, bool detail)
{
	(void)detail;
	lines_add(machine.log, line.p, line.len - 1);
}

void log_end(void)
{
	longjmp(machine.crash, 1);
}

void log_stop_bare(const char *line)
{
	log_die("%s", line);
}

/* ---- pvh/paging.c ------------------------------------------------------ */

void *paging_map(uint64_t pa, uint64_t size)
{
	return guest_at(machine.g, pa, size);
}

/* ---- xen/guest/ -------------------------------------------------------- */

bool xen_init(struct xen_info *x)
{
	*x = machine.g->xen;
	return true;
}

/* Never called: start_info always has a map. */
long xen_memory_map(struct boot_e820_entry *e, uint32_t *nr)
{
	(void)e;
	*nr = 0;
	return -XEN_EOPNOTSUPP;
}

long xen_set_memory_map(struct boot_e820_entry *e, uint32_t nr)
{
	(void)e;
	(void)nr;
	return 0;
}

long xen_current_reservation(void)
{
	return (long)(machine.g->have_bytes / PAGE_SIZE);
}

long xen_vnuma_get(struct xen_vnuma *v)
{
	if (!machine.g->vnuma.nr_vnodes)
		return -XEN_EOPNOTSUPP;
	*v = machine.g->vnuma;
	return 0;
}

/* ---- sidecar/start.c: stage_sidecar() is not run here ------------------ */

bool start_vcpus(struct start *s)
{
	(void)s;
	return false;
}

uint32_t start_features(void)
{
	return 0;
}

struct text start_error_text(const struct start *s, uint32_t vcpu_id)
{
	(void)s;
	(void)vcpu_id;
	return TEXT("");
}

void start_undo(struct start *s)
{
	(void)s;
}

/* ---- pvh/main.c -------------------------------------------------------- */

bool machine_boot(struct boot *b, struct guest *g, struct lines *log)
{
	machine.g = g;
	machine.log = log;
	log_set_detail(false);
	b->shim = g->shim;
	b->start_info_pa = g->start_info_pa;
	if (setjmp(machine.crash))
		return false;
	/* stage_xen()'s one line tells the TSC's frequency, the host's */
	xen_init(&b->xen);
	stage_start_info(b);
	stage_memory(b);
	stage_topology(b);
	stage_plan(b);
	stage_acpi(b);
	report_linux(b);
	return true;
}
