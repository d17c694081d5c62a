/* SPDX-License-Identifier: MIT */
/*
 * The low block's first page: where a vCPU arrives that was started by SIPI.
 * Position-independent within its page; the shim fills the header and the
 * table (include/abi/layout.h). Read-only once it is in use.
 */
#include "abi/layout.h"
#include "cpu.h"

#define HDR(off)  (LAYOUT_LOW_HEADER + (off))
#define CPUID_LEAF_X2APIC 0xb

	.section .text
	.code16
	.globl	_start
/*
 * In:       real mode, cs = the page >> 4, ip = 0
 * Out:      sidecar_entry on the node's page tables, edi = slot
 * Stack:    none
 */
_start:
	cli
	jmp	.Lload_tables
/*
 * An NMI that was pending when the vCPU was started: it comes before the first
 * instruction. It is of no more use, and the vCPU must go on.
 * In:       real mode, by the vector that the shim sets
 * Out:      to where it was
 * Stack:    the frame
 */
	.org	LAYOUT_LOW_NMI
	iret
	.org	HDR(LAYOUT_LOW_H_BYTES)
.Lload_tables:
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	HDR(LAYOUT_LOW_H_GDT)
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	HDR(LAYOUT_LOW_H_CR3), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	mov	$(EFER_LME | EFER_NXE), %eax
	xor	%edx, %edx
	wrmsr
	/* from real mode to long mode in one step, caches on */
	mov	$CR0_KERNEL, %eax
	mov	%eax, %cr0
	ljmpl	*HDR(LAYOUT_LOW_H_ENTRY64)

	.code64
	.globl	low_entry64
low_entry64:
	lea	_start(%rip), %rbp
	/* x2APIC id, or the 8-bit one where the leaf is missing */
	xor	%eax, %eax
	cpuid
	cmp	$CPUID_LEAF_X2APIC, %eax
	jb	.Lapic_id_8_bits
	mov	$CPUID_LEAF_X2APIC, %eax
	xor	%ecx, %ecx
	cpuid
	mov	%edx, %edi
	test	%ebx, %ebx
	jnz	.Lfind_vcpu
.Lapic_id_8_bits:
	mov	$1, %eax
	cpuid
	shr	$24, %ebx
	mov	%ebx, %edi
.Lfind_vcpu:
	movzwl	HDR(LAYOUT_LOW_H_NR)(%rbp), %ecx
	lea	LAYOUT_LOW_TABLE(%rbp), %rsi
.Lnext_vcpu:
	test	%ecx, %ecx
	jz	.Lunknown_vcpu
	cmp	%edi, LAYOUT_LOW_V_APIC_ID(%rsi)
	je	.Lfound_vcpu
	add	$LAYOUT_LOW_V_BYTES, %rsi
	dec	%ecx
	jmp	.Lnext_vcpu
.Lfound_vcpu:
	mov	LAYOUT_LOW_V_CR3(%rsi), %rax
	movzwl	LAYOUT_LOW_V_SLOT(%rsi), %edi
	/* this page is at its own address in the node's tables too */
	mov	LAYOUT_LOW_CODE(%rbp), %edx
	mov	%rax, %cr3
	jmp	*%rdx
/* Not in the table: DOWN until somebody sends INIT. */
.Lunknown_vcpu:
	cli
	hlt
	jmp	.Lunknown_vcpu

	.balign	8
	.globl	low_gdt
low_gdt:
	.quad	0
	.quad	0x00209b0000000000 /* CODE64: 64-bit, ring 0, accessed */
low_gdt_end:
	.org	LAYOUT_LOW_CODE
	.long	0 /* sidecar_entry, by the shim */
	.long	low_entry64 - _start
	.long	low_gdt - _start
	.long	low_gdt_end - low_gdt
	.section .note.GNU-stack, "", @progbits
