/* SPDX-License-Identifier: MIT */
/*
 * The narrow interface at the bottom of libsidecar: how it reaches the guest's
 * pages and vCPUs, and how it waits. Everything above is independent of it.
 * devmem.c implements it by /dev/mem, xen-privcmd, msr and lock files, driver.c
 * by the driver.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sidecar/libsidecar.h"

/* How Xen and the APIC name a vCPU. */
struct cpu {
	uint32_t vcpu_id, apic_id;
};

enum claim_kind {
	CLAIM_VCPU,    /* to use the vCPU: one client at a time */
	CLAIM_SIGNALS, /* for a moment: nobody else sends NMI, INIT or SIPI */
};

/* Identifies a job: no other one on its vCPU has the same pair. */
struct job_name {
	uint64_t entry_tsc, nr_jobs;
};

/* What is remembered of a job. */
struct job_note {
	struct job_name name; /* nr_jobs: when it has ended */
	uint64_t nr_commands; /* of its vCPU, the job itself too */
	bool ended;
	struct sidecar_answer answer; /* when it has ended */
	/* of scratch: its client is still to read it; 0 bytes: it is not */
	uint64_t slice_offset, slice_bytes;
	/* softirqs.h, before the job was handed over; UINT64_MAX: not known */
	uint64_t softirqs;
};

struct backend {
	/* Guest-physical memory, write-back. NULL with errno set. */
	void *(*map)(struct backend *b, uint64_t pa, size_t bytes,
		     bool writable);
	void (*unmap)(struct backend *b, void *p, size_t bytes);

	/* 0 or a negative errno; -ENODEV: there is no way to do it. */

	/* Makes a vCPU that is DOWN read its state; -EINVAL: never started.
	 */
	int (*wake)(struct backend *b, const struct cpu *cpu);
	/* Makes one that runs read its state, by an NMI. */
	int (*interrupt)(struct backend *b, const struct cpu *cpu);
	/* INIT: it runs nothing afterwards. */
	int (*send_init)(struct backend *b, const struct cpu *cpu);
	/* SIPI: it begins at @entry_pa, in real mode. */
	int (*send_sipi)(struct backend *b, const struct cpu *cpu,
			 uint64_t entry_pa);

	/*
	 * Brings its status byte and command page up to date; NULL where these
	 * are the vCPU's own.
	 */
	void (*look)(struct backend *b, const struct cpu *cpu);
	/* 1, 0: it is DOWN, or -1: not known. */
	int (*is_up)(struct backend *b, const struct cpu *cpu);
	/*
	 * Bytes of the log of its job that were lost before they came to its
	 * command page, since the last call; NULL where the page is the
	 * vCPU's own.
	 */
	uint32_t (*log_lost)(struct backend *b, const struct cpu *cpu);
	/* Returns when fd, if there is one, reports something, or after @ns.
	 */
	void (*wait)(struct backend *b, uint64_t ns);
	/*
	 * Where vCPUs are to send their events, for command pages; 0: nothing
	 * tells, whatever fd is. NULL where fd needs no such word.
	 */
	uint64_t (*event)(struct backend *b);

	/*
	 * What the next claim of a vCPU, by CLAIM_VCPU, is to have, or nothing:
	 * so many bytes of its node's scratch, 0: its share, and the shared
	 * memory of a gang, with the claim of @first; NULL: none. The claim is
	 * -E2BIG if there is no such slice, -ENOSPC if none is free. NULL where
	 * claims have no memory: job_slice.c sees to that.
	 */
	void (*want)(struct backend *b, const struct cpu *cpu, uint64_t bytes,
		     const struct cpu *first);
	/* The slice of the claim, in scratch; as want(). */
	void (*slice)(struct backend *b, const struct cpu *cpu,
		      uint64_t *offset, uint64_t *bytes);
	/* A claim, for release(), or a negative errno; -EAGAIN: another has it.
	 */
	int (*claim)(struct backend *b, uint32_t vcpu_id, enum claim_kind kind);
	void (*release)(struct backend *b, int claim);
	/* Remembers, until the next boot, restore or migration, that Linux had
	 * it. */
	void (*note_linux)(struct backend *b, int claim);
	bool (*linux_had)(struct backend *b, uint32_t vcpu_id);
	/*
	 * Remembers, until the next boot, what softirqs.h counted when it came
	 * into the sidecar.
	 */
	void (*note_softirqs)(struct backend *b, uint32_t vcpu_id, uint64_t n);
	uint64_t (*noted_softirqs)(struct backend *b, uint32_t vcpu_id);
	/* Remembers, until the next boot, its last job. */
	void (*note_job)(struct backend *b, int claim,
			 const struct job_note *note);
	bool (*noted_job)(struct backend *b, uint32_t vcpu_id,
			  struct job_note *note);
	/* A vCPU that this client has claimed has something for who watches. */
	void (*tell)(struct backend *b, int claim);
	/*
	 * From now on wait() returns when who has claimed the vCPU tells or
	 * notes anything; and when that one gives it up, nr_changes is counted
	 * up, too. False: nobody has claimed it, or that cannot be told. tell()
	 * and watch() are NULL where nobody can watch.
	 */
	bool (*watch)(struct backend *b, uint32_t vcpu_id);

	void (*close)(struct backend *b);

	bool can_wake;	    /* wake() */
	bool can_interrupt; /* interrupt() */
	bool can_init;	    /* send_init() and send_sipi() */
	bool can_tell_up;   /* is_up() */
	bool wakes_by_nmi;  /* must not be sent to a vCPU that Linux may have */
	/*
	 * The driver's: it keeps Linux from a vCPU that something is sent to,
	 * and clients apart. A job has shared memory only in a gang, and only
	 * its client sees its log and its end.
	 */
	bool is_driver;
	uint32_t nr_told; /* how often wait() has returned for something */
	/*
	 * wait() returns, and has counted up nr_changes, when Linux has brought
	 * a CPU online or offline, and when the guest was restored; the driver
	 * ends the job that ran there
	 */
	bool tells_changes;
	uint32_t nr_changes;
	int fd; /* readable when something happens, or -1 */
	const char *memory, *claims; /* files, for messages */
	char method[256]; /* how vCPUs are woken, what is missing and why */
};

#endif
