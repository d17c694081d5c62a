/* SPDX-License-Identifier: MIT */
/*
 * Where things are inside a sidecar node: offsets in its carve, the virtual
 * addresses that its page tables give them, and the block below 1 MiB that
 * all nodes share. Also included by assembly: only #define outside
 * __ASSEMBLER__.
 *
 * A carve: control | image | tables | 3 pages per parked vCPU | tables of jobs
 * | scratch | shared. One page table maps virtual 0 - 2 MiB: the low block's
 * first page at its own address, the rest from LAYOUT_CONTROL_VA on. Behind the
 * vCPUs each has a window: one page through which it reaches a page of its
 * job's slice or of the job's page tables.
 */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#define LAYOUT_CONTROL_VA 0x100000
#define LAYOUT_IMAGE_VA	  0x101000
#define LAYOUT_TEXT_BYTES 0x3000
#define LAYOUT_IMAGE_MAX  0x5000 /* so that a node has 10 pages at most */
#define LAYOUT_TABLES_VA  0x108000
#define LAYOUT_VCPU_VA	  0x110000
#define LAYOUT_WINDOW_VA  0x1c0000
#define LAYOUT_KERNEL_END 0x200000 /* of all that its tables map */
/*
 * In a job's view: the shared memory of all nodes, one behind the other, as far
 * as the job gets it; nothing else is that high.
 */
#define LAYOUT_SHARED_VA 0x10000000000

/* Root, 512 GiB, 1 GiB and 2 MiB level; one page each. */
#define LAYOUT_NR_TABLES 4
#define LAYOUT_PD	 2 /* the 1 GiB level among them */
#define LAYOUT_PT	 3 /* the last; the kernel writes its windows */

/* Virtual pages of one vCPU; no memory is mapped at the two guards. */
#define LAYOUT_VCPU_STRIDE 0x5000
#define LAYOUT_STACK_OFF   0x1000 /* after a guard */
#define LAYOUT_STATE_OFF   0x3000 /* after a guard */
#define LAYOUT_COMMAND_OFF 0x4000
/* Its pages in the carve, in this order. */
#define LAYOUT_VCPU_PAGES   3
#define LAYOUT_COMMAND_PAGE 0
#define LAYOUT_STACK_PAGE   1
#define LAYOUT_STATE_PAGE   2

/* The state page: stacks grow down from the ends given here. */
#define LAYOUT_NMI_STACK_END 0x800
#define LAYOUT_DF_STACK_END  0xc00

/* The low block: code and table, then its own three page tables. */
#define LAYOUT_LOW_PAGES  4
#define LAYOUT_LOW_NMI	  0x0f	/* returns from an NMI, real mode */
#define LAYOUT_LOW_HEADER 0x10	/* struct layout_low_header */
#define LAYOUT_LOW_CODE	  0x3f0 /* struct layout_low_code */
#define LAYOUT_LOW_TABLE  0x400 /* struct layout_low_vcpu[] */
#define LAYOUT_LOW_CS	  0x08	/* code segment of the 64-bit part */
#define LAYOUT_LOW_NR	  128

/* struct layout_node: its slot[], how many, and where `pages` is in one. */
#define LAYOUT_NODE_BYTES 1864
#define LAYOUT_NODE_SLOT  72
#define LAYOUT_NODE_SLOTS 32
#define LAYOUT_SLOT_PAGES 4

/* Members of struct layout_low_header. */
#define LAYOUT_LOW_H_GDT     0
#define LAYOUT_LOW_H_ENTRY64 8
#define LAYOUT_LOW_H_NR	     14
#define LAYOUT_LOW_H_CR3     16
#define LAYOUT_LOW_H_BYTES   24
/* Members of struct layout_low_vcpu. */
#define LAYOUT_LOW_V_CR3     0
#define LAYOUT_LOW_V_APIC_ID 8
#define LAYOUT_LOW_V_SLOT    12
#define LAYOUT_LOW_V_BYTES   16

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* First bytes of the image, of entry.S. */
struct layout_image_header {
	uint32_t text_bytes; /*  0: whole pages, read and execute */
	uint32_t size_bytes; /*  4: whole pages; the rest is read only */
	uint32_t entry_va;   /*  8: In: edi = slot, on the node's page tables */
	uint32_t node_va;    /* 12: struct layout_node */
};
_Static_assert(sizeof(struct layout_image_header) == 16, "image header");

/*
 * Read-only in each node's copy of the image, written by the shim, so that a
 * client that damages a control page cannot affect the kernel.
 */
struct layout_slot {
	uint32_t vcpu_id;  /* 0 */
	uint16_t pages;	   /* 4: as in struct sidecar_slot */
	uint16_t reserved; /* 6 */
};
_Static_assert(sizeof(struct layout_slot) == 8 &&
		       offsetof(struct layout_slot, pages) == LAYOUT_SLOT_PAGES,
	       "slot");

struct layout_area {
	uint64_t pa;	/*  0 */
	uint64_t bytes; /*  8 */
	uint32_t node;	/* 16 */
	uint32_t vnode; /* 20: of the memory */
};
_Static_assert(sizeof(struct layout_area) == 24, "area");

/* The canonical addresses of ring 3 end here. */
#define LAYOUT_USER_END 0x800000000000ull

