/* SPDX-License-Identifier: MIT */
/*
 * libsidecar: using the sidecar from Linux in the guest, without a driver.
 * Finds it by the ACPI table SCAR, reaches its pages through /dev/mem, wakes
 * vCPUs through xen-privcmd (VCPUOP_up) or the msr module (x2APIC ICR). Needs
 * root. A handle is for one thread; locks keep other clients away from a vCPU
 * that is in use. docs/sidecarctl.md says who may do what.
 */
#ifndef SIDECAR_LIBSIDECAR_H
#define SIDECAR_LIBSIDECAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/job.h"
#include "abi/sidecar.h"

struct sidecar;

enum sidecar_error {
	SIDECAR_OK,
	SIDECAR_E_ROOT,	   /* not root */
	SIDECAR_E_ABSENT,  /* no table SCAR: Linux has all its vCPUs */
	SIDECAR_E_TABLE,   /* the table SCAR is not valid */
	SIDECAR_E_ABI,	   /* an ABI version that is not ours */
	SIDECAR_E_MEM,	   /* /dev/mem is not there or forbidden */
	SIDECAR_E_CONTROL, /* a control page is not valid */
	SIDECAR_E_CPUS,	   /* vCPUs and Linux's CPUs do not agree */
	SIDECAR_E_SYSTEM,  /* memory, lock files */
	SIDECAR_E_CPU,	   /* no such vCPU, or never the sidecar's */
	SIDECAR_E_LINUX,   /* Linux has the vCPU: it is not touched */
	SIDECAR_E_REMOVED, /* not in the sidecar: sidecar_return() */
	SIDECAR_E_STATE,   /* its status byte has no valid value */
	SIDECAR_E_BUSY,	   /* another client has it */
	SIDECAR_E_WAY,	   /* neither xen-privcmd nor msr can do this */
	SIDECAR_E_TIMEOUT, /* no answer within the deadline */
	SIDECAR_E_COMMAND, /* the vCPU refused the command, or it failed */
	SIDECAR_E_JOB,	   /* the job can't be loaded, or one runs already */
	SIDECAR_E_REFUSED, /* Linux refused to online or offline the CPU */
};
const char *sidecar_error_text(enum sidecar_error e);

/* ---- Opening ------------------------------------------------------------ */

#define SIDECAR_TIMEOUT_MS     5000u
#define SIDECAR_MAX_TIMEOUT_MS 3600000u

/*
 * Finds and checks everything. *@s is a handle also after an error, for
 * sidecar_detail() and sidecar_close(); NULL only without memory
 * (SIDECAR_E_SYSTEM).
 */
enum sidecar_error sidecar_open(struct sidecar **s);
/*
 * The longest wait of any call for a vCPU; 0: SIDECAR_TIMEOUT_MS, as it is
 * after sidecar_open(). Below JOB_GRACE_MS INIT may end a job that is stopped
 * before its time is over.
 */
void sidecar_set_timeout(struct sidecar *s, uint32_t timeout_ms);
void sidecar_close(struct sidecar *s);
/* One line about the last error, without a newline; valid until the next. */
const char *sidecar_detail(const struct sidecar *s);
/* One line: how vCPUs are woken, and what is missing and why. */
const char *sidecar_way(const struct sidecar *s);
/*
 * One line about the first node whose control page is not valid, or empty. Such
 * a node has no vCPUs here; if all are like that, they cannot be opened.
 */
const char *sidecar_left_out(const struct sidecar *s);

/* ---- What there is ------------------------------------------------------ */

struct sidecar_node_info {
	uint32_t node, vnode, carve_vnode;
	uint32_t nr_slots, nr_parked; /* nr_parked: slots that have pages */
	uint64_t carve_pa;	      /* guest-physical */
	uint64_t carve_size;	      /* bytes, scratch included */
	uint64_t scratch_size;	      /* bytes */
};

enum sidecar_linux {
	SIDECAR_LINUX_NONE,    /* Linux has no such CPU */
	SIDECAR_LINUX_OFFLINE, /* it may take it by its online file */
	SIDECAR_LINUX_ONLINE,
	SIDECAR_LINUX_MOVING, /* it is being onlined or offlined */
};

struct sidecar_vcpu_info {
	uint32_t node; /* index for sidecar_node() */
	uint32_t slot;
	uint32_t vcpu_id, apic_id;
	int32_t linux_cpu; /* Linux's CPU number, -1 if it has none */
	enum sidecar_linux in_linux;
	bool base;	/* never the sidecar's */
	uint8_t state;	/* SIDECAR_REMOVED ...; any other value is a defect */
	int up;		/* 1, 0, or -1: cannot be asked */
	bool job;	/* a job runs on it */
	bool linux_had; /* Linux had it since the boot, or the last restore */
};

uint32_t sidecar_nr_nodes(const struct sidecar *s);
/* @i below sidecar_nr_nodes(). */
void sidecar_node(const struct sidecar *s, uint32_t i,
		  struct sidecar_node_info *info);
