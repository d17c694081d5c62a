/* SPDX-License-Identifier: MIT */
/*
 * libsidecar: use the parked vCPUs of a Xen PVH guest from Linux in that guest.
 * Needs root, or the driver xen_sidecar and its group. docs/man/libsidecar.3
 * has an example, docs/sidecarctl.md says which client may do what.
 *
 * A handle, with its nodes and vCPUs, is for one thread at a time. Lock files
 * keep other clients away from a vCPU that is in use. A pointer to a result may
 * be NULL if the caller does not want it, except for sidecar_open().
 *
 * Programs built with an older header of the same SONAME keep working. The
 * caller sets the size of a struct to sizeof() of its own version: members that
 * its version lacks are zero for the library, and not written. New errors and
 * states may be added: treat unknown ones as failures.
 */
#ifndef SIDECAR_LIBSIDECAR_H
#define SIDECAR_LIBSIDECAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/job.h"
#include "abi/sidecar.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; sidecar_version() is that of the library. */
#define SIDECAR_VERSION_MAJOR 2
#define SIDECAR_VERSION_MINOR 1

const char *sidecar_version(void);

/* A handle: the sidecar of this guest. */
struct sidecar;
/* A sidecar node: at most 32 vCPUs of one vnode, with memory of their own. */
struct sidecar_node;
/* A vCPU of a sidecar node. */
struct sidecar_vcpu;

/* ---- Errors ------------------------------------------------------------- */

enum sidecar_error {
	SIDECAR_OK = 0,
	SIDECAR_E_ROOT = 1,	/* not root */
	SIDECAR_E_ABSENT = 2,	/* no table SCAR: Linux has all its vCPUs */
	SIDECAR_E_TABLE = 3,	/* the table SCAR is not valid */
	SIDECAR_E_ABI = 4,	/* an ABI version that is not ours */
	SIDECAR_E_MEM = 5,	/* /dev/mem is not there or forbidden */
	SIDECAR_E_CONTROL = 6,	/* a control page is not valid */
	SIDECAR_E_CPUS = 7,	/* vCPUs and Linux's CPUs do not agree */
	SIDECAR_E_SYSTEM = 8,	/* memory, lock files */
	SIDECAR_E_CPU = 9,	/* not a CPU of the sidecar */
	SIDECAR_E_LINUX = 10,	/* Linux has the vCPU: it is not touched */
	SIDECAR_E_REMOVED = 11, /* not in the sidecar: sidecar_vcpu_return() */
	SIDECAR_E_STATE = 12,	/* its status byte has no valid value */
	SIDECAR_E_BUSY = 13,	/* another client, or a job, has it */
	SIDECAR_E_WAY = 14,	/* neither xen-privcmd nor msr can do this */
	SIDECAR_E_TIMEOUT = 15, /* no answer within the timeout */
	SIDECAR_E_COMMAND = 16, /* the vCPU refused the command, or it failed */
	SIDECAR_E_JOB = 17, /* the job can't be loaded, or one runs already */
	SIDECAR_E_REFUSED = 18, /* Linux refused to online or offline the CPU */
	SIDECAR_E_ARGUMENT = 19, /* the caller's: a size, a count, no file */
};

/* A constant string; "unknown error" if @e is not listed. */
const char *sidecar_error_text(enum sidecar_error e);

#define SIDECAR_DETAIL_SIZE 256u
/*
 * Copies one line, without a newline and cut to @size bytes, about the last
 * call that failed on this handle. @s is NULL if sidecar_open() left none.
 */
void sidecar_get_detail(const struct sidecar *s, char *text, size_t size);

/* ---- Opening ------------------------------------------------------------ */

/*
 * Finds and checks everything. *@s is a handle also after an error, for
 * sidecar_get_detail() and sidecar_close(); NULL only without memory
 * (SIDECAR_E_SYSTEM).
 */
enum sidecar_error sidecar_open(struct sidecar **s);
/*
 * @s may be NULL. Running jobs are left running: sidecar_job_start(). With the
 * driver they end.
 */
void sidecar_close(struct sidecar *s);

#define SIDECAR_TIMEOUT_MS     5000u
#define SIDECAR_MAX_TIMEOUT_MS 3600000u
/*
 * The longest time that a call waits for a vCPU, at most
 * SIDECAR_MAX_TIMEOUT_MS. 0: the default, SIDECAR_TIMEOUT_MS. Below
 * JOB_GRACE_MS, a job that is asked to end may be killed by INIT before its
 * time is over.
 */
void sidecar_set_timeout(struct sidecar *s, uint32_t timeout_ms);

/*
 * One line: how vCPUs are woken, what is missing and why. Valid until
 * sidecar_close().
 */
const char *sidecar_wake_method(const struct sidecar *s);
/*
 * It uses the driver, /dev/sidecar. Then only jobs of gangs have shared memory,
 * and only the handle that has started a job sees its log and end.
 */
