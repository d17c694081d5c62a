/* SPDX-License-Identifier: MIT */
/*
 * Inside libsidecar: the handle and the functions of its files. Everything
 * read from the table and the control pages is checked when it is opened and
 * kept as a copy; later only status bytes and command pages are looked at.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "sidecar/libsidecar.h"

#define CLIENT_MAX_NODES 128u
#define CLIENT_MAX_CPUS	 1024u /* entries of the MADT that are looked at */
#define CLIENT_LOG_MAX	 (1u << 20)

/* One enabled entry of the MADT. */
struct cpu {
	uint32_t vcpu_id, apic_id;
};

struct node {
	struct sidecar_node_info info;
	uint64_t scratch_pa;
	volatile struct sidecar_control *control;
};

/* Which job it is: no other one on its vCPU has both. */
struct job_name {
	uint64_t entry_tsc, nr_jobs;
};

/* A job that this handle has started and not yet seen end. */
struct run {
	struct sidecar_job job;
	int lock;
	bool active;
	bool begun;	/* the vCPU has seen the command */
	bool restarted; /* INIT, new start */
	bool killed;	/* which ended the job */
	uint8_t state;	/* RUN or STOP, as of the last look */
	uint64_t nr_commands;
	uint64_t start_ns; /* of the job */
	uint64_t since_ns; /* of what is waited for */
	uint64_t next_ns;  /* when to wake or look again */
	uint32_t nr_sent;
};

struct vcpu {
	struct node *node;
	uint32_t slot;
	uint32_t pages; /* index of its pages */
	uint32_t vcpu_id, apic_id;
	int32_t linux_cpu;
	volatile struct sidecar_command *command; /* NULL: a base vCPU */
	volatile uint8_t *status;
	bool was_down; /* at the last wake of the command that it is to see */
	bool looked;   /* whether Linux had it, for that command */
	struct run run;
};

struct sidecar {
	const struct sidecar_paths *paths;
	struct sidecar_waker waker;
	uint64_t timeout_ns;
	int mem_fd, privcmd_fd, msr_fd; /* -1: not open */
	struct scar_header scar;
	uint32_t nr_nodes;
	struct node node[CLIENT_MAX_NODES];
	uint32_t nr_vcpus;
	struct vcpu vcpu[CLIENT_MAX_NODES * SIDECAR_NODE_VCPUS];
	uint32_t nr_cpus; /* in the order in which Linux numbers them */
	struct cpu cpu[CLIENT_MAX_CPUS];
	char detail[256], way[256], left_out[256];
};

