/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * /dev/sidecar, of the Linux driver xen_sidecar: docs/driver.md. An open file
 * can claim one vCPU, and runs jobs on it until it is closed. Nobody else has
 * the vCPU or sees the memory of its jobs meanwhile. Several files are a gang.
 *
 * Structs begin with their size, which the caller sets to sizeof() of its own
 * version: members that the driver knows and the caller does not are zero for
 * the driver and not written. A caller that is newer than the driver gets
 * -E2BIG if it sets what the driver does not know, as does a size of more than
 * a page; less than the first version had (..._SIZE_1) is -EINVAL. Reserved
 * members are zero.
 */
#ifndef SIDECAR_DRIVER_H
#define SIDECAR_DRIVER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SIDECAR_DEV_PATH    "/dev/sidecar"
#define SIDECAR_DEV_VERSION 2u
#define SIDECAR_DEV_ERROR   256u /* bytes of an error's text, its zero too */

/* ---- Looking: no claim needed ------------------------------------------- */

struct sidecar_dev_info {
	__u32 size;	/*  0 */
	__u32 version;	/*  4: SIDECAR_DEV_VERSION */
	__u32 nr_vcpus; /*  8: that can be claimed; their indices are 0 ... */
	__u32 nr_nodes; /* 12: their indices are 0 ... */
};
#define SIDECAR_DEV_INFO_SIZE_1 16

#define SIDECAR_DEV_SLOTS 32u

struct sidecar_dev_slot {
	__u32 vcpu_id;	/*  0 */
	__u32 apic_id;	/*  4 */
	__s32 cpu;	/*  8: Linux's number; -1: Linux has no such CPU */
	__u32 index;	/* 12: for sidecar_dev_vcpu; ~0: Linux boots on it */
	__u32 pages;	/* 16: which of its node's slices it has, from 0 on */
	__u32 reserved; /* 20 */
};

/* A sidecar node. */
struct sidecar_dev_node {
	__u32 size;	     /*  0 */
	__u32 index;	     /*  4: in */
	__u32 node;	     /*  8: its number */
	__u32 vnode;	     /* 12: of its vCPUs */
	__u32 memory_vnode;  /* 16: of its memory */
	__u32 nr_slots;	     /* 20 */
	__u32 nr_parked;     /* 24: slots with pages */
	__u32 reserved;	     /* 28 */
	__u64 carve_pa;	     /* 32: guest-physical */
	__u64 carve_bytes;   /* 40 */
	__u64 scratch_pa;    /* 48 */
	__u64 scratch_bytes; /* 56 */
	__u64 shared_pa;     /* 64 */
	__u64 shared_bytes;  /* 72 */
	struct sidecar_dev_slot slot[SIDECAR_DEV_SLOTS]; /* 80 */
};
#define SIDECAR_DEV_NODE_SIZE_1 848

/* sidecar_dev_vcpu.flags */
#define SIDECAR_DEV_IN_LINUX 1u	 /* Linux has it */
#define SIDECAR_DEV_CLAIMED  2u	 /* by any file */
#define SIDECAR_DEV_OWN	     4u	 /* by this one */
#define SIDECAR_DEV_HAS_JOB  8u	 /* a job runs on it */
#define SIDECAR_DEV_UP	     16u /* Xen runs it: not DOWN */

struct sidecar_dev_vcpu {
	__u32 size;	    /*  0 */
	__u32 index;	    /*  4: in */
	__s32 cpu;	    /*  8: Linux's number; -1: Linux has no such CPU */
	__u32 vcpu_id;	    /* 12 */
	__u32 apic_id;	    /* 16 */
	__u32 node;	    /* 20: sidecar node */
	__u32 vnode;	    /* 24 */
	__u32 state;	    /* 28: SIDECAR_IDLE ...: abi/sidecar.h */
	__u32 flags;	    /* 32 */
	__u32 reserved;	    /* 36 */
	__u64 slice_bytes;  /* 40: its share of scratch, for its jobs */
	__u64 shared_bytes; /* 48: shared memory of its node */
	__u64 nr_waits;	    /* 56: how often it went to sleep in job_wait() */
	__u64 job;	    /* 64: number of its last job; 0: none yet */
};
#define SIDECAR_DEV_VCPU_SIZE_1 72

/* ---- The claim ---------------------------------------------------------- */

#define SIDECAR_DEV_ANY (-1)

