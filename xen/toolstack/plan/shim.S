/* SPDX-License-Identifier: MIT */
/* The shim of this build, with which a config's shim is compared. */
	.section .rodata
	.globl	plan_shim, plan_shim_size
plan_shim:
	.incbin	"shim.elf"
plan_shim_end:
	.balign	8
plan_shim_size:
	.quad	plan_shim_end - plan_shim
	.section .note.GNU-stack, "", @progbits
