/* SPDX-License-Identifier: MIT */
/*
 * The sidecar image's header, its entry point, the way into a job and back,
 * and its gates. Everything runs with interrupts off, on the node's own
 * page tables or on a job's, which map the same for ring 0.
 */
#include "abi/job.h"
#include "abi/layout.h"
#include "gates.inc"
#include "kernel.h"

#define RFLAGS	  2	 /* the bit that is always set */
#define GATE	  0x8e00 /* present, ring 0, 64-bit interrupt gate */
#define GATE_DPL3 0x6000
#define GATE_BYTES 16	 /* of code */
#define IST_NMI	  1
#define IST_DF	  2

	.code64
	.section .header, "a"
	.long	image_text_bytes
	.long	image_size_bytes
	.long	sidecar_entry
	.long	layout_node

	.text
/*
 * Every way into the sidecar ends here: VCPUOP_initialise, and SIPI by way of
 * the low block; also after Linux had the vCPU.
 * In:       edi = slot, long mode, the node's CR3; no other register counts
 * Out:      does not return
 * Stack:    none needed; sets its own from the slot
 */
	.globl	sidecar_entry
	.type	sidecar_entry, @function
sidecar_entry:
	cli
	cld
	mov	%edi, %edi
	cmp	$LAYOUT_NODE_SLOTS, %edi
	jae	halt
	movzwl	layout_node + LAYOUT_NODE_SLOT + LAYOUT_SLOT_PAGES(, %rdi, 8), %eax
	cmp	$LAYOUT_NODE_SLOTS, %eax
	jae	halt
	imul	$LAYOUT_VCPU_STRIDE, %eax, %eax
	lea	LAYOUT_VCPU_VA(%rax), %rsi
	lea	LAYOUT_STACK_OFF + 4096(%rsi), %rsp
	xor	%ebp, %ebp
	call	kernel_main
/* There is nothing to return to: DOWN, whatever wakes it. */
halt:	cli
	hlt
	jmp	halt
	.size	sidecar_entry, . - sidecar_entry

/*
 * Loads the tables of one vCPU. Returns by IRET: an INIT that met an NMI handler
 * left NMIs blocked, and now there is a stack for one.
 * In:       rdi = GDT descriptor, rsi = IDT descriptor, dx = TSS selector
 * Clobbers: rax, rcx, segment registers
 */
	.globl	kernel_load_tables
	.type	kernel_load_tables, @function
kernel_load_tables:
	lgdt	(%rdi)
	lidt	(%rsi)
	push	$SELECTOR_CODE
	lea	.Lown_cs(%rip), %rax
	push	%rax
	lretq
.Lown_cs:
	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	lldt	%ax
	ltr	%dx
	pop	%rax
	mov	%rsp, %rcx
	push	$SELECTOR_DATA
	push	%rcx
	push	$RFLAGS
	push	$SELECTOR_CODE
	push	%rax
	iretq
	.size	kernel_load_tables, . - kernel_load_tables

/*
 * Starts a job.
 * In:       rdi = rip, rsi = rsp, rdx = services block, rcx = TSS
 * Out:      returns when a trap goes on at job_exit with the TSS's rsp0
 * Stack:    traps from ring 3 start below what is pushed here
 */
	.globl	job_enter
	.type	job_enter, @function
job_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, TSS_RSP0(%rcx)
	push	$SELECTOR_USER_DATA
	push	%rsi
	push	$RFLAGS
	push	$SELECTOR_USER_CODE
	push	%rdi
	mov	%rdx, %rdi
	fninit
	.rept	8
	fldz
	.endr
	fninit
	push	$0x1f80 /* MXCSR at reset, SDM volume 1 10.2.3 */
	ldmxcsr	(%rsp)
	pop	%rax
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	pxor	%xmm\i, %xmm\i
	.endr
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	.irp	r, ebx, ecx, edx, esi, ebp, r8d, r9d, r10d, r11d, r12d, r13d, \
		   r14d, r15d
	xor	%\r, %\r
	.endr
	iretq
	.size	job_enter, . - job_enter

/*
 * In:       rsp as job_enter pushed its caller's registers
 * Out:      as job_enter's return
 * Stack:    the vCPU's own
 */
	.globl	job_exit
	.type	job_exit, @function
job_exit:
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	job_exit, . - job_exit

/*
 * Blocks the vCPU in Xen.
 * In:       rdi = struct sched_poll, rsi, rdx = bytes, ecx = not 0: VMMCALL
 * Out:      rax = 0, or Xen's error; 0 at once if one of the bytes is set
 * Clobbers: what a call may
 * Stack:    nothing is pushed, so that an NMI may go on at job_poll_end
 */
	.globl	job_poll, job_poll_end
	.type	job_poll, @function
job_poll:
	xor	%eax, %eax
	cmpb	$0, (%rsi)
	jne	job_poll_end
	cmpb	$0, (%rdx)
	jne	job_poll_end
	mov	%rdi, %rsi
	mov	$KERNEL_SCHEDOP_POLL, %edi
	mov	$KERNEL_SCHED_OP, %eax
	test	%ecx, %ecx
	jz	1f
	vmmcall
	jmp	job_poll_end
1:	vmcall
job_poll_end:
	ret
	.size	job_poll, . - job_poll

/* The gates: each pushes its vector and goes to one place. */
	.balign	16
	.globl	gates
gates:
	gates_of_exceptions gate_common
	.balign	GATE_BYTES
	push	$0
	push	$JOB_INT

/*
 * In:       stack: vector, error code, rip, cs, rflags, rsp, ss
 * Out:      by IRET if kernel_trap returns
 */
gate_common:
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	/* a job's DF, NT and AC end here */
	push	$RFLAGS
	popf
	mov	%rsp, %rdi
	call	kernel_trap
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

/*
 * The IDT is part of the image: the gates' addresses are known when it is
 * linked, as every node maps its image at LAYOUT_IMAGE_VA. It ends behind the
 * last vector that is used. Any other, which nothing raises as interrupts are
 * off, is a #GP with that vector in its error code: SDM volume 3 6.13.
 */
	.section .idt, "a"
	.balign	16
	.globl	idt
idt:
	.set	vector, 0
	.rept	KERNEL_NR_GATES
	.word	gates_low + vector * GATE_BYTES
	.word	SELECTOR_CODE
	.if	vector == 2
	.word	GATE + IST_NMI
	.elseif	vector == 8 || vector == 18
	.word	GATE + IST_DF
	.elseif	vector == JOB_INT
	.word	GATE + GATE_DPL3
	.else
	.word	GATE
	.endif
	.word	LAYOUT_IMAGE_VA >> 16
	.long	0, 0
	.set	vector, vector + 1
	.endr
	.size	idt, . - idt

/* Filled by the shim, in each node's copy. */
	.section .node, "a"
	.balign	16
	.globl	layout_node
layout_node:
	.skip	LAYOUT_NODE_BYTES
	.size	layout_node, . - layout_node
	.section .note.GNU-stack, "", @progbits