/* sidecar_dev_claim.flags */
/* Linux may online the CPU while a job runs, which ends; else it can't. */
#define SIDECAR_DEV_YIELD 1u
/* The shared memory of its node, too, which is nobody else's then. */
#define SIDECAR_DEV_SHARED 2u
/* The vCPU is `index`; cpu and node are SIDECAR_DEV_ANY. */
#define SIDECAR_DEV_INDEX 4u
/*
 * One of several claims, each of an open file, which have the shared memory of
 * all their nodes together: gang_fd is -1 for the first of them, for others the
 * file of one that has it.
 */
#define SIDECAR_DEV_GANG 8u

/*
 * -EBUSY: another file, or Linux, has it; for SIDECAR_DEV_ANY: all of them.
 * -EEXIST: this file has one, or is getting one. -ENODEV: no such CPU. -ENOMEM:
 * its node has no shared memory. -E2BIG: no slice there is so large. -ENOSPC:
 * others have parts of each that is. -EBADF, -EINVAL: gang_fd is no claim of a
 * gang.
 */
struct sidecar_dev_claim {
	__u32 size;  /*  0 */
	__u32 flags; /*  4 */
	__s32 cpu;   /*  8: Linux's number, or SIDECAR_DEV_ANY */
	__s32 node;  /* 12: sidecar node, or SIDECAR_DEV_ANY */
	/*
	 * Whole pages: so much of the slice, its end, can be mapped, and holds
	 * no file, stack or services of a job. It ends where the job's memory
	 * does (job_services.memory_va, abi/job.h).
	 */
	__u64 data_bytes; /* 16 */
	__u32 index;	  /* 24: out; in with SIDECAR_DEV_INDEX */
	__s32 gang_fd;	  /* 28: 0 without SIDECAR_DEV_GANG */
	/*
	 * in: whole pages; out: as large as it is. More than the vCPU's share
	 * of its node's scratch, sidecar_dev_vcpu.slice_bytes, takes shares of
	 * other vCPUs, which can't be claimed meanwhile.
	 */
	__u64 slice_bytes;  /* 32 */
	__u64 slice_offset; /* 40: out: in its node's scratch */
	/* out: shared memory of its node, if the claim has it, else 0 */
	__u64 shared_bytes; /* 48 */
};
#define SIDECAR_DEV_CLAIM_SIZE_1 56

/*
 * Offsets for mmap(). The data, and the shared memory of the claim's node:
 * MAP_SHARED. All of the slice: MAP_PRIVATE, to read it: what is written is the
 * process's own. A program of 32 bits needs an off_t of 64.
 */
#define SIDECAR_DEV_MAP_DATA   0ull
#define SIDECAR_DEV_MAP_SLICE  (1ull << 42)
#define SIDECAR_DEV_MAP_SHARED (1ull << 43)

/* ---- Jobs --------------------------------------------------------------- */

/*
 * timeout_ms, of the calls below: how long the vCPU may take by itself, before
 * it is started again by INIT; 0: 5 s, as that may take. More than the most is
 * -EINVAL.
 */
#define SIDECAR_DEV_TIMEOUT_MOST_MS 60000u

/*
 * Returns when the job has begun. -ENODATA, for this and all below: no claim.
 * -EBUSY: one runs. -ENODEV: Linux has the vCPU. -E2BIG: the file, or what its
 * header asks for, or the data, do not fit. -EIO, -ETIMEDOUT: the vCPU does not
 * start.
 */
struct sidecar_dev_run {
	__u32 size;	  /*  0 */
	__u32 run_flags;  /*  4: JOB_RUN_... */
	__u64 file;	  /*  8: address */
	__u64 file_bytes; /* 16 */
	__u64 arg[4];	  /* 24: the job's */
	__u64 data;	  /* 56: address of what its slice is to end with */
	__u64 data_bytes; /* 64 */
	__u64 job;	  /* 72: out: its number, no other job's on this vCPU */
	__u32 timeout_ms; /* 80 */
	__u32 reserved;	  /* 84 */
};
#define SIDECAR_DEV_RUN_SIZE_1 88

/*
 * Reads the slice, the file first. -EBUSY: a job runs. -EINVAL: it is smaller.
 */
struct sidecar_dev_read {
	__u32 size;	/*  0 */
	__u32 reserved; /*  4 */
	__u64 offset;	/*  8 */
	__u64 to;	/* 16: address */
	__u64 bytes;	/* 24 */
};
#define SIDECAR_DEV_READ_SIZE_1 32

/* sidecar_dev_stop.flags: returns at once; then the job is to be asked again */
#define SIDECAR_DEV_ASK 1u