/* libsidecar.c: sets the line of sidecar_detail() and returns @e. */
enum sidecar_error fail(struct sidecar *s, enum sidecar_error e,
			const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with who it is about: Linux's CPU, vCPU id, APIC id. */
enum sidecar_error fail_vcpu(struct sidecar *s, enum sidecar_error e,
			     const struct vcpu *v, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* @v has nothing in the sidecar: it is a base vCPU. */
enum sidecar_error fail_base(struct sidecar *s, const struct vcpu *v);
/* The longest wait, to be named when it is over. */
uint32_t fail_after_ms(const struct sidecar *s);

/* file_path.c: @dir/@fmt; false if it is longer than @size. */
bool file_path(char *path, size_t size, const char *dir, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* file.c: at most @size bytes from the start; -errno, or how many. */
long file_read(const char *path, void *p, size_t size);
/* Writes @text to a file that exists; 0 or -errno. */
int file_write(const char *path, const char *text);
/* CLOCK_MONOTONIC */
uint64_t file_clock_ns(void);
void file_nap_us(uint32_t us);

/* table.c: SCAR into s->scar and s->node[]. */
enum sidecar_error table_read(struct sidecar *s);
/* True if the @n bytes add up to zero, as those of an ACPI table have to. */
bool table_sum_ok(const uint8_t *p, size_t n);
/* control.c: maps and checks the control pages; fills s->vcpu[]. */
enum sidecar_error control_open(struct sidecar *s);
/* Unmaps them, and the command pages. */
void control_close(struct sidecar *s);

/* cpus.c: MADT into s->cpu[], checked against /proc/cpuinfo. */
enum sidecar_error cpus_read(struct sidecar *s);
/* Index into s->cpu[] and so Linux's CPU number, or -1. */
int32_t cpus_find(const struct sidecar *s, uint32_t vcpu_id);
/* By its files; what cannot be read of them counts as ONLINE or MOVING. */
enum sidecar_linux cpus_state(const struct sidecar *s, const struct vcpu *v);
/*
 * Linux's next attempt to online @v fails in its first step, before it touches
 * the vCPU; or does not any more. Of no effect where Linux cannot do that.
 */
void cpus_refuse(const struct sidecar *s, const struct vcpu *v, bool refuse);
/* Writes Linux's own online file; returns when Linux is done. */
enum sidecar_error cpus_set_online(struct sidecar *s, const struct vcpu *v,
				   bool online);

/*
 * softirqs.c: how many Linux has run on @v's CPU since it was booted: others
 * than before if it has had it since. UINT64_MAX if nobody knows.
 */
uint64_t softirqs_of(const struct sidecar *s, const struct vcpu *v);

/* wake.c: xen-privcmd and msr, as far as they are there; s->way says so. */
void wake_open(struct sidecar *s);
void wake_close(struct sidecar *s);
/*
 * To be asked before anything is changed that only a vCPU which is reached
 * changes again: SIDECAR_E_WAY, with what is missing, if none can be woken; if
 * no NMI reaches one that runs; if there is no INIT and SIPI.
 */
enum sidecar_error wake_check(struct sidecar *s, const struct vcpu *v);
enum sidecar_error wake_check_nmi(struct sidecar *s, const struct vcpu *v);
enum sidecar_error wake_check_init(struct sidecar *s, const struct vcpu *v);
/* What the next wake may have to wait, so that none is sent for nothing. */
uint32_t wake_interval_us(const struct sidecar *s, uint32_t nr_sent);
/* 0, -EINVAL if the vCPU was never initialised, or another -errno. */
int wake_vcpu(struct sidecar *s, const struct vcpu *v);
/* 1, 0, or -1 if nobody can be asked. */
int wake_is_up(struct sidecar *s, const struct vcpu *v);
/* 0 or -errno; -ENODEV without msr. */
int wake_init(struct sidecar *s, const struct vcpu *v);
int wake_sipi(struct sidecar *s, const struct vcpu *v);

/* Sends an NMI, to a vCPU that runs; 0 or -errno. */
int wake_nmi(struct sidecar *s, const struct vcpu *v);
/* The first one asks a job to end, those after JOB_GRACE_MS end it. */
uint32_t wake_stop_interval_us(uint32_t nr_sent);

/*
 * lock.c: a descriptor for lock_drop() in @fd. If another client has it:
 * SIDECAR_E_BUSY, with @wait not before the deadline.
 */
enum sidecar_error lock_take(struct sidecar *s, const struct vcpu *v, int *fd,
			     bool wait);
/*
 * Besides that lock, and for a moment: nobody else sends NMI, INIT or SIPI, or
 * starts a command.
 */
enum sidecar_error lock_hold(struct sidecar *s, const struct vcpu *v, int *fd);
/* Of either. */
void lock_drop(int fd);
/* Remembered until the next boot, restore or migration: Linux had @v. */
void lock_note_linux(int fd);
bool lock_linux_had(const struct sidecar *s, const struct vcpu *v);
/* softirqs_of() when @v last came into the sidecar; 0 if it never left. */
void lock_note_softirqs(struct sidecar *s, const struct vcpu *v, uint64_t n);
uint64_t lock_noted_softirqs(const struct sidecar *s, const struct vcpu *v);

/*
 * wait.c: wakes @v until its state is not @state any more. SIDECAR_E_LINUX if
 * Linux took it, SIDECAR_E_TIMEOUT if it has no state left to wake.
 */
enum sidecar_error wait_woken(struct sidecar *s, struct vcpu *v, uint8_t state);
/* Waits, without a wake, for IDLE; any other end is SIDECAR_E_TIMEOUT. */
enum sidecar_error wait_idle(struct sidecar *s, struct vcpu *v);
/* Waits for DOWN; SIDECAR_OK if nobody can be asked. */
enum sidecar_error wait_down(struct sidecar *s, struct vcpu *v);
/*
 * Ends what an earlier client left behind: RUN, STOP or REMOVE;
 * SIDECAR_E_BUSY if that is a job.
 */
enum sidecar_error wait_settled(struct sidecar *s, struct vcpu *v);
/* Sends NMIs until @job has ended, or the STOP. Needs no lock. */
enum sidecar_error wait_stopped(struct sidecar *s, struct vcpu *v,
				const struct job_name *job);
/*
 * A wake after @nr others, unless Linux has it: what one has started is not to
 * be taken back. SIDECAR_E_TIMEOUT if it sleeps elsewhere.
 */
enum sidecar_error wait_wake_again(struct sidecar *s, struct vcpu *v,
				   uint32_t nr);
/*
 * The same where nobody can ask Xen: a while after @begin_ns, the first wake,
 * and once for a command.
 */
enum sidecar_error wait_look(struct sidecar *s, struct vcpu *v,
			     uint64_t begin_ns);
/*
 * For STOP: one NMI, or a wake if it is DOWN; neither if Linux has it. Without
 * its lock (@own is false) no NMI unless a job has begun.
 */
enum sidecar_error wait_nmi(struct sidecar *s, const struct vcpu *v, bool own);

/* request.c: SIDECAR_OK if the command page is the client's. */
enum sidecar_error request_check(struct sidecar *s, struct vcpu *v);
/* Hands it to the vCPU, which is not woken yet; lock_hold() is part of it. */
enum sidecar_error request_send(struct sidecar *s, struct vcpu *v,
				uint32_t command, const uint64_t *arg);
enum sidecar_error request_answer(struct sidecar *s, struct vcpu *v,
				  struct sidecar_answer *a);
/* The answer in place of one that INIT prevented. */
enum sidecar_error request_killed(struct sidecar *s, struct vcpu *v,
				  struct sidecar_answer *a);
/* After error @e: takes a command back that cannot have been seen. */
void request_take_back(struct vcpu *v, enum sidecar_error e);

/* run.c: a job runs on @v, of whatever client. */
bool run_is_job(struct sidecar *s, const struct vcpu *v);
/* Its command page says so; from INIT on it does not. */
bool run_has_begun(const struct vcpu *v);
/* The last job that has begun on @v is @job. */
bool run_is_named(const struct vcpu *v, const struct job_name *job);
/* The locks of jobs that run on: another client may stop them. */
void run_close(struct sidecar *s);

/* move.c: INIT, SIPI; IDLE and DOWN at the end. The lock is the caller's. */
enum sidecar_error move_restart(struct sidecar *s, struct vcpu *v);
/* SIDECAR_E_LINUX if Linux has @v or is about to. */
enum sidecar_error move_check_linux(struct sidecar *s, const struct vcpu *v);
/*
 * The same, and so it stays until move_release() of @fd: for NMI, INIT and
 * SIPI, which are Linux's end where Linux is. lock_hold() is part of it.
 */
enum sidecar_error move_hold(struct sidecar *s, const struct vcpu *v, int *fd);
void move_release(struct sidecar *s, const struct vcpu *v, int fd);

#endif