bool sidecar_has_driver(const struct sidecar *s);
/*
 * One line about the first node whose control page is not valid; NULL if all
 * are. Such a node has no vCPUs in this handle. If all nodes are like that,
 * sidecar_open() fails. Valid until sidecar_close().
 */
const char *sidecar_bad_node(const struct sidecar *s);

/*
 * The shim's boot log: at most 1 MiB of text, ended by a zero byte, as it is in
 * memory. The caller frees it with free().
 */
enum sidecar_error sidecar_boot_log(struct sidecar *s, char **text,
				    size_t *bytes);

/* ---- Nodes -------------------------------------------------------------- */

uint32_t sidecar_nr_nodes(const struct sidecar *s);
/* NULL if @i is out of range. */
const struct sidecar_node *sidecar_get_node(const struct sidecar *s,
					    uint32_t i);

uint32_t sidecar_node_number(const struct sidecar_node *n);
/* The vnode of its vCPUs, and that of its memory. */
uint32_t sidecar_node_vnode(const struct sidecar_node *n);
uint32_t sidecar_node_memory_vnode(const struct sidecar_node *n);
/* Its memory: guest-physical address, size, and how much of it is scratch. */
uint64_t sidecar_node_address(const struct sidecar_node *n);
uint64_t sidecar_node_bytes(const struct sidecar_node *n);
uint64_t sidecar_node_scratch_bytes(const struct sidecar_node *n);
/* Memory that programs and jobs of the node share: sidecar.shared= */
uint64_t sidecar_node_shared_bytes(const struct sidecar_node *n);
/*
 * Maps the shared memory of the node sidecar_get_node(@s, @i), for reading and
 * writing, until sidecar_close(). It begins at a multiple of a page, holds what
 * was last written to it, and belongs to whoever uses it: nothing keeps two
 * programs apart there. A job finds it at services.shared_va.
 * SIDECAR_E_ARGUMENT: the node has none.
 */
enum sidecar_error sidecar_shared(struct sidecar *s, uint32_t i, void **p,
				  size_t *bytes);

/* ---- vCPUs -------------------------------------------------------------- */

uint32_t sidecar_nr_vcpus(const struct sidecar *s);
/* NULL if @i is out of range. */
struct sidecar_vcpu *sidecar_get_vcpu(struct sidecar *s, uint32_t i);
/*
 * By Linux's CPU number. SIDECAR_E_CPU if it is in no node, SIDECAR_E_CONTROL
 * if it may be in the one that sidecar_bad_node() names; *@v is NULL then.
 */
enum sidecar_error sidecar_find_cpu(struct sidecar *s, uint32_t linux_cpu,
				    struct sidecar_vcpu **v);

/* These never change. */

const struct sidecar_node *sidecar_vcpu_node(const struct sidecar_vcpu *v);
uint32_t sidecar_vcpu_slot(const struct sidecar_vcpu *v);
uint32_t sidecar_vcpu_id(const struct sidecar_vcpu *v);
uint32_t sidecar_vcpu_apic_id(const struct sidecar_vcpu *v);
/* Linux boots on it: it is never in the sidecar. */
bool sidecar_vcpu_is_base(const struct sidecar_vcpu *v);
/*
 * Bytes of scratch that a job on it has for its file, stack and memory:
 * an equal share of the node's, so that jobs never meet, but at most
 * SIDECAR_SLICE_MAX. 0: none.
 */
uint64_t sidecar_vcpu_job_bytes(const struct sidecar_vcpu *v);

enum sidecar_linux {
	SIDECAR_LINUX_NONE = 0,	   /* Linux has no such CPU */
	SIDECAR_LINUX_OFFLINE = 1, /* can be onlined by its online file */
	SIDECAR_LINUX_ONLINE = 2,
	SIDECAR_LINUX_MOVING = 3, /* it is being onlined or offlined */
	/* Linux does not say which CPU it is: it is left to Linux */
	SIDECAR_LINUX_UNKNOWN = 4,
};

/* These return the state at the moment of the call. */

/* -1 if Linux has no such CPU, or does not say which. */
int32_t sidecar_vcpu_linux_cpu(const struct sidecar_vcpu *v);
enum sidecar_linux sidecar_vcpu_in_linux(const struct sidecar_vcpu *v);
/* SIDECAR_REMOVED, ...; any other value: the status byte was overwritten. */
uint8_t sidecar_vcpu_state(const struct sidecar_vcpu *v);
/* 1: up, 0: DOWN, -1: not known. */
int sidecar_vcpu_is_up(const struct sidecar_vcpu *v);
/* A job runs on it, whoever started it. */
bool sidecar_vcpu_has_job(const struct sidecar_vcpu *v);
/* Linux had it since the boot, or since the last restore. */
bool sidecar_vcpu_linux_had(const struct sidecar_vcpu *v);

