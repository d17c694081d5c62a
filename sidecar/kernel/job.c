/* SPDX-License-Identifier: MIT */
/*
 * RUN: checks what the client put into scratch, gives the job its view and
 * its services, and enters it in ring 3. Whatever ends it, job_enter() returns.
 * Nothing that a client or a job can write is used twice: it is copied first.
 */
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"

#define PAGE SIDECAR_PAGE_SIZE

static bool check_slice(struct vcpu *v, struct job *j)
{
	uint64_t offset = v->command->arg[0], bytes = v->command->arg[1];

	if (!layout_node.scratch_bytes) {
		error_append(v, "RUN: this node has no scratch");
		return false;
	}
	if (offset % PAGE)
		return error_refuse(v, "slice not page aligned: offset ",
				    offset);
	if (bytes % PAGE || !bytes || bytes > SIDECAR_SLICE_MAX)
		return error_refuse(v, "bad slice size ", bytes);
	if (offset >= layout_node.scratch_bytes)
		return error_refuse(v, "slice outside scratch: offset ",
				    offset);
	if (bytes > layout_node.scratch_bytes - offset)
		return error_refuse(v, "slice outside scratch: size ", bytes);
	j->slice_pa = layout_node.scratch_pa + offset;
	if (bytes > SIDECAR_SLICE_UNALIGNED_MAX &&
	    j->slice_pa % SIDECAR_SHARED_ALIGN)
		return error_refuse(
			v, "slice not aligned to 2 MiB: ", j->slice_pa);
	j->slice_bytes = bytes;
	return true;
}

static bool check_header(struct vcpu *v, const struct job *j)
{
	const struct job_header *h = &j->header;
	/* a guard and the services */
	uint64_t needed = (uint64_t)h->memory_bytes + h->stack_bytes + 2 * PAGE;

	if (h->magic != JOB_MAGIC)
		return error_refuse(v, "job header: bad magic ", h->magic);
	if (h->version != JOB_VERSION)
		return error_refuse(v, "job header: bad version ", h->version);
	if (h->flags & ~(uint32_t)JOB_FLAGS_KNOWN)
		return error_refuse(v, "job header: unknown flags ", h->flags);
	if (h->memory_bytes % PAGE || h->memory_bytes < h->size_bytes)
		return error_refuse(v, "job header: bad memory ",
				    h->memory_bytes);
	if (h->size_bytes < h->text_bytes)
		return error_refuse(v, "job header: bad size ", h->size_bytes);
	if (h->text_bytes % PAGE || !h->text_bytes)
		return error_refuse(v, "job header: bad text ", h->text_bytes);
	if (h->entry < sizeof(*h) || h->entry >= h->text_bytes)
		return error_refuse(v, "job header: bad entry ", h->entry);
	if (h->stack_bytes % PAGE || !h->stack_bytes)
		return error_refuse(v, "job header: bad stack ",
				    h->stack_bytes);
	if (needed > j->slice_bytes)
		return error_refuse(v, "slice too small: the job needs ",
				    needed);
	return true;
}

static bool job_prepare(struct vcpu *v, struct job *j)
{
	if (!check_slice(v, j))
		return false;
	j->header = *(volatile struct job_header *)view_window(v, j->slice_pa);
	return check_header(v, j) && view_build(v, j);
}

static struct job_services *fill_services(struct vcpu *v, const struct job *j)
{
	struct job_services *s = view_window(v, j->services_pa);

	s->abi_version = JOB_VERSION;
	s->tsc_khz = layout_node.tsc_khz;
	for (uint32_t i = 0; i < 4; i++)
		s->arg[i] = v->command->arg[2 + i];
	s->run_flags = (uint32_t)v->command->arg[6];
	s->memory_va = j->memory_bytes ? j->services_va + PAGE : 0;
	s->memory_bytes = j->memory_bytes;
	s->vcpu_id = layout_node.slot[v->slot].vcpu_id;
	s->node = layout_node.node;
	s->vnode = layout_node.vnode;
	s->nr_areas = j->nr_areas;
	s->nr_services = JOB_NR_SERVICES;
	return s;
}

/* Clears what job_enter() does not and an earlier job may have used. */
static void registers_clear(void)
{
	uint64_t xcr0 = read_cr4() & CR4_OSXSAVE ? xgetbv(0) : 0;

	if (xcr0 & XCR0_AVX)
		vzeroall();
	if ((xcr0 & XCR0_AVX512) == XCR0_AVX512)
		avx512_zero();
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_GS_BASE, 0);
}

static void job_start(struct vcpu *v, const struct job *j)
{
	uint64_t cr3 = read_cr3();

	registers_clear();
	write_cr3(j->root_pa);
	/* the stack ends where the services begin */
	job_enter(JOB_VA + j->header.entry, j->services_va, j->services_va,
		  &v->state->tss);
	write_cr3(cr3);
}

uint32_t job_run(struct vcpu *v)
{
	struct sidecar_command *c = v->command;
	struct job_now *now = &v->state->job;
	struct job_services *s;
	struct job j = {0};

	if (!job_prepare(v, &j))
		return SIDECAR_RESULT_REFUSED;
	s = fill_services(v, &j);
	c->nr_jobs++;
	/* whoever sees it run reads which one it is */
	store_release(&c->job_state, SIDECAR_JOB_RUNNING);
	*now = (struct job_now){0};
	/* the client has cleared `rung`, and may have rung already */
	c->waits = 0;
	/* from here on an NMI is for the job ... */
	store_release(&now->services, s);
	/* ... and what came before it is in the state */
	if (load_acquire(v->status) != SIDECAR_RUN)
		job_stop(v);
	job_start(v, &j);
	for (uint32_t i = 0; i < 8; i++)
		c->ret[i] = s->ret[i];
	c->job_state = SIDECAR_JOB_ENDED;
	return now->result;
}
