/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * xen_sidecar: the data of the driver, and who owns which of it.
 *
 * Locks, in this order: Linux's hotplug lock; scd_claims; a vCPU's `lock`.
 * `use` of a vCPU comes before its `lock` and is never taken by hotplug, so it
 * alone may be held while user memory is touched, which may take for ever.
 * Who takes `lock` by scd_lock() has SCD_DEADLINE, or the time that a call
 * asks for, for all that vCPUs are to do by themselves meanwhile, then
 * SCD_DEADLINE for INIT and SIPI.
 *
 *   what			owner
 *   status byte		`lock`; the vCPU from RUN, STOP, REMOVE on
 *   command page		`lock` while IDLE; the vCPU while RUN or STOP,
 *				but for event, rung: `lock`
 *   slice			`use` while no job runs, the job while one runs;
 *				of its end, which is mapped, also the claim's
 *				process; nobody believes a byte of that
 *   share of scratch	its `taker`, which is given and left with scd_claims:
 *				a slice is one or several
 *   shared memory		the claim, or those of a gang, their processes
 *				and jobs at once; while it is cleared, before
 *				shared_of says so, who has `clearing`
 *   log_at, kept		`lock`; `use` keeps them of one job
 *   in_linux			written by hotplug, under `lock`
 *   INIT, SIPI, NMI		`lock`, and not while in_linux
 *
 * /dev/mem refuses the carves while the driver has them, and what was mapped
 * before is gone (CONFIG_STRICT_DEVMEM, no iomem=relaxed).
 */
#ifndef SCD_DRIVER_H
#define SCD_DRIVER_H

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/interface/event_channel.h>

#include "abi/job.h"
#include "sidecar/driver.h"
#include "status.h"

/* Longer than anything takes unless the vCPU has failed. */
#define SCD_DEADLINE (5 * HZ)

struct file;
struct inode;
struct scd_vcpu;

/* An open file. */
struct scd_file {
	struct scd_vcpu *v; /* its claim; from then on constant */
	bool claims;	    /* scd_claims: it has one, or is getting one */
	/* of poll(), which may begin before the claim */
	wait_queue_head_t wait;
	struct rcu_head rcu;
};

/* What is given to a claim, and is cleared before the next one has it. */
struct scd_memory {
	u8 *p;
	u64 bytes;
	u64 dirty; /* from its start on: what may not be zero */
};

/* Claims that have shared memory together; most often just one. */
struct scd_gang {
	u32 nr;	       /* scd_claims: claims, and who makes one */
	bool joinable; /* not of a claim that only wants shared memory */
};

struct scd_node {
	struct sidecar_control *control; /* status bytes alone are used later */
	phys_addr_t carve_pa, shared_pa;
	u64 carve_bytes;
	phys_addr_t scratch_pa;
	u64 scratch_bytes;
	u8 *scratch;
	struct scd_memory shared; /* `clearing` until shared_of has it */
	struct mutex clearing;
	/* constant: of vCPUs, by the index of their pages */
	struct scd_vcpu *by_pages[SIDECAR_NODE_VCPUS];
	u32 number, vnode, memory_vnode, nr_slots, nr_parked;
	struct sidecar_dev_slot slot[SIDECAR_NODE_VCPUS]; /* but for cpu */
	bool reserved; /* its carve, for /dev/mem */
	/* who is to have its shared memory, and whose jobs get it: cleared */
	struct scd_gang *gang; /* scd_claims */
	struct scd_gang *shared_of;
};

enum scd_job {
	SCD_NO_JOB,
	SCD_JOB_RUNS,
	SCD_JOB_ENDED
};

struct scd_vcpu {
	/* constant */
	struct scd_node *node;
	struct sidecar_command *command;
	volatile u8 *status;
	u32 pages; /* the index of its own */
	u64 share_offset;
	u32 vcpu_id, apic_id;

	struct scd_memory share; /* of scratch: `taker`, but for p and bytes */
	struct scd_vcpu *taker;	 /* whose slice it is in: scd_claims */

	/* the claim: scd_claims; constant while there is one */
	bool claimed, yields;
	u8 *slice;
	u64 slice_offset, slice_bytes, data_bytes;
	struct scd_gang *gang; /* or NULL */
	struct scd_file __rcu *file;

	struct mutex use;  /* one call at a time that touches user memory */
	struct mutex lock; /* all that follows, and the vCPU itself */
	unsigned long asked_until, init_until; /* of who has `lock` */
	bool in_linux;
	kuid_t owner; /* of the claim */
	enum scd_job job;
	u64 nr_jobs;	      /* the number of its last one */
	u64 begin_ns, end_ns; /* end_ns: channel.c; 0: no event told of it */
	struct sidecar_dev_wait end; /* of the job */
	/*
	 * Of the job's log, counted as on the command page: what has been read,
	 * and from its end on a copy of the rest.
	 */
	u32 log_at, kept_from, kept_to;
	u64 log_lost; /* bytes of it that nobody has read, and nobody can */
	char kept[SIDECAR_LOG_SIZE];

	/* events: channel.c */
	wait_queue_head_t wait;
	atomic_t nr_events, nr_seen;
	int irq; /* 0: none */
	bool closing;
	evtchn_port_t port, send_port;
	u64 event; /* SIDECAR_EVENT() of send_port */
	unsigned long burst_jiffies;
	unsigned int burst;
	struct delayed_work eoi, watch, again;
};

