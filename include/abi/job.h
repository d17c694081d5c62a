/* SPDX-License-Identifier: MIT */
/*
 * A job as bytes: the header of its file, the services block that it is
 * started with, and the one interrupt that it may raise. docs/jobs.md.
 */
#ifndef ABI_JOB_H
#define ABI_JOB_H

/* Where a job's file is seen by the job: its first byte. */
#define JOB_VA 0x40000000

/* int JOB_INT: eax = service, edi = its argument */
#define JOB_INT		   0x20
#define JOB_SERVICE_EXIT   0 /* edi: 0, or a status that is an error */
#define JOB_SERVICE_LOG	   1 /* the first log_bytes of log[] */
#define JOB_SERVICE_NOTIFY 2 /* an event for the client */
/* rdi: at most so many ns, 0: no limit; then eax: 1 if it was rung */
#define JOB_SERVICE_WAIT 3
#define JOB_SERVICE_FS	 4 /* rdi: the FS base from now on */
#define JOB_NR_SERVICES	 5

#define JOB_MAGIC   0x424f4a53 /* "SJOB" */
#define JOB_VERSION 2
/* For the client: the job is to get the shared memory of every node. */
#define JOB_FLAG_ALL_SHARED 1
#define JOB_FLAGS_KNOWN	    JOB_FLAG_ALL_SHARED

/* job_services.run_flags */
#define JOB_RUN_FORCE 1 /* run although the job would refuse */
#define JOB_RUN_IO    2 /* its memory ends with a struct job_io */

#ifndef __ASSEMBLER__
#include <stdint.h>

#ifdef __cplusplus
#define _Static_assert static_assert
#endif

/* First bytes of the file; written by its linker script. */
struct job_header {
	uint32_t magic;	     /*  0 */
	uint32_t version;    /*  4 */
	uint32_t size_bytes; /*  8: of the file */
	uint32_t text_bytes; /* 12: whole pages, read and execute */
	uint32_t
		memory_bytes; /* 16: whole pages: the file and what is zeroed */
	uint32_t stack_bytes; /* 20: whole pages */
	uint32_t entry;	      /* 24: offset in the text */
	uint32_t flags;	      /* 28 */
};
_Static_assert(sizeof(struct job_header) == 32, "job header");

/* Shared memory that the job was given: read and write. */
struct job_area {
	uint64_t va;	/*  0 */
	uint64_t bytes; /*  8 */
	uint32_t node;	/* 16: sidecar node */
	uint32_t vnode; /* 20: of the memory */
};
_Static_assert(sizeof(struct job_area) == 24, "job area");

#define JOB_MAX_AREAS 65u
#define JOB_LOG_BYTES 1024u
/* How long a job has, from its stop flag on, before an NMI ends it. */
#define JOB_GRACE_MS 200u

/* One page in the job's memory: the job may write it, the kernel too. */
struct job_services {
	uint32_t abi_version;	     /*    0: JOB_VERSION */
	volatile uint32_t stop;	     /*    4: not 0: end soon */
	uint64_t tsc_khz;	     /*    8: ticks per millisecond */
	uint64_t arg[4];	     /*   16: the client's */
	volatile uint64_t ret[8];    /*   48: for the client */
	uint64_t memory_va;	     /*  112: for the job's use */
	uint64_t memory_bytes;	     /*  120: may be 0 */
	uint32_t vcpu_id;	     /*  128 */
	uint32_t node;		     /*  132: sidecar node */
	uint32_t vnode;		     /*  136 */
	uint32_t nr_areas;	     /*  140 */
	volatile uint32_t log_bytes; /*  144: of log[], to be logged */
	uint32_t run_flags;	     /*  148: JOB_RUN_..., the client's */
	uint64_t shared_va;	     /*  152: of its own node ... */
	uint64_t shared_bytes;	     /*  160: ... or 0 */
	uint32_t nr_services;	     /*  168: JOB_SERVICE_... are below */
	uint32_t reserved0[21];	     /*  172 */
	struct job_area area[JOB_MAX_AREAS]; /*  256 */
	char log[JOB_LOG_BYTES];	     /* 1816 */
	uint8_t reserved1[4096 - 1816 - JOB_LOG_BYTES];
};
_Static_assert(sizeof(struct job_services) == 4096, "job services");

