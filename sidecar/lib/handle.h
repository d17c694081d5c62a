/* SPDX-License-Identifier: MIT */
/*
 * The data of libsidecar's handle. Everything read from the table and the
 * control pages is checked when it is opened and kept as a copy; later only
 * status bytes and command pages are read.
 *
 * The functions are layers (docs/tree.md); a layer's header includes no higher
 * one.
 */
#ifndef HANDLE_H
#define HANDLE_H

#include "abi/job.h"
#include "backend.h"
#include "paths.h"
#include "sidecar/libsidecar.h"

/* Proofs use fewer. */
#ifndef HANDLE_MAX_NODES
#define HANDLE_MAX_NODES 128u
#endif
#ifndef HANDLE_MAX_CPUS
#define HANDLE_MAX_CPUS 1024u /* entries of the MADT that are looked at */
#endif

struct sidecar_node {
	uint32_t number, vnode, memory_vnode;
	uint32_t nr_slots, nr_parked; /* nr_parked: slots that have pages */
	uint64_t carve_pa, carve_bytes;
	uint64_t scratch_pa, scratch_bytes;
	uint64_t shared_pa, shared_bytes;
	void *shared; /* NULL: sidecar_shared() was not called */
	volatile struct sidecar_control *control;
};

/* A wait for a vCPU, and what is sent to it again and again meanwhile. */
struct wait {
	uint64_t begin_ns, next_ns; /* next_ns: when to send, or look, again */
	uint32_t nr_sent;
	bool was_down; /* at the last wake */
	bool looked;   /* it was checked whether Linux had the vCPU */
};

/* What a job has of its node's scratch. */
struct job_slice {
	uint64_t offset, bytes;
	uint32_t lent; /* of these vCPUs' shares, by the index of their pages */
};

/* Jobs that started together; until the last of them has ended. */
struct gang {
	uint32_t nr, nr_active;
	uint32_t id;		   /* of its page's contents: job_gang.state */
	struct sidecar_node *node; /* whose shared memory has the page ... */
	uint64_t offset;	   /* ... and where */
	struct job_gang *page;
	/* of the vCPU that has the page, once its rank has ended; -1: none */
	int lock;
	const struct sidecar_vcpu *owner;
	uint64_t until_ns; /* so long */
	bool ended;	   /* a rank has */
	bool failed;	   /* and not with 0: */
	char why[SIDECAR_ERROR_SIZE];
	struct gang_rank {
		struct sidecar_vcpu *v; /* NULL: it has ended */
		uint32_t rung;		/* job_gang.asleep[] at the last ring */
	} rank[];
};

/* A job that this handle has started, or watches, and not yet seen end. */
struct job {
	struct sidecar_job what;
	int lock;
	bool locked; /* that lock is held */
	bool active;
	bool attached;	     /* somebody else's: it is only watched */
	bool leaves_log;     /* for those who watch it */
	bool begun;	     /* the vCPU has seen the command */
	bool restarted;	     /* INIT, new start */
	bool killed;	     /* which ended the job */
	uint8_t state;	     /* RUN or STOP, as of the last look */
	uint32_t nr_changes; /* the backend's, as of the last look ... */
	uint32_t nr_told;    /* ... and as of the last poll */
	uint32_t told_at;    /* bytes of its log of which watchers were told */
	uint64_t nr_commands;
	uint64_t start_ns;	    /* of the job */
	struct job_name name;	    /* once it has begun */
	struct sidecar_fault fault; /* .job is 0: none */
	/* attached: bytes of its log ever read, since which start */
	uint32_t log_at;
	uint64_t log_tsc;
	uint64_t gone_ns; /* attached: ended since, no result found */
	struct job_slice slice;
	struct gang *gang; /* or NULL */
	uint32_t rank;
	struct wait wait;
};

struct sidecar_vcpu {
	struct sidecar *s;
	struct sidecar_node *node;
	uint32_t slot;
	uint32_t pages; /* index of its pages */
	struct cpu cpu;
	int32_t linux_cpu; /* -1: not known, or Linux has no such CPU */
	volatile struct sidecar_command *command; /* NULL: a base vCPU */
	volatile uint8_t *status;
	/* its lock, for so many jobs that take some of its share of scratch */
	int lent;
	uint32_t nr_lent;
	struct job job;
};

/* An entry of the MADT. */
struct madt_cpu {
	struct cpu cpu;
	/*
	 * Linux's number. A disabled entry, which Linux hot-adds or leaves
	 * alone, has none by its place: -1 until Linux has told it.
	 */
	int32_t linux_cpu;
	bool disabled;
};

struct sidecar {
	const struct paths *paths;
	struct backend *backend;
	uint64_t timeout_ns;
	struct scar_header scar;
	uint32_t nr_nodes;
	struct sidecar_node node[HANDLE_MAX_NODES];
	uint32_t nr_vcpus;
	struct sidecar_vcpu vcpu[HANDLE_MAX_NODES * SIDECAR_NODE_VCPUS];
	uint32_t nr_cpus;
	struct madt_cpu cpu[HANDLE_MAX_CPUS];
	char detail[SIDECAR_DETAIL_SIZE], bad_node[SIDECAR_DETAIL_SIZE];
};

#endif
