/* SPDX-License-Identifier: MIT */
/*
 * Where code of the test kernel's own begins on another vCPU; and the note by
 * which the shim takes this kernel for a Linux.
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

/* As Linux's BUILD_SALT: include/linux/build-salt.h */
	.section .note.Xen, "a", @note
	.balign	4
	.long	6, 4, 0x100
	.asciz	"Linux"
	.balign	4
	.asciz	"lab"

	.section .note.GNU-stack, "", @progbits
