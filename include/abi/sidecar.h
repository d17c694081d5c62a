/* SPDX-License-Identifier: MIT */
/*
 * Bytes shared by the shim, the sidecar kernel and software in Linux: the
 * discovery table, the control page and the command page. docs/abi.md says
 * who writes what when. All numbers are little-endian; reserved is zero.
 */
#ifndef ABI_SIDECAR_H
#define ABI_SIDECAR_H

#include <stdint.h>

#ifdef __cplusplus
#define _Static_assert static_assert
#endif

#define SIDECAR_ABI_VERSION 2u
#define SIDECAR_PAGE_SIZE   4096u
#define SIDECAR_NODE_VCPUS  32u

/* ---- Discovery table: ACPI signature "SCAR" ---------------------------- */

#define SCAR_SIGNATURE "SCAR"

struct scar_header {
	/* ACPI specification 6.5, 5.2.6: system description table header */
	char signature[4];	   /*  0 */
	uint32_t length;	   /*  4 */
	uint8_t revision;	   /*  8: 1 */
	uint8_t checksum;	   /*  9 */
	char oem_id[6];		   /* 10 */
	char oem_table_id[8];	   /* 16 */
	uint32_t oem_revision;	   /* 24 */
	uint32_t creator_id;	   /* 28 */
	uint32_t creator_revision; /* 32 */
	/* ours */
	uint32_t abi_version; /* 36: of all pages below */
	uint64_t log_pa;      /* 40: boot log, text */
	uint32_t log_size;    /* 48: bytes of text and zeros after it */
	uint32_t low_size;    /* 52 */
	uint64_t low_pa;      /* 56: the block below 1 MiB */
	uint32_t nr_nodes;    /* 64: entries of struct scar_node that follow */
	uint32_t node_size;   /* 68: sizeof(struct scar_node) */
};
_Static_assert(sizeof(struct scar_header) == 72, "SCAR header");

/* One per sidecar node that has a carve. */
struct scar_node {
	uint64_t carve_pa;    /*  0: control page first */
	uint64_t carve_size;  /*  8: bytes, scratch included */
	uint32_t node;	      /* 16: index among all sidecar nodes */
	uint32_t vnode;	      /* 20: of the vCPUs */
	uint32_t carve_vnode; /* 24: of the memory */
	uint32_t nr_vcpus;    /* 28: slots, the base vCPU included */
};
_Static_assert(sizeof(struct scar_node) == 32, "SCAR node");

/* ---- Control page: first page of a carve -------------------------------- */

#define SIDECAR_CONTROL_MAGIC 0x4c544353u /* "SCTL" */
#define SIDECAR_SLOT_NO_PAGES 0xffffu

/* A vCPU's state: one byte, sidecar_control.status[slot]. */
#define SIDECAR_REMOVED	  0u /* not the sidecar's */
#define SIDECAR_IDLE	  1u /* parked, DOWN: may be given a command */
#define SIDECAR_RUN	  2u /* starting, or a command is for it */
#define SIDECAR_STOP	  3u /* the command is to end early */
#define SIDECAR_REMOVE	  4u /* it is to leave the sidecar */
#define SIDECAR_NR_STATES 5u

/*
 * Every legal transition: from, to, whose. ANY is any byte, an impossible value
 * too. docs/sidecar.md says when; include/status.h refuses all others when it
 * is compiled, tests/model checks what these lead to.
 */
#define SIDECAR_TRANSITIONS(T)   \
	T(RUN, IDLE, VCPU)       \
	T(STOP, IDLE, VCPU)      \
	T(REMOVE, REMOVED, VCPU) \
	T(ANY, REMOVED, VCPU)    \
	T(IDLE, RUN, CLIENT)     \
	T(RUN, IDLE, CLIENT)     \
	T(RUN, STOP, CLIENT)     \
	T(STOP, IDLE, CLIENT)    \
	T(IDLE, REMOVE, CLIENT)  \
	T(REMOVE, IDLE, CLIENT)  \
	T(ANY, RUN, CLIENT)      \
	T(ANY, REMOVED, CLIENT)  \
	T(RUN, REMOVED, SHIM)    \
	T(IDLE, REMOVED, SHIM)

/*
 * Linux's number of a vCPU is nowhere here: the shim cannot know it of one that
 * Linux hot-adds. docs/sidecarctl.md says where it is read.
 */
struct sidecar_slot {
	uint32_t vcpu_id; /* 0 */
	uint32_t apic_id; /* 4 */
	uint16_t pages;	  /* 8: index of its pages, or SIDECAR_SLOT_NO_PAGES */
	uint16_t reserved[3];
};
_Static_assert(sizeof(struct sidecar_slot) == 16, "slot");

/*
 * Offsets are bytes from the control page. Written by the shim before any
 * vCPU of the node starts and constant from then on, status[] excepted.
 */
