/* SPDX-License-Identifier: MIT */
/*
 * The sidecar image's header, its entry point and its 256 gates. Everything
 * runs with interrupts off on the node's own page tables.
 */
#include "abi/layout.h"

#define KERNEL_CS 0x08
#define GATE	  0x8e00 /* present, ring 0, 64-bit interrupt gate */
#define IST_NMI	  1
#define IST_DF	  2

	.code64
	.section .header, "a"
	.long	LAYOUT_IMAGE_MAGIC
	.long	image_text_bytes
	.long	image_size_bytes
	.long	sidecar_entry

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
	cmp	$32, %edi
	jae	halt
	mov	%edi, %eax
	shl	$LAYOUT_SLOT_SHIFT, %eax
	movzwl	LAYOUT_CONTROL_VA + LAYOUT_SLOT_PAGES(%rax), %eax
	cmp	$32, %eax
	jae	halt
	imul	$LAYOUT_VCPU_STRIDE, %eax, %eax
	lea	LAYOUT_VCPU_VA(%rax), %rsi
	lea	LAYOUT_STACK_OFF + 4096(%rsi), %rsp
	xor	%ebp, %ebp
	call	kernel_main
/* Nothing to go back to: DOWN, whatever wakes it. */
halt:	cli
	hlt
	jmp	halt
	.size	sidecar_entry, . - sidecar_entry

/*
 * Loads the tables of one vCPU.
 * In:       rdi = GDT descriptor, rsi = IDT descriptor, dx = TSS selector
 * Clobbers: rax, segment registers
 */
	.globl	kernel_load_tables
	.type	kernel_load_tables, @function
kernel_load_tables:
	lgdt	(%rdi)
	lidt	(%rsi)
	push	$KERNEL_CS
	lea	1f(%rip), %rax
	push	%rax
	lretq
1:	mov	$KERNEL_CS + 8, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	lldt	%ax
	ltr	%dx
	ret
	.size	kernel_load_tables, . - kernel_load_tables

/*
 * The gates: each pushes its vector (and an error code of 0 where the CPU
 * pushes none) and goes to one place.
 */
	.balign	16
	.globl	gates
gates:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || \
		  vector == 17 || vector == 21 || vector == 29 || vector == 30)
	push	$0
	.endif
	push	$vector
	jmp	gate_common
	.set	vector, vector + 1
	.endr

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
	cld
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
 * linked, as every node maps its image at LAYOUT_IMAGE_VA.
 */
	.section .idt, "a"
	.balign	16
	.globl	idt
idt:
	.set	vector, 0
	.rept	256
	.word	gates_low + vector * 16
	.word	KERNEL_CS
	.if	vector == 2
	.word	GATE + IST_NMI
	.elseif	vector == 8 || vector == 18
	.word	GATE + IST_DF
	.else
	.word	GATE
	.endif
	.word	LAYOUT_IMAGE_VA >> 16
	.long	0, 0
	.set	vector, vector + 1
	.endr
	.size	idt, . - idt
	.section .note.GNU-stack, "", @progbits
