/* SPDX-License-Identifier: MIT */
/*
 * The life of a parked vCPU: set up, wait DOWN for a state other than IDLE,
 * do what it asks for, wait again. Each vCPU uses only its own three pages,
 * and of the control page only its own status byte is ever written.
 */
#include "cpu.h"
#include "kernel.h"
#include "status.h"

__attribute__((noreturn)) static void stop(void)
{
	for (;;)
		cpu_halt();
}

/* After an error message: DOWN until INIT. */
__attribute__((noreturn)) static void give_up(struct vcpu *v)
{
	status_set(v->status, ANY, REMOVED, VCPU);
	stop();
}

static void vcpu_find(struct vcpu *v, uint32_t slot, uint64_t pages_va)
{
	v->slot = slot;
	v->index = (uint32_t)(pages_va - LAYOUT_VCPU_VA) / LAYOUT_VCPU_STRIDE;
	v->status =
		&((struct sidecar_control *)LAYOUT_CONTROL_VA)->status[slot];
	v->command = (struct sidecar_command *)(pages_va + LAYOUT_COMMAND_OFF);
	v->state = (struct state *)(pages_va + LAYOUT_STATE_OFF);
}

/*
 * What the client waits for is the state; the event says when to look. Its port
 * is read before the page is a client's again.
 */
static void command_done(struct vcpu *v)
{
	uint64_t event = event_read(v);

	/* the state has changed meanwhile: look again */
	if (!status_swap(v->status, RUN, IDLE, VCPU))
		status_swap(v->status, STOP, IDLE, VCPU);
	event_send(event);
}

/* Handles one state other than IDLE; returns unless the vCPU leaves. */
static void serve(struct vcpu *v, uint8_t status)
{
	switch (status) {
	case SIDECAR_RUN:
	case SIDECAR_STOP:
		command_run(v);
		command_done(v);
		return;
	case SIDECAR_REMOVE:
		status_set(v->status, REMOVE, REMOVED, VCPU);
		stop();
	case SIDECAR_REMOVED:
	default:
		error_clear(v);
		error_hex(v, "impossible state ", status);
		give_up(v);
	}
}

void kernel_main(uint32_t slot, uint64_t pages_va)
{
	struct vcpu v;
	uint8_t status;

	vcpu_find(&v, slot, pages_va);
	v.state->job = (struct job_now){0};
	registers_set(&v);
	command_page_clear(&v);
	/*
	 * The shim starts vCPUs in RUN; if it gave up on this one, do not park.
	 */
	if (!status_swap(v.status, RUN, IDLE, VCPU))
		stop();
	for (;;) {
		status = load_acquire(v.status);
		if (status == SIDECAR_IDLE) {
			cpu_halt();
			v.command->nr_wakes++;
			continue;
		}
		serve(&v, status);
	}
}

/* The vCPU that a trap happened on, from the stack that it runs on. */
static void vcpu_of_trap(struct vcpu *v, const struct frame *f)
{
	uint64_t off = (uint64_t)(uintptr_t)f - LAYOUT_VCPU_VA;
	uint64_t pages_va =
		LAYOUT_VCPU_VA + off / LAYOUT_VCPU_STRIDE * LAYOUT_VCPU_STRIDE;
	const struct state *st =
		(const struct state *)(pages_va + LAYOUT_STATE_OFF);

	vcpu_find(v, st->slot % SIDECAR_NODE_VCPUS, pages_va);
}

#define VECTOR_DB  1
#define VECTOR_NMI 2
#define VECTOR_UD  6
#define VECTOR_GP  13
#define VECTOR_MC  18
#define RFLAGS_RF  (1u << 16)

/* Continues after an access that was allowed to fault. */
static bool fixed_up(struct frame *f)
{
	if (f->vector != VECTOR_GP && f->vector != VECTOR_UD)
		return false;
	for (const struct fixup *x = fixups_start;
	     (uintptr_t)x < (uintptr_t)fixups_end; x++) {
		if (x->rip != f->rip)
			continue;
		f->rip = x->target;
		return true;
	}
	return false;
}

void kernel_trap(struct frame *f)
{
	struct vcpu v;

	vcpu_of_trap(&v, f);
	/*
	 * Without a job an NMI only wakes: the loop looks at the state again.
	 */
	if (f->vector == VECTOR_NMI) {
		job_nmi(&v, f);
		return;
	}
	/* a machine check is not the job's fault and ends the vCPU */
	if ((f->cs & SELECTOR_RPL) && f->vector != VECTOR_MC) {
		job_trap(&v, f);
		return;
	}
	v.command->nr_faults++;
	if (fixed_up(f))
		return;
	/*
	 * Breakpoints that a client set are none of the kernel's addresses, but
	 * one that a job's MOV SS met is held back until the gate.
	 */
	if (f->vector == VECTOR_DB) {
		f->rflags |= RFLAGS_RF;
		return;
	}
	error_clear(&v);
	error_hex(&v, "exception ", f->vector);
	error_hex(&v, " error ", f->error);
	error_hex(&v, " rip ", f->rip);
	error_hex(&v, " rsp ", f->rsp);
	error_hex(&v, " cr2 ", read_cr2());
	error_hex(&v, " rax ", f->rax);
	error_hex(&v, " rdi ", f->rdi);
	give_up(&v);
}