struct sidecar_control {
	uint32_t magic;		/*   0 */
	uint32_t abi_version;	/*   4 */
	uint32_t node;		/*   8 */
	uint32_t vnode;		/*  12 */
	uint32_t nr_slots;	/*  16: 1..32; slot 0 is the base vCPU */
	uint32_t nr_parked;	/*  20: slots that have pages */
	uint64_t carve_pa;	/*  24 */
	uint64_t carve_size;	/*  32 */
	uint32_t image_offset;	/*  40 */
	uint32_t image_size;	/*  44: whole pages */
	uint32_t tables_offset; /*  48: the root page table first */
	uint32_t tables_size;	/*  52 */
	uint32_t vcpu_offset;	/*  56: command, stack, state page; each vCPU */
	uint32_t vcpu_stride;	/*  60: three pages */
	uint64_t scratch_offset; /*  64: slices of jobs */
	uint64_t scratch_size;	 /*  72: 0 if there is none */
	uint64_t low_pa;	 /*  80: the block below 1 MiB */
	uint64_t tsc_khz;	 /*  88: TSC ticks per millisecond */
	uint64_t entry_va;	 /*  96: for VCPUOP_initialise; rdi = slot */
	/* page tables of jobs, in equal parts by the index of a vCPU's pages */
	uint64_t views_offset; /* 104 */
	uint64_t views_size;   /* 112: 0 if there is no scratch */
	uint64_t
		shared_offset; /* 120: a multiple of SIDECAR_SHARED_ALIGN ... */
	uint64_t shared_size;  /* 128: ... as is this; 0: none */
	uint8_t reserved0[56]; /* 136 */
	/* 192: see the states above; one writer at a time, docs/sidecar.md */
	volatile uint8_t status[SIDECAR_NODE_VCPUS];
	uint8_t reserved1[32];			      /* 224 */
	struct sidecar_slot slot[SIDECAR_NODE_VCPUS]; /* 256 */
	uint8_t reserved2[SIDECAR_PAGE_SIZE - 768];   /* 768 */
};
_Static_assert(sizeof(struct sidecar_control) == SIDECAR_PAGE_SIZE, "control");

/* ---- Command page: one per parked vCPU ---------------------------------- */

/* sidecar_command.command */
#define SIDECAR_COMMAND_NONE	  0u
#define SIDECAR_COMMAND_PING	  1u
#define SIDECAR_COMMAND_STATS	  2u
#define SIDECAR_COMMAND_GET	  3u
#define SIDECAR_COMMAND_SET	  4u
#define SIDECAR_COMMAND_TRANSLATE 5u
#define SIDECAR_COMMAND_RUN	  6u
/*
 * STATS      ret: TSC, commands, jobs, faults, wakes
 * GET        arg[0]: register; ret[0]: its value
 * SET        arg[0]: register, arg[1]: its value
 * TRANSLATE  arg[0]: virtual address; ret[0]: physical one, ret[1]: last entry
 * RUN        arg[0]: offset of the job's slice in scratch, arg[1]: its size,
 *            whole pages, the job's file first; arg[2..5]: the job's own;
 *            arg[6]: flags for the job; range[0..nr_ranges): shared memory
 *            that the job gets; ret: the job's
 */

/* Of a slice: it then ends below 512 GiB where the job sees it. */
#define SIDECAR_SLICE_MAX (UINT64_C(256) << 30)
/* A larger slice begins at a multiple of 2 MiB, guest-physical. */
#define SIDECAR_SLICE_UNALIGNED_MAX (UINT64_C(14) << 20)
/* Where shared memory begins, guest-physical, and how much of it there is. */
#define SIDECAR_SHARED_ALIGN (UINT64_C(2) << 20)

/* Shared memory that a job gets: whole pages, of one node. */
struct sidecar_range {
	uint64_t pa;	/* 0: guest-physical */
	uint64_t bytes; /* 8 */
};
_Static_assert(sizeof(struct sidecar_range) == 16, "range");
/* One for each node that can have something to park. */
#define SIDECAR_MAX_RANGES 64u

/* Registers for GET; SET takes DR0-3, DR7, PAT and TSC_AUX: docs/abi.md. */
#define SIDECAR_REG_CR0		   0u
#define SIDECAR_REG_CR2		   1u
#define SIDECAR_REG_CR3		   2u
#define SIDECAR_REG_CR4		   3u
#define SIDECAR_REG_CR8		   4u
#define SIDECAR_REG_XCR0	   5u
#define SIDECAR_REG_EFER	   6u
#define SIDECAR_REG_DR0		   7u
#define SIDECAR_REG_DR1		   8u
#define SIDECAR_REG_DR2		   9u
#define SIDECAR_REG_DR3		   10u
#define SIDECAR_REG_DR6		   11u
#define SIDECAR_REG_DR7		   12u
#define SIDECAR_REG_PAT		   13u
#define SIDECAR_REG_APIC_BASE	   14u
#define SIDECAR_REG_TSC		   15u
#define SIDECAR_REG_TSC_AUX	   16u
#define SIDECAR_REG_FS_BASE	   17u
#define SIDECAR_REG_GS_BASE	   18u
#define SIDECAR_REG_KERNEL_GS_BASE 19u
#define SIDECAR_NR_REGS		   20u