/* A word for a state; "?" for any other value. */
const char *sidecar_state_text(uint8_t state);

/* ---- Commands ----------------------------------------------------------- */

struct sidecar_answer {
	size_t size;	 /* set by the caller: sizeof(struct sidecar_answer) */
	uint64_t ret[8]; /* docs/abi.md, command page */
	uint64_t elapsed_ns; /* from the first wake to the answer */
	uint32_t result;     /* SIDECAR_RESULT_OK or another */
	bool restarted;	     /* it did not answer and was started again */
	char error[SIDECAR_ERROR_SIZE]; /* printable; empty if there is none */
};

/*
 * Runs @command (SIDECAR_COMMAND_PING ..., any but RUN) on @v and waits for the
 * answer. @arg: at most eight arguments, the others are zero. A vCPU that does
 * not answer is started again once, if that is possible. SIDECAR_E_BUSY: a job
 * runs on it. SIDECAR_E_COMMAND: @answer has the reason.
 */
enum sidecar_error sidecar_vcpu_command(struct sidecar_vcpu *v,
					uint32_t command, const uint64_t *arg,
					size_t nr_args,
					struct sidecar_answer *answer);
/*
 * Gives @v to Linux: it leaves the sidecar, goes DOWN, and Linux onlines it.
 * SIDECAR_E_LINUX: Linux has it already. SIDECAR_E_REFUSED: it stays REMOVED.
 * SIDECAR_E_BUSY: a job runs on it. No timeout ends Linux's own work.
 */
enum sidecar_error sidecar_vcpu_online(struct sidecar_vcpu *v);
/*
 * Takes @v back: Linux offlines it if it has it, then INIT and SIPI start it in
 * the sidecar. Also repairs a vCPU that does not answer. Needs the msr module.
 * SIDECAR_E_BUSY: a job runs on it.
 */
enum sidecar_error sidecar_vcpu_return(struct sidecar_vcpu *v);
/*
 * Whether sidecar_vcpu_return() is possible at all: SIDECAR_E_WAY without the
 * msr module. Call it before anything else is changed for a return.
 */
enum sidecar_error sidecar_vcpu_check_return(struct sidecar_vcpu *v);

/* ---- Jobs --------------------------------------------------------------- */

struct sidecar_job {
	size_t size;	  /* sizeof(struct sidecar_job) */
	const void *file; /* docs/jobs.md; keep it until the job has ended */
	size_t file_bytes;
	uint64_t arg[4];
	uint32_t run_flags; /* JOB_RUN_... */
	bool if_free;	    /* fail at once if another client has the vCPU */
	/* with JOB_RUN_IO in run_flags, version 2.1 */
	const void *input; /* or NULL; keep it until the job has ended */
	size_t input_bytes;
	/*
	 * Called by sidecar_job_poll() when the job has ended, before anybody
	 * else can use the vCPU, if the job has set an output.
	 */
	void (*output)(void *output_arg, const void *p, size_t bytes);
	void *output_arg;
	/*
	 * Scratch for the job: file, stack and memory. 0: an equal share,
	 * sidecar_vcpu_job_bytes(). More takes the shares of other vCPUs of the
	 * node, which run no jobs then.
	 */
	uint64_t memory_bytes;
	/*
	 * Its arguments, as those of main(); keep them until it has ended. At
	 * most JOB_ARGS_BYTES with a 0 behind each.
	 */
	const char *const *argv;
	uint32_t nr_args;
	/*
	 * Called by sidecar_job_poll() when an exception has ended the job,
	 * before anybody else can use the vCPU: sidecar_job_fault() has the
	 * registers, @p its slice, which it saw at JOB_VA.
	 */
	void (*died)(void *died_arg, const struct sidecar_vcpu *v,
		     const void *p, size_t bytes);
	void *died_arg;
};

/*
 * Loads a job and starts it. The vCPU belongs to this handle until
 * sidecar_job_poll() reports the end of the job, or until sidecar_close(),
 * which leaves the job running. If the vCPU has not seen the job by then,
 * sidecar_close() wakes it until the timeout, and tells the job to stop if it
 * begins later.
 */
enum sidecar_error sidecar_job_start(struct sidecar_vcpu *v,
				     const struct sidecar_job *job);

/*
 * Starts a gang: @job on @nr vCPUs of this handle (at most JOB_MAX_RANKS), of
 * any nodes; @v[i] is rank i. Either all are started, or none. From then on
 * each is a job of this handle: poll all of them. Where job_barrier() makes
 * ranks sleep, sidecar_job_poll() of any rank rings them. Once one has ended,
 * job_barrier() fails for the others; if its result was not OK, they are asked
 * to end, and their answers name it. All see the shared memory of all their
 * nodes; the page for the barrier is at the end of that of the first rank whose
 * node has any (docs/jobs.md); that vCPU stays locked until the last rank has
 * ended, the timeout at most. Only rank 0 has an output. The vCPUs are locked
 * in this order: who starts gangs beside other clients names them by ascending
 * number.
 */