extern struct scd_vcpu *scd_vcpus;
extern u32 scd_nr_vcpus;
extern struct mutex scd_claims;
extern struct scd_node *scd_nodes;
extern u32 scd_nr_nodes;

/* find.c: 0 or a negative errno, with a line in the log */
int scd_find(void);
int scd_reserve(void);
void scd_forget(void);

/* channel.c */
int scd_channel_open(struct scd_vcpu *v);
void scd_channel_close(struct scd_vcpu *v);
/* Wakes all who wait for something of it. */
void scd_tell(struct scd_vcpu *v);

/* vcpu.c; `lock` is held */
extern u32 scd_low_page;
void scd_lock(struct scd_vcpu *v);
/* 0: SCD_DEADLINE */
void scd_lock_for(struct scd_vcpu *v, u32 ms);
void scd_unlock(struct scd_vcpu *v);
int scd_vcpu_cpu(u32 apic_id);
bool scd_vcpu_is_up(const struct scd_vcpu *v);
void scd_vcpu_wake(const struct scd_vcpu *v);
void scd_vcpu_nmi(const struct scd_vcpu *v);
/*
 * By INIT, wherever it is; afterwards it is REMOVED and DOWN, its command page
 * as it has left it.
 */
int scd_vcpu_halt(struct scd_vcpu *v);
/* By SIPI, after that; afterwards it is IDLE, and its command page cleared. */
int scd_vcpu_start(struct scd_vcpu *v);
/* Both. */
int scd_vcpu_restart(struct scd_vcpu *v);
/* Afterwards it is REMOVED and DOWN. */
int scd_vcpu_leave(struct scd_vcpu *v);

static inline u8 scd_state(const struct scd_vcpu *v)
{
	return load_acquire(v->status);
}

/* RUN or STOP. */
static inline bool scd_has_command(const struct scd_vcpu *v)
{
	u8 state = scd_state(v);

	return state == SIDECAR_RUN || state == SIDECAR_STOP;
}

/* job.c; `lock` is held but where it says so */
int scd_job_check(struct scd_vcpu *v);
int scd_job_start(struct scd_vcpu *v, struct sidecar_dev_run *r);
int scd_job_stop(struct scd_vcpu *v);
/* Only asks, or asks again. */
void scd_job_ask(struct scd_vcpu *v);
/* 0: it has ended; else it may still run. */
int scd_job_forget(struct scd_vcpu *v);
void scd_job_ring(struct scd_vcpu *v);
/* Takes the result if the job has ended. */
void scd_job_look(struct scd_vcpu *v);
int scd_job_command(struct scd_vcpu *v, struct sidecar_dev_command *c);
/* Without `lock`. */
bool scd_job_has_ended(const struct scd_vcpu *v);
void scd_job_watch(struct work_struct *w);

/* log.c; `lock` is held */
void scd_log_begin(struct scd_vcpu *v);
/* Afterwards nothing of it is on the command page alone. */
void scd_log_keep(struct scd_vcpu *v);
/*
 * Bytes of @to, which end at *@at; they are read once that is said. What lies
 * before them and has not been read is lost.
 */
u32 scd_log_peek(const struct scd_vcpu *v, char *to, u32 size, u32 *at);
void scd_log_have_read(struct scd_vcpu *v, u32 n, u32 at);
/* Without `lock`. */
bool scd_log_has_more(const struct scd_vcpu *v);

/* look.c: what there is; no claim needed */
int scd_look_info(struct sidecar_dev_info *i);
int scd_look_node(struct sidecar_dev_node *n);
int scd_look_vcpu(struct file *f, struct sidecar_dev_vcpu *i);

static inline bool scd_has_event(const struct scd_vcpu *v)
{
	return atomic_read(&v->nr_events) != atomic_read(&v->nr_seen);
}

/* NULL: it has none. Jobs of its claim get it. */
static inline const struct scd_memory *scd_shared(const struct scd_vcpu *v,
						  const struct scd_node *n)
{
	/* pairs with clear_shared() */
	return v->gang && smp_load_acquire(&n->shared_of) == v->gang
		       ? &n->shared
		       : NULL;
}

/* claim.c */
struct scd_vcpu *scd_claimed(struct file *f); /* NULL: none */
int scd_claim_open(struct inode *inode, struct file *f);
int scd_claim(struct file *f, struct sidecar_dev_claim *c);
int scd_claim_release(struct inode *inode, struct file *f);
void scd_claim_end_again(struct work_struct *w);

/* call.c: one for each call that is not of another file */
int scd_call_run(struct scd_vcpu *v, struct sidecar_dev_run *run);
int scd_call_command(struct scd_vcpu *v, struct sidecar_dev_command *c);
int scd_call_read_slice(struct scd_vcpu *v, const struct sidecar_dev_read *r);
int scd_call_wait(struct scd_vcpu *v, struct sidecar_dev_wait *w);
int scd_call_stop(struct scd_vcpu *v, const struct sidecar_dev_stop *s);
int scd_call_ring(struct scd_vcpu *v);
int scd_call_end(const struct sidecar_dev_stop *s);

/* file.c */
bool scd_file_is_ours(const struct file *f);
int scd_file_register(void);
void scd_file_unregister(void);

#endif
