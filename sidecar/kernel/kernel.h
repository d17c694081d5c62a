/* SPDX-License-Identifier: MIT */
/*
 * Inside the sidecar image: what one vCPU keeps on its state page, and the
 * functions of its files. Nothing here is shared with anybody else. Also
 * included by assembly: only #define outside __ASSEMBLER__.
 */
#ifndef KERNEL_H
#define KERNEL_H

/* The GDT's; those of jobs with privilege level 3 in the low bits. */
#define SELECTOR_CODE	   0x08
#define SELECTOR_DATA	   0x10
#define SELECTOR_TSS	   0x18
#define SELECTOR_USER_DATA 0x2b
#define SELECTOR_USER_CODE 0x33
#define SELECTOR_RPL	   3

#define TSS_RSP0 4

/* Xen's, xen/xen.h and xen/sched.h, for the assembly. */
#define KERNEL_SCHED_OP	    29
#define KERNEL_SCHEDOP_POLL 3

/* Exceptions, and JOB_INT behind them. */
#define KERNEL_NR_GATES 33

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>

#include "abi/job.h"
#include "abi/layout.h"
#include "abi/sidecar.h"

_Static_assert(KERNEL_NR_GATES == JOB_INT + 1, "gates");

/* The task state segment, SDM volume 3 7.7 (64-bit). */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7]; /* ist[0] is IST1 */
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104 &&
		       offsetof(struct tss, rsp) == TSS_RSP0,
	       "TSS");

/* The job that a vCPU runs; written by its traps too. */
struct job_now {
	struct job_services *services; /* in the window; NULL: no job runs */
	uint32_t result;
	bool stopping;	   /* its stop flag is set ... */
	bool end;	   /* it is to be ended */
	bool woken;	   /* an NMI came since it began to wait */
	uint64_t stop_tsc; /* ... since then */
};

/* The state page: NMI stack, #DF stack, then this. */
struct state {
	uint8_t nmi_stack[LAYOUT_NMI_STACK_END];
	uint8_t df_stack[LAYOUT_DF_STACK_END - LAYOUT_NMI_STACK_END];
	uint64_t gdt[7];
	struct tss tss;
	struct job_now job;
	uint32_t slot;
	uint8_t rest[4096 - LAYOUT_DF_STACK_END - 56 - 104 - 24 - 8];
};
_Static_assert(sizeof(struct state) == 4096, "state page");

/* Everything that a function of one vCPU needs. */
struct vcpu {
	uint32_t slot;
	uint32_t index;		  /* of its pages and its window */
	volatile uint8_t *status; /* its byte on the control page */
	struct sidecar_command *command;
	struct state *state;
};

/* What gate_common pushed. */
struct frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* This node's, filled by the shim. */
extern const struct layout_node layout_node;

/* An instruction that may fault, and where to go on if it does. */
struct fixup {
	uint32_t rip, target;
};
extern const struct fixup fixups_start[], fixups_end[];

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

void kernel_load_tables(const struct table_pointer *gdt,
			const struct table_pointer *idt, uint16_t tss);
__attribute__((noreturn)) void kernel_main(uint32_t slot, uint64_t pages_va);
void kernel_trap(struct frame *f);

/* registers.c: sets every register that a vCPU may have inherited. */
void registers_set(struct vcpu *v);
/* command.c: runs what the command page asks for. */
void command_run(struct vcpu *v);
void command_page_clear(struct vcpu *v);
/* access.c, translate.c: one command each; the result */
uint32_t access_get(struct vcpu *v);
uint32_t access_set(struct vcpu *v);
uint32_t translate(struct vcpu *v);

/* A job that is being started. */
struct job {
	struct job_header header;
	uint64_t slice_pa, slice_bytes;
	uint64_t root_pa; /* its page tables, from here on ... */
	uint64_t free_pa; /* ... up to here */
	uint64_t services_pa, services_va;
	uint64_t memory_bytes; /* behind the services */
	uint32_t nr_areas;
};

/* job.c: the command RUN; returns when the job has ended. */
uint32_t job_run(struct vcpu *v);
/* job_trap.c: what a trap means for the job of a vCPU, if it has one. */
void job_stop(struct vcpu *v);
void job_nmi(struct vcpu *v, struct frame *f);
void job_trap(struct vcpu *v, struct frame *f);
/* job_wait.c: true if it was rung. */
bool job_wait(struct vcpu *v, uint64_t ns);
/* event.c */
long event_hypercall(uint64_t nr, uint64_t op, const void *arg);
uint64_t event_read(const struct vcpu *v);
/* A port that was bound in this life of the domain. */
bool event_is_valid(uint64_t event);
void event_send(uint64_t event);
/* view.c: a job's page tables; false, with an error text, if it may not be. */
bool view_build(struct vcpu *v, struct job *j);
/* The page at @pa by way of the vCPU's window, until the next call. */
void *view_window(const struct vcpu *v, uint64_t pa);
/* entry.S: into ring 3; returns when a trap goes to job_exit. */
void job_enter(uint64_t rip, uint64_t rsp, uint64_t services_va,
	       struct tss *tss);
void job_exit(void);
/*
 * entry.S: SCHEDOP_poll, unless @woken or @rung is set; 0, or Xen's error. An
 * NMI before the hypercall goes on at job_poll_end.
 */
struct sched_poll;
long job_poll(const struct sched_poll *poll, const bool *woken,
	      const volatile uint8_t *rung, uint32_t is_vmmcall);
void job_poll_end(void);

/* error.c: the error text of the command page. */
void error_clear(struct vcpu *v);
void error_append(struct vcpu *v, const char *s);
void error_hex(struct vcpu *v, const char *name, uint64_t value);
/* Why a job is not started; false. */
bool error_refuse(struct vcpu *v, const char *why, uint64_t value);

#endif

#endif
