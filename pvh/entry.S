/* SPDX-License-Identifier: MIT */
/*
 * Where Xen enters the shim (PVH note, Xen docs/misc/pvh.pandoc) or GRUB does
 * (Multiboot2 Specification 2.0), where traps arrive, and the two ways out: a
 * 64-bit and a 32-bit kernel.
 */
#include "cpu.h"
#include "gates.inc"
#include "abi/multiboot2.h"
#include "leave.h"

#define SELECTOR_CS64 0x10 /* Linux's __BOOT_CS, boot.rst */
#define SELECTOR_DS   0x18 /* Linux's __BOOT_DS */
#define SELECTOR_CS32 0x20
#define STACK_BYTES   32768

#define CPUID_EXT	  0x80000001
#define CPUID_EXT_EDX_NX (1 << 20)

#define XEN_ELFNOTE_PHYS32_ENTRY 18

	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz	"Xen"
	.long	pvh_entry

/* At a multiple of 8 in the first 32 KiB of the file: shim.lds */
	.section .multiboot2, "a", @progbits
	.balign	8
multiboot2_header:
	.long	MULTIBOOT2_HEADER_MAGIC
	.long	MULTIBOOT2_ARCHITECTURE_386
	.long	multiboot2_header_end - multiboot2_header
	.long	-(MULTIBOOT2_HEADER_MAGIC + MULTIBOOT2_ARCHITECTURE_386 + \
		  (multiboot2_header_end - multiboot2_header))
	.word	MULTIBOOT2_HEADER_ENTRY, 0
	.long	12
	.long	multiboot2_entry
	.balign	8
	.word	MULTIBOOT2_HEADER_ALIGN, 0
	.long	8
	.word	MULTIBOOT2_HEADER_END, 0
	.long	8
multiboot2_header_end:

	.section .bss
	.globl	multiboot2_magic
	.balign	4
multiboot2_magic:
	.skip	4
	.globl	multiboot2_entered
multiboot2_entered:
	.skip	4
	.balign	4096
pml4:	.skip	4096
paging_pdpt:
	.skip	4096
pd:	.skip	4 * 4096
stack:	.skip	STACK_BYTES
stack_end:

	.section .rodata
	.balign	16
gdt:	.quad	0, 0
	.quad	0x00af9b000000ffff /* SELECTOR_CS64 */
	.quad	0x00cf93000000ffff /* SELECTOR_DS: flat */
	.quad	0x00cf9b000000ffff /* SELECTOR_CS32: flat */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.quad	gdt

	.text
	.code32
/*
 * In:       eax = MULTIBOOT2_BOOT_MAGIC, ebx = information; as with pvh_entry.
 *           The magic is judged once there is a log.
 */
	.type	multiboot2_entry, @function
multiboot2_entry:
	mov	%eax, multiboot2_magic
	movl	$1, multiboot2_entered
	jmp	pvh_entry
	.size	multiboot2_entry, . - multiboot2_entry

/*
 * In:       ebx = start_info; 32-bit protected mode, flat, paging off
 * Out:      shim_main(start_info) in long mode, first 4 GiB identity mapped
 * Stack:    sets its own
 */
	.globl	pvh_entry
	.type	pvh_entry, @function
pvh_entry:
	cli
	cld
	mov	$stack_end, %esp
	lgdt	gdt_pointer
	movl	$paging_pdpt + PTE_P + PTE_W, pml4
	/* four tables of 512 pages of 2 MiB */
	mov	$pd, %edi
	mov	$PTE_P + PTE_W + PTE_PS, %eax
	mov	$4 * 512, %ecx
.Lfill_pd:
	mov	%eax, (%edi)
	add	$0x200000, %eax
	add	$8, %edi
	dec	%ecx
	jnz	.Lfill_pd
	mov	$pd + PTE_P + PTE_W, %eax
	mov	$paging_pdpt, %edi
	mov	$4, %ecx
.Lfill_pdpt:
	mov	%eax, (%edi)
	add	$4096, %eax
	add	$8, %edi
	dec	%ecx
	jnz	.Lfill_pdpt
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$pml4, %eax
	mov	%eax, %cr3
	/* NXE without the feature is a fault that nobody would report */
	mov	%ebx, %esi
	mov	$CPUID_EXT, %eax
	cpuid
	mov	$EFER_LME, %ebp
	test	$CPUID_EXT_EDX_NX, %edx
	jz	.Lset_efer
	or	$EFER_NXE, %ebp
.Lset_efer:
	mov	%esi, %ebx
	mov	$MSR_EFER, %ecx
	rdmsr
	or	%ebp, %eax
	wrmsr
	mov	$CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG, %eax
	mov	%eax, %cr0
	ljmp	$SELECTOR_CS64, $.Llong_mode
	.code64
.Llong_mode:
	mov	$SELECTOR_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%ebx, %edi
	xor	%ebp, %ebp
	call	shim_main
.Lhalt:
	cli
	hlt
	jmp	.Lhalt
	.size	pvh_entry, . - pvh_entry

/*
 * Leaves for a bzImage by the 64-bit boot protocol.
 * In:       rdi = entry point, rsi = boot_params
 */
	.globl	jump_64
	.type	jump_64, @function
jump_64:
	xor	%ebp, %ebp
	xor	%ebx, %ebx
	jmp	*%rdi
	.size	jump_64, . - jump_64

/*
 * Leaves for a PVH kernel: 32-bit protected mode, paging off.
 * In:       edi = entry point, esi = start_info; both below 4 GiB
 */
	.globl	jump_32
	.type	jump_32, @function
jump_32:
	mov	%edi, %edx
	mov	%esi, %ebx
	push	$SELECTOR_CS32
	lea	.Lcompat_mode(%rip), %rax
	push	%rax
	lretq
	.code32
.Lcompat_mode:
	mov	$CR0_PE | CR0_ET, %eax
	mov	%eax, %cr0
	mov	$MSR_EFER, %ecx
	push	%edx
	rdmsr
	and	$~(EFER_LME | EFER_NXE), %eax
	wrmsr
	pop	%edx
	xor	%eax, %eax
	mov	%eax, %cr4
	mov	$SELECTOR_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	jmp	*%edx
	.size	jump_32, . - jump_32

/*
 * leave.h. No stack, as the kernel may overwrite all that the shim had: esp is
 * a register like others.
 * In:       edx = where it lies, ebx = start_info; as left by jump_32
 * Out:      the kernel's entry, ebx as it was
 */
	.balign	16
	.globl	leave_code
	.type	leave_code, @object
leave_code:
	cld
	lea	LEAVE_CODE_BYTES(%edx), %esp
	lea	LEAVE_COPY_OFFSET(%esp), %ebp
	mov	4(%esp), %edx
	xor	%eax, %eax
.Lleave_copy:
	mov	(%ebp), %edi
	mov	4(%ebp), %esi
	mov	8(%ebp), %ecx
	rep movsb
	mov	12(%ebp), %ecx
	rep stosb
	add	$LEAVE_COPY_BYTES, %ebp
	dec	%edx
	jnz	.Lleave_copy
	jmp	*(%esp)
	.fill	LEAVE_CODE_BYTES - (. - leave_code), 1, 0xcc
	.size	leave_code, . - leave_code

	.code64
/* Exceptions of the shim itself: all end in traps_report(vector, error, rip). */
	.globl	traps_stubs
	.balign	16
traps_stubs:
	gates_of_exceptions trap_common
trap_common:
	cld
	pop	%rdi
	pop	%rsi
	mov	(%rsp), %rdx
	and	$-16, %rsp
	call	traps_report
	.section .note.GNU-stack, "", @progbits