uint32_t sidecar_nr_vcpus(const struct sidecar *s);
/* As it is now; @i below sidecar_nr_vcpus(). */
void sidecar_vcpu(struct sidecar *s, uint32_t i,
		  struct sidecar_vcpu_info *info);
/* The index of a Linux CPU number for the functions here, or -1. */
int32_t sidecar_find_cpu(const struct sidecar *s, uint32_t linux_cpu);
/* A short word for a state of SIDECAR_REMOVED ..., "?" for any other value. */
const char *sidecar_state_text(uint8_t state);

/*
 * The shim's boot log: text of at most 1 MiB, cut at its first zero, for
 * free(). Bytes are as they are in memory.
 */
enum sidecar_error sidecar_log(struct sidecar *s, char **text, size_t *bytes);

/* ---- What can be done --------------------------------------------------- */

struct sidecar_answer {
	uint32_t result;     /* SIDECAR_RESULT_OK or another */
	uint64_t ret[8];     /* docs/abi.md, command page */
	uint64_t elapsed_ns; /* from the first wake to the answer */
	bool restarted;	     /* it did not answer at first: INIT, new start */
	char error[SIDECAR_ERROR_SIZE]; /* printable; empty if there is none */
};

/*
 * Runs @command (SIDECAR_COMMAND_PING ..., any but RUN) on vCPU @i and waits
 * for it. @arg: eight arguments, or NULL for zeros. A vCPU that does not answer
 * is restarted once if there is a way; one that runs a job is SIDECAR_E_BUSY.
 * SIDECAR_E_COMMAND: @answer->result and ->error say why.
 */
enum sidecar_error sidecar_request(struct sidecar *s, uint32_t i,
				   uint32_t command, const uint64_t *arg,
				   struct sidecar_answer *answer);
/*
 * Gives vCPU @i to Linux: it leaves the sidecar, goes DOWN, and Linux onlines
 * it. SIDECAR_E_LINUX: Linux has it already. SIDECAR_E_REFUSED: it is left
 * REMOVED. SIDECAR_E_BUSY: a job runs on it. Linux's own work has no deadline.
 */
enum sidecar_error sidecar_online(struct sidecar *s, uint32_t i);
/*
 * Takes vCPU @i back: Linux offlines it if it has it, then INIT and SIPI
 * start it in the sidecar. Also heals a vCPU that does not answer. Needs the
 * msr module. SIDECAR_E_BUSY: a job runs on it.
 */
enum sidecar_error sidecar_return(struct sidecar *s, uint32_t i);
/*
 * What sidecar_return() says first, to be asked before anything else is done
 * for it: SIDECAR_E_WAY without the msr module.
 */
enum sidecar_error sidecar_check_return(struct sidecar *s, uint32_t i);

/* ---- Jobs --------------------------------------------------------------- */

struct sidecar_job {
	const void *file; /* docs/jobs.md; stays until the job has ended */
	size_t file_bytes;
	uint64_t arg[4];
	uint32_t run_flags; /* JOB_RUN_... */
	bool if_free;	    /* if another client has the vCPU: no wait for it */
};

/* What came of a job since the last look. */
struct sidecar_progress {
	bool ended;
	struct sidecar_answer answer; /* once it has ended */
	uint32_t log_lost; /* bytes before log[] that came too fast */
	uint32_t log_bytes;
	char log[SIDECAR_LOG_SIZE]; /* as the job wrote it */
};

/*
 * Bytes of scratch that a job on vCPU @i has for its file, stack, tables and
 * memory: an equal share of the node's, so that jobs never meet, but at most
 * SIDECAR_SLICE_MAX. 0: none.
 */
uint64_t sidecar_job_bytes(const struct sidecar *s, uint32_t i);
/*
 * Loads a job and starts it. The vCPU is this handle's alone until
 * sidecar_job_poll() says that the job has ended, or sidecar_close(), which
 * leaves it running; a vCPU that has not seen it then is woken until the
 * deadline, and the job told to stop should it begin later.
 */
enum sidecar_error sidecar_job_start(struct sidecar *s, uint32_t i,
				     const struct sidecar_job *job);
/*
 * To be called every few milliseconds: never waits for a job, but for a vCPU
 * that has to be started again. Any error ends the job for this handle;
 * SIDECAR_E_COMMAND with @p->ended: its result is not SIDECAR_RESULT_OK. A vCPU
 * that did not see the job within the deadline is started again, once; one that
 * does not stop within it is too, and the result is SIDECAR_RESULT_STOPPED.
 * After SIDECAR_E_TIMEOUT a job that starts all the same is told to stop.
 */
enum sidecar_error sidecar_job_poll(struct sidecar *s, uint32_t i,
				    struct sidecar_progress *p);
/* Asks a job of this handle to end; sidecar_job_poll() says when it has. */
void sidecar_job_stop(struct sidecar *s, uint32_t i);
/*
 * Ends the job that runs on vCPU @i, whoever started it, and waits until it has
 * ended. SIDECAR_OK also if none runs. *@restarted: INIT had to end it.
 */
enum sidecar_error sidecar_stop(struct sidecar *s, uint32_t i, bool *restarted);

#endif