/*
 * SIDECAR_DEV_STOP asks the job of the claim to end, ends it after
 * JOB_GRACE_MS, and returns when it has ended; 0 also if the job that is meant
 * does not run. SIDECAR_DEV_END does so to the job of any vCPU, no claim
 * needed. -EPERM: whose claim that is has another user id, and the caller no
 * CAP_KILL.
 */
struct sidecar_dev_stop {
	__u32 size;	  /*  0 */
	__u32 flags;	  /*  4 */
	__u64 job;	  /*  8: its number; 0: whichever runs */
	__u32 index;	  /* 16: of its vCPU; 0 for SIDECAR_DEV_STOP */
	__u32 timeout_ms; /* 20 */
};
#define SIDECAR_DEV_STOP_SIZE_1 24

#define SIDECAR_DEV_FOREVER 0xffffffffu /* sidecar_dev_wait.timeout_ms */
/* sidecar_dev_wait.flags: return, too, when the job notifies or logs */
#define SIDECAR_DEV_EVENTS 1u
/* sidecar_dev_wait.result, instead of a SIDECAR_RESULT_...: the vCPU failed */
#define SIDECAR_DEV_LOST 0xffffffffu

/*
 * Waits for the end of the job. Returns 0 also when the time is over, with
 * ended 0. -ENXIO: there was no job. -EINTR: a signal came, or the guest was
 * saved: call it again.
 */
struct sidecar_dev_wait {
	__u32 size;		       /*   0 */
	__u32 flags;		       /*   4 */
	__u32 timeout_ms;	       /*   8 */
	__u32 ended;		       /*  12: out; those below if it is 1 */
	__u32 result;		       /*  16: out: SIDECAR_RESULT_... */
	__u32 reserved;		       /*  20 */
	__u64 ret[8];		       /*  24: out: the job's */
	__u64 ns;		       /*  88: out: from its start to its end */
	char error[SIDECAR_DEV_ERROR]; /*  96: out: text, ended by a zero */
	__u64 fault[24]; /* 352: out: struct sidecar_fault; 0: none */
	__u64 job;	 /* 544: out: its number */
	/* out, also while it runs: bytes of its log that nobody has read */
	__u64 log_lost; /* 552 */
};
#define SIDECAR_DEV_WAIT_SIZE_1 560

/*
 * A command but RUN, of abi/sidecar.h. -EPERM: all but PING and STATS need
 * CAP_SYS_RAWIO. Else as sidecar_dev_run.
 */
struct sidecar_dev_command {
	__u32 size;		       /*   0 */
	__u32 command;		       /*   4 */
	__u64 arg[8];		       /*   8 */
	__u64 ret[8];		       /*  72: out */
	__u64 ns;		       /* 136: out */
	__u32 result;		       /* 144: out */
	__u32 timeout_ms;	       /* 148 */
	char error[SIDECAR_DEV_ERROR]; /* 152: out */
};
#define SIDECAR_DEV_COMMAND_SIZE_1 408

/* RING: job_wait() returns; -ENXIO: no job. */
#define SIDECAR_DEV_INFO    _IOWR('c', 0xc0, struct sidecar_dev_info)
#define SIDECAR_DEV_VCPU    _IOWR('c', 0xc1, struct sidecar_dev_vcpu)
#define SIDECAR_DEV_CLAIM   _IOWR('c', 0xc2, struct sidecar_dev_claim)
#define SIDECAR_DEV_RUN	    _IOWR('c', 0xc3, struct sidecar_dev_run)
#define SIDECAR_DEV_STOP    _IOW('c', 0xc4, struct sidecar_dev_stop)
#define SIDECAR_DEV_RING    _IO('c', 0xc5)
#define SIDECAR_DEV_WAIT    _IOWR('c', 0xc6, struct sidecar_dev_wait)
#define SIDECAR_DEV_COMMAND _IOWR('c', 0xc7, struct sidecar_dev_command)
#define SIDECAR_DEV_NODE    _IOWR('c', 0xc8, struct sidecar_dev_node)
#define SIDECAR_DEV_READ    _IOW('c', 0xc9, struct sidecar_dev_read)
#define SIDECAR_DEV_END	    _IOW('c', 0xca, struct sidecar_dev_stop)

/*
 * read(): the job's log; waits for text unless O_NONBLOCK; 0 once the job has
 * ended and all is read. Text that was not read in time is lost, and counted
 * (sidecar_dev_wait.log_lost); what there is at the end of a job stays until
 * the next one, whatever its vCPU does. poll(): POLLIN: read() does not wait.
 * POLLHUP: the job has ended. POLLPRI: something happened since the last
 * SIDECAR_DEV_WAIT. Nothing before a claim, which a poll that began before does
 * not end.
 */

#endif
