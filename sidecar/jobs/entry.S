/* SPDX-License-Identifier: MIT */
/* The header of a job's file and where the job starts. */
#include "abi/job.h"

	.code64
	.section .header, "a"
	.long	JOB_MAGIC
	.long	JOB_VERSION
	.long	job_size_bytes
	.long	job_text_bytes
	.long	job_memory_bytes
	.long	job_stack_bytes
	.long	job_entry
	.long	job_flags

	.section .start, "ax"
/*
 * In:       rdi = services block, rsp = end of the stack, 16-byte aligned;
 *           ring 3, interrupts off, all other registers clear
 * Out:      does not return: exits with what job_main() returns, after the
 *           constructors and before the destructors, those from the last on;
 *           with 1, and without job_main(), if its gang has ended before
 */
	.globl	job_start
	.type	job_start, @function
job_start:
	sub	$job_tls_room, %rsp
	mov	%rsp, %rsi
	push	%rdi
	push	%rdi
	call	job_begin
	lea	job_init_array(%rip), %rbx
	lea	job_init_array_end(%rip), %rbp
1:	cmp	%rbp, %rbx
	jae	2f
	call	*(%rbx)
	add	$8, %rbx
	jmp	1b
2:	mov	(%rsp), %rdi
	call	job_gate
	mov	%eax, %r12d
	test	%eax, %eax
	jnz	5f
	mov	(%rsp), %rdi
	call	job_main
	mov	%eax, %r12d
5:
	lea	job_fini_array(%rip), %rbx
	lea	job_fini_array_end(%rip), %rbp
3:	cmp	%rbx, %rbp
	jbe	4f
	sub	$8, %rbp
	call	*(%rbp)
	jmp	3b
	/* what is left of an unfinished line */
4:	mov	$JOB_SERVICE_LOG, %eax
	int	$JOB_INT
	mov	%r12d, %edi
	mov	$JOB_SERVICE_EXIT, %eax
	int	$JOB_INT
	ud2
	.size	job_start, . - job_start
	.section .note.GNU-stack, "", @progbits