enum sidecar_error sidecar_gang_start(struct sidecar_vcpu *const *v,
				      uint32_t nr,
				      const struct sidecar_job *job);

struct sidecar_progress {
	/* set by the caller */
	size_t size; /* sizeof(struct sidecar_progress) */
	char *log;   /* buffer for the job's log, or NULL */
	size_t log_size;
	/* set by the library */
	size_t log_bytes;  /* bytes in the buffer, as the job wrote them */
	uint32_t log_lost; /* bytes before these that came too fast */
	bool ended;	   /* and all of its log has been handed out */
};

/*
 * The job's progress since the last call; @answer is written once it has
 * ended. Call it after each sidecar_wait(). It never waits for a job, only for
 * a vCPU that has to be started again: once if it has not seen the job within
 * the timeout; also if the job does not stop within it, with the result
 * SIDECAR_RESULT_STOPPED. Any error ends the job for this handle.
 * SIDECAR_E_COMMAND with @p->ended: the result is not SIDECAR_RESULT_OK;
 * another error with it: the output is not in the job's memory. After
 * SIDECAR_E_TIMEOUT a job that starts late is told to stop.
 */
enum sidecar_error sidecar_job_poll(struct sidecar_vcpu *v,
				    struct sidecar_progress *p,
				    struct sidecar_answer *answer);
/*
 * Waits until the jobs of this handle need sidecar_job_poll(), a job notifies,
 * or a signal comes, at most @timeout_ms. Then poll every job of the handle.
 */
enum sidecar_error sidecar_wait(struct sidecar *s, uint32_t timeout_ms);
/*
 * A descriptor for poll(2), readable when something has happened to a vCPU:
 * text in a job's log, its end, job_notify(). Call sidecar_wait(@s, 0) then,
 * which takes what was told, and sidecar_job_poll() for every job of the
 * handle; also every 100 ms, unless sidecar_wait() is what waits, which knows
 * when there is nothing to look at. sidecar_close() closes it. -1: there is
 * none (the module xen-evtchn is not loaded), or nothing comes any more (the
 * guest was restored, or migrated, since sidecar_open()), call
 * sidecar_job_poll() every few milliseconds, or sidecar_wait().
 */
int sidecar_fd(const struct sidecar *s);

/*
 * Rings the job that runs on @v: job_wait() returns, or the next one will. What
 * the job is to see is written before. Costs a store where the job does not
 * wait, an NMI where it does. Rings that the job has not yet seen are one.
 */
enum sidecar_error sidecar_job_ring(struct sidecar_vcpu *v);
/* The vCPU has seen the job of this handle. */
bool sidecar_job_has_begun(const struct sidecar_vcpu *v);
/*
 * Leaves the log of this handle's job to sidecar_job_attach(): from now on
 * sidecar_job_poll() hands out nothing of it. The last SIDECAR_LOG_SIZE bytes
 * are kept.
 */
void sidecar_job_leave_log(struct sidecar_vcpu *v);
/*
 * Watches the job that runs on @v, whoever started it, or the last that ran:
 * sidecar_job_poll() hands out what its client has not read of its log, and how
 * it ended. Any number of handles may watch a job; none of them looks after it.
 * Only the client that started it sees answer.elapsed_ns and answer.restarted
 * for sure. sidecar_job_poll() fails with SIDECAR_E_JOB if there is no job and
 * no result of one: the next job on the vCPU removes it; so does the next
 * command or start if the job's client did not see the end.
 */
enum sidecar_error sidecar_job_attach(struct sidecar_vcpu *v);
/*
 * The registers of the last job that this handle started or watched on @v, if
 * an exception has ended it and they are still known; else NULL. Until the next
 * job of this handle on it.
 */
const struct sidecar_fault *sidecar_job_fault(const struct sidecar_vcpu *v);
/* What job_main() returned, if that is why the result is not OK; else 0. */
uint32_t sidecar_answer_status(const struct sidecar_answer *answer);

/* Asks the job of this handle to end; sidecar_job_poll() reports the end. */
void sidecar_job_ask_to_end(struct sidecar_vcpu *v);
/*
 * Ends the job that runs on @v, whoever started it, and waits until it has
 * ended; not one that begins meanwhile. SIDECAR_OK also if none runs.
 * *@restarted: INIT had to end it.
 */
enum sidecar_error sidecar_job_end(struct sidecar_vcpu *v, bool *restarted);

#ifdef __cplusplus
}
#endif

#endif
