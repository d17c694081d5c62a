/* SPDX-License-Identifier: MIT */
/*
 * Where code of the test kernel's own begins on another vCPU.
 * In:       rdi = address of a function's address, the top of a stack behind it
 * Out:      does not return; the function must not
 * Stack:    that one
 */
	.text
	.code64
	.globl	vcpu_entry
vcpu_entry:
	mov	%rdi, %rsp
	pop	%rax
	call	*%rax
1:	cli
	hlt
	jmp	1b
	.section .note.GNU-stack, "", @progbits
