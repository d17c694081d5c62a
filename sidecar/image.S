/* SPDX-License-Identifier: MIT */
/* The sidecar image and the low block's code, as the build made them. */
	.section .rodata
	.balign	16
	.globl	sidecar_image, sidecar_low, sidecar_low_end
sidecar_image:
	.incbin	"kernel/kernel.bin"
	.balign	16
sidecar_low:
	.incbin	"kernel/low.bin"
sidecar_low_end:
	.section .note.GNU-stack, "", @progbits
