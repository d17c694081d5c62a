/* SPDX-License-Identifier: MIT */
/* The jobs that the test kernel runs. */
	.section .rodata
	.macro	job name, file
	.balign	16
	.globl	job_\name, job_\name\()_end
job_\name:
	.incbin	"jobs/\file"
job_\name\()_end:
	.endm
	job	hello, "hello.job"
	job	bad, "test-bad.job"
	job	clean, "test-clean.job"
	job	bell, "test-bell.job"
	job	areas, "test-areas.job"
	job	sections, "test-sections.job"
	job	jitter, "jitter.job"
	.section .note.GNU-stack, "", @progbits
