/* SPDX-License-Identifier: MIT */
/*
 * Inside the sidecar image: what one vCPU keeps on its state page, and the
 * functions of its files. Nothing here is shared with anybody else.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "abi/layout.h"
#include "abi/sidecar.h"

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
_Static_assert(sizeof(struct tss) == 104, "TSS");

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS  0x18

/* The state page: NMI stack, #DF stack, then this. */
struct state {
	uint8_t nmi_stack[LAYOUT_NMI_STACK_END];
	uint8_t df_stack[LAYOUT_DF_STACK_END - LAYOUT_NMI_STACK_END];
	uint64_t gdt[5];
	struct tss tss;
	uint32_t slot;
	uint8_t rest[4096 - LAYOUT_DF_STACK_END - 40 - 104 - 4];
};
_Static_assert(sizeof(struct state) == 4096, "state page");

/* Everything that a function of one vCPU needs. */
struct vcpu {
	uint32_t slot;
	volatile uint8_t *status; /* its byte on the control page */
	struct sidecar_control *control;
	struct sidecar_command *command;
	struct state *state;
};

/* What gate_common pushed. */
struct frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

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
/* command.c: runs what the command page asks for; the vCPU stays IDLE. */
void command_run(struct vcpu *v);
/* access.c, translate.c: one command each; the result */
uint32_t access_get(struct vcpu *v);
uint32_t access_set(struct vcpu *v);
uint32_t translate(struct vcpu *v);
/* error.c: the error text of the command page. */
void error_clear(struct vcpu *v);
void error_text(struct vcpu *v, const char *s);
void error_hex(struct vcpu *v, const char *name, uint64_t value);

#endif