#define JOB_IO_MAGIC   0x4f494a53 /* "SJIO" */
#define JOB_IO_VERSION 1
#define JOB_IO_BYTES   4096
#define JOB_ARGS_BYTES (JOB_IO_BYTES - 128)

/*
 * Last page of a job's memory, of JOB_RUN_IO: a client writes it before the job
 * begins, and reads it when the job has ended. The input lies right in front of
 * it and begins at a page. What a client does not use is zero.
 */
struct job_io {
	uint32_t magic;	    /*  0: client: JOB_IO_MAGIC */
	uint32_t version;   /*  4: client: JOB_IO_VERSION */
	uint64_t in_end;    /*  8: client: from the input's first byte to the
			     *     end of the memory, this page too */
	uint64_t in_bytes;  /* 16: client */
	uint64_t out_end;   /* 24: job: the same of its output */
	uint64_t out_bytes; /* 32: job; 0: none */
	/* client: of a gang */
	uint32_t rank;	      /* 40 */
	uint32_t nr_ranks;    /* 44: 0: the job is in none */
	uint32_t gang_id;     /* 48: no other gang's on the same page */
	uint32_t gang_node;   /* 52: whose shared memory has its page ... */
	uint64_t gang_offset; /* 56: ... struct job_gang, so far behind its
			       *     start */
	uint32_t nr_args;     /* 64: client */
	uint32_t args_bytes;  /* 68: client: of args[] */
	uint8_t reserved[56]; /* 72 */
	char args[JOB_ARGS_BYTES]; /* 128: client: texts, a 0 behind each */
};
_Static_assert(sizeof(struct job_io) == JOB_IO_BYTES, "job io");

/* Where FS points; thread-local variables end here. x86-64 psABI 3.4.2 */
struct job_tcb {
	struct job_tcb *self;	       /*  0 */
	struct job_services *services; /*  8 */
	uint64_t reserved0[3];	       /* 16 */
	uint64_t guard;		       /* 40: of -fstack-protector */
	uint64_t reserved1[2];	       /* 48 */
};
_Static_assert(sizeof(struct job_tcb) == 64, "job tcb");

/* Whole ranks, as long as a page has room for. */
#define JOB_MAX_RANKS  992u
#define JOB_GANG_BYTES 4096u
/*
 * Each node's shared memory ends with a page for each vCPU that can be parked,
 * by the index of its pages from the end on: for a gang of which it is the
 * first that has shared memory on its node.
 */
#define JOB_GANG_PAGES 32u
/* job_gang.state: id | barriers so far (16 bits) | ranks that wait (16) */
#define JOB_GANG_ID(state)   ((uint32_t)((state) >> 32))
#define JOB_GANG_TURN(state) ((uint32_t)((state) >> 16 & 0xffff))
#define JOB_GANG_NR(state)   ((uint32_t)((state)&0xffff))
#define JOB_GANG_STATE(id, turn, nr) \
	((uint64_t)(id) << 32 | (uint64_t)((turn)&0xffff) << 16 | (nr))
/* job_gang.asleep[]: its rank waits for the end of that barrier; 0: it runs. */
#define JOB_GANG_ASLEEP(turn) ((turn) << 1 | 1)

/* Of all ranks, in shared memory. */
struct job_gang {
	uint64_t state; /*   0: client first; then jobs, by compare and swap */
	uint8_t reserved0[56];
	uint32_t over;	    /*  64: client: the id, once a rank has ended */
	uint32_t nr_asleep; /*  68: jobs */
	uint8_t reserved1[56];
	uint32_t asleep[JOB_MAX_RANKS]; /* 128: jobs, each its own */
};
_Static_assert(sizeof(struct job_gang) == JOB_GANG_BYTES, "job gang");
#endif

#endif
