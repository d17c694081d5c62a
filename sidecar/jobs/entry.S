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

	.text
/*
 * In:       rdi = services block, rsp = end of the stack, 16-byte aligned;
 *           ring 3, interrupts off, all other registers clear
 * Out:      does not return: exits with what job_main() returns
 */
	.globl	job_start
	.type	job_start, @function
job_start:
	push	%rdi
	push	%rdi
	call	job_main
	mov	%eax, %ebx
	/* what is left of an unfinished line */
	mov	$JOB_SERVICE_LOG, %eax
	int	$JOB_INT
	mov	%ebx, %edi
	mov	$JOB_SERVICE_EXIT, %eax
	int	$JOB_INT
	ud2
	.size	job_start, . - job_start
	.section .note.GNU-stack, "", @progbits
