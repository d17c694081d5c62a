/* SPDX-License-Identifier: MIT */
/*
 * The job of instructions.c, a file of one page: here is its beginning, up to
 * where the instructions lie, which instructions.c adds.
 */
#include "abi/job.h"

#define PAGE 4096
/* struct start */
#define FCW	    8
#define FS_BASE	    16
#define RIP	    24
#define RFLAGS	    32
#define RSP	    40
#define REGS	    48
#define START_BYTES 168

	.section .rodata
	.balign	16
	.globl	instructions_job, instructions_start, instructions_code
instructions_job:
	.long	JOB_MAGIC, JOB_VERSION
	.long	PAGE, PAGE	/* file, text */
	.long	2 * PAGE	/* and a page of data */
	.long	PAGE		/* stack */
	.long	entry - instructions_job, 0
instructions_start:
	.skip	START_BYTES
entry:
	lea	instructions_start(%rip), %rbx
	ldmxcsr	(%rbx)
	fldcw	FCW(%rbx)
	mov	FS_BASE(%rbx), %rdi
	mov	$JOB_SERVICE_FS, %eax
	int	$JOB_INT
	mov	%ss, %eax
	push	%rax
	push	RSP(%rbx)
	push	RFLAGS(%rbx)
	mov	%cs, %eax
	push	%rax
	push	RIP(%rbx)
	.set	offset, REGS
	.irp	r, rax, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, \
		   r14, r15, rbx
	mov	offset(%rbx), %\r
	.set	offset, offset + 8
	.endr
	iretq
instructions_code:
	.section .note.GNU-stack, "", @progbits
