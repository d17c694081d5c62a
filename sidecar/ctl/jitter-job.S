/* SPDX-License-Identifier: MIT */
/* The file of the job jitter, so that sidecarctl has it wherever it is. */
	.section .rodata
	.balign	8
	.globl	jitter_job, jitter_job_bytes
	.hidden	jitter_job, jitter_job_bytes
jitter_job_bytes:
	.quad	end - jitter_job
jitter_job:
	.incbin	"jobs/jitter.job"
end:
	.section .note.GNU-stack, "", @progbits