/* sidecar_command.result; error[] has a text for all but OK */
#define SIDECAR_RESULT_OK	0u
#define SIDECAR_RESULT_UNKNOWN	1u /* no such command */
#define SIDECAR_RESULT_BAD_ARG	2u /* no such register, or it can't be set */
#define SIDECAR_RESULT_FAULT	3u /* the access raised #GP or #UD */
#define SIDECAR_RESULT_UNMAPPED 4u /* TRANSLATE: not present */
#define SIDECAR_RESULT_REFUSED	5u /* RUN: not started */
#define SIDECAR_RESULT_JOB	6u /* the job exited with a status */
#define SIDECAR_RESULT_JOB_DIED 7u /* an exception ended it */
#define SIDECAR_RESULT_STOPPED	8u /* STOP ended it */

/* sidecar_command.job_state */
#define SIDECAR_JOB_NONE     0u /* none since INIT */
#define SIDECAR_JOB_RUNNING  1u
#define SIDECAR_JOB_STOPPING 2u /* its stop flag is set */
#define SIDECAR_JOB_ENDED    3u

/*
 * An event channel to which the vCPU sends an event when something happens:
 * its port, and in which life of the domain that was bound. In another one,
 * after a restore or a migration, the port is somebody else's.
 */
#define SIDECAR_EVENT(port, life) ((uint64_t)(life) << 32 | (uint32_t)(port))
#define SIDECAR_EVENT_PORT(event) ((uint32_t)(event))
#define SIDECAR_EVENT_LIFE(event) ((uint32_t)((event) >> 32))
/*
 * From Xen's CPUID, xen/arch-x86/cpuid.h: leaf 3, subleaf 0, EDX is how often
 * the guest was restored or migrated, leaf 4, ECX the number of the domain.
 */
#define SIDECAR_LIFE(nr_restores, domain) \
	((uint32_t)(nr_restores) << 16 | ((uint32_t)(domain)&0xffff))

#define SIDECAR_LOG_SIZE   2048u
#define SIDECAR_ERROR_SIZE 256u

/* Where an exception met a job, and with which registers. */
struct sidecar_fault {
	uint64_t job; /*   0: nr_jobs of that job; 0: none since INIT */
	uint64_t cr2; /*   8 */
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8; /*  16 */
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;    /*  80 */
	uint64_t vector, error;			       /* 136 */
	uint64_t rip, cs, rflags, rsp, ss;	       /* 152 */
};
_Static_assert(sizeof(struct sidecar_fault) == 192, "fault");
#define SIDECAR_FAULT_OFFSET 3840u /* of the command page */

struct sidecar_command {
	uint32_t nr_ranges;   /*    0: client: of range[], for RUN */
	uint32_t command;     /*    4: client */
	uint32_t result;      /*    8: vCPU; 0 is success */
	uint32_t job_state;   /*   12: vCPU; client after INIT */
	uint64_t arg[8];      /*   16: client */
	uint64_t ret[8];      /*   80: vCPU */
	uint64_t event;	      /*  144: client: SIDECAR_EVENT(), or 0 */
	uint64_t entry_tsc;   /*  152: vCPU: TSC at its last entry */
	uint64_t nr_commands; /*  160: vCPU */
	uint64_t nr_jobs;     /*  168: vCPU */
	uint64_t nr_faults;   /*  176: vCPU */
	uint64_t nr_wakes;    /*  184: vCPU */
	volatile uint8_t
		rung; /*  192: client: 1; vCPU: 0 when it has seen it */
	volatile uint8_t waits; /*  193: vCPU: its job waits to be rung */
	uint8_t reserved0[6];	/*  194 */
	uint64_t nr_waits;	/*  200: vCPU: how often it went to sleep */
	uint8_t reserved2[48];	/*  208 */
	uint32_t error_len;	/*  256: vCPU */
	char error[SIDECAR_ERROR_SIZE - 4]; /* 260: vCPU: text, no zero */
	uint32_t log_head;		    /*  512: vCPU: bytes ever written */
	uint32_t log_tail;		    /*  516: client: bytes ever read */
	uint32_t log_writing;  /*  520: vCPU: log_head when its write is done */
	uint8_t reserved1[52]; /*  524 */
	char log[SIDECAR_LOG_SIZE];			/* 576: ring */
	struct sidecar_range range[SIDECAR_MAX_RANGES]; /* 2624: client */
	uint8_t reserved3[SIDECAR_FAULT_OFFSET - 2624 -
			  16 * SIDECAR_MAX_RANGES];
	struct sidecar_fault fault; /* 3840: vCPU */
	uint8_t reserved5[SIDECAR_PAGE_SIZE - SIDECAR_FAULT_OFFSET - 192];
};
_Static_assert(sizeof(struct sidecar_command) == SIDECAR_PAGE_SIZE, "command");

#endif