/* What the CPU has, in layout_node.features: CPUID is a VM exit each. */
#define LAYOUT_HAS_SEP	     1u /* SYSENTER */
#define LAYOUT_HAS_PAT	     2u
#define LAYOUT_HAS_XSAVE     4u
#define LAYOUT_HAS_AVX	     8u
#define LAYOUT_HAS_TSC_AUX   16u /* RDTSCP or RDPID */
#define LAYOUT_HAS_SMEP	     32u
#define LAYOUT_HAS_SMAP	     64u
#define LAYOUT_HAS_UMIP	     128u
#define LAYOUT_HAS_SPEC_CTRL 256u
#define LAYOUT_HAS_FSGSBASE  2048u
#define LAYOUT_HAS_AVX512    4096u
#define LAYOUT_HAS_IBPB	     8192u /* PRED_CMD */
/* Which instruction is a hypercall; neither: none is made. */
#define LAYOUT_HAS_VMCALL  512u
#define LAYOUT_HAS_VMMCALL 1024u

/* A node with something to park has two vCPUs at least. */
#define LAYOUT_MAX_AREAS (LAYOUT_LOW_NR / 2)

struct layout_node {
	uint64_t scratch_pa;	/*   0 */
	uint64_t scratch_bytes; /*   8 */
	uint64_t tsc_khz;	/*  16 */
	uint32_t node;		/*  24 */
	uint32_t vnode;		/*  28 */
	uint32_t nr_areas;	/*  32: shared memory of all nodes */
	uint32_t features;	/*  36: LAYOUT_HAS_... */
	uint64_t fault;		/*  40: 0, or for tests: tests/fault/ */
	uint64_t views_pa;   /*  48: page tables of jobs: vCPU after vCPU ... */
	uint64_t view_bytes; /*  56: ... so much each */
	uint32_t xen_leaf;   /*  64: Xen's first CPUID leaf */
	uint32_t reserved;   /*  68 */
	struct layout_slot slot[LAYOUT_NODE_SLOTS]; /*  72 */
	struct layout_area area[LAYOUT_MAX_AREAS];  /* 328 */
};
_Static_assert(sizeof(struct layout_node) == LAYOUT_NODE_BYTES &&
		       offsetof(struct layout_node, slot) == LAYOUT_NODE_SLOT,
	       "node");

/* In the low block at LAYOUT_LOW_HEADER; written by the shim. */
struct layout_low_header {
	uint16_t gdt_limit;  /*  0 */
	uint32_t gdt_pa;     /*  2 */
	uint16_t reserved;   /*  6 */
	uint32_t entry64_pa; /*  8: far pointer to the 64-bit part */
	uint16_t entry64_cs; /* 12 */
	uint16_t nr_vcpus;   /* 14: entries used in the table */
	uint32_t cr3;	     /* 16: the block's own tables */
	uint32_t reserved1;  /* 20 */
} __attribute__((packed));
_Static_assert(sizeof(struct layout_low_header) == LAYOUT_LOW_H_BYTES &&
		       offsetof(struct layout_low_header, gdt_limit) ==
			       LAYOUT_LOW_H_GDT &&
		       offsetof(struct layout_low_header, entry64_pa) ==
			       LAYOUT_LOW_H_ENTRY64 &&
		       offsetof(struct layout_low_header, nr_vcpus) ==
			       LAYOUT_LOW_H_NR &&
		       offsetof(struct layout_low_header, cr3) ==
			       LAYOUT_LOW_H_CR3,
	       "low header");

/* In the low block at LAYOUT_LOW_CODE: offsets of the code's own parts. */
struct layout_low_code {
	uint32_t entry_va;  /*  0: sidecar_entry; written by the shim */
	uint32_t entry64;   /*  4: where 64-bit mode starts */
	uint32_t gdt;	    /*  8 */
	uint32_t gdt_bytes; /* 12 */
};
_Static_assert(sizeof(struct layout_low_code) == 16, "low code");

/* Which node a vCPU that arrives by SIPI belongs to. */
struct layout_low_vcpu {
	uint64_t cr3;	   /* 0: root of its node's page tables */
	uint32_t apic_id;  /* 8 */
	uint16_t slot;	   /* 12 */
	uint16_t reserved; /* 14 */
};
_Static_assert(sizeof(struct layout_low_vcpu) == LAYOUT_LOW_V_BYTES &&
		       offsetof(struct layout_low_vcpu, cr3) ==
			       LAYOUT_LOW_V_CR3 &&
		       offsetof(struct layout_low_vcpu, apic_id) ==
			       LAYOUT_LOW_V_APIC_ID &&
		       offsetof(struct layout_low_vcpu, slot) ==
			       LAYOUT_LOW_V_SLOT,
	       "low vCPU");
_Static_assert(LAYOUT_LOW_TABLE + LAYOUT_LOW_NR * LAYOUT_LOW_V_BYTES <= 4096,
	       "low page");
/* a node's first vCPU is Linux's */
_Static_assert(LAYOUT_VCPU_VA + (LAYOUT_NODE_SLOTS - 1) * LAYOUT_VCPU_STRIDE <=
		       LAYOUT_WINDOW_VA,
	       "the windows are after the vCPUs");
_Static_assert(LAYOUT_WINDOW_VA + (LAYOUT_NODE_SLOTS - 1) * 4096 <=
		       LAYOUT_KERNEL_END,
	       "2 MiB");
#endif

#endif
