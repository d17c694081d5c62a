/* SPDX-License-Identifier: MIT */
/*
 * A guest with a sidecar for the tests of libsidecar: a tree of files in place
 * of /sys, /proc and /dev/mem, and vCPUs played by the functions that wake
 * them. Two nodes of four vCPUs; vCPU 0 and 4 are base. One that all use.
 */
#ifndef FAKE_SIDECAR_H
#define FAKE_SIDECAR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/acpi.h"
#include "../../../sidecar/lib/open.h"

#define NR	   8 /* vCPUs */
#define CARVE(n)   (0x200000u + 0x100000u * (n))
#define CARVE_SZ   0x40000u
#define VCPU_OFF   0x9000u
#define SCRATCH	   0x20000u /* offset and size */
#define LOW_PA	   0x9b000u
#define LOG_PA	   0x100000u
#define MEM_SIZE   0xa00000u
#define TIMEOUT_MS 60u

/* The vCPU of each of Linux's CPUs, as the shim orders the MADT. */
extern const uint32_t order[NR];

extern struct paths paths;
extern uint8_t *mem;
extern struct sidecar *s;
extern struct wake_calls waker;
extern uint32_t timeout_ms;
extern struct backend *backend; /* NULL: the real one, with that waker */

extern struct scar {
	struct scar_header h;
	struct scar_node n[2];
} scar;
extern struct madt {
	struct acpi_madt h;
	struct acpi_madt_lapic cpu[NR];
} __attribute__((packed)) madt;

/* What a vCPU makes of a job. */
enum fake_job {
	FAKE_JOB_RUNS, /* until fake_job_end(), or NMIs with STOP */
	FAKE_JOB_ENDS, /* at once, with a line in the log */
	FAKE_JOB_LOGS, /* that line, and runs */
	FAKE_JOB_REFUSED
};

/* The vCPUs. */
extern struct hw {
	bool deaf[NR];	       /* does not hear wakes; INIT heals it */
	bool dead[NR];	       /* nor a SIPI */
	bool numb[NR];	       /* does not hear NMIs */
	bool up[NR];	       /* what is_up says */
	uint64_t stop_ns[NR];  /* when its job was asked to end */
	uint32_t lost;	       /* so many wakes are lost first: it is up yet */
	uint32_t slow_ms;      /* a wake takes so long until it runs */
	uint64_t wakes_ns[NR]; /* when it will; 0: it was not woken */
	uint64_t sent[8];      /* ICR values */
	uint32_t nr_sent, nr_up, nr_nmi, nr_starts;
	uint32_t nr_open; /* sent while Linux could have onlined it; INIT also
			   * while it is not REMOVED */
	int error;	  /* of up */
	const char *text; /* error text of its next answer */
	bool fault;	  /* it answers with REMOVED */
	bool mute;	  /* it parks again and writes no answer */
	bool no_register; /* GET of DR0 is a fault */
	bool forgets;	  /* its job at an NMI, as one that is started does */
	uint32_t job_at_start; /* job state that a SIPI meets */
	uint32_t taken; /* Linux onlines it at this ICR value, low 16 bits */
	enum fake_job job;
	void (*at_job_start)(uint32_t vcpu_id); /* what else it does */
	void (*at_init)(uint32_t vcpu_id);	/* just before it is sent */
} hw;

/* For cmocka: the tree, and all in it as it should be. */
int fake_make(void **state);
int fake_remove(void **state);
int fake_setup(void **state);
int fake_teardown(void **state);

/* Files below the tree; put() and cpu_online() are tree.c's, or a fuzzer's. */
void put(const char *name, const void *p, size_t n);
int cpu_online(uint32_t cpu);
/* Linux's next attempt to online it fails. */
bool cpu_refuses(uint32_t cpu);
void put_text(const char *name, const char *text);
void put_cpu(uint32_t cpu, const char *name, const char *text);
/* What Linux has of ACPI's name of a CPU: which vCPU it is. */
void put_acpi_path(uint32_t cpu, uint32_t vcpu_id);
/* A path below the tree; until the next call. */
const char *in_tree(const char *name);
/* How often a file is opened after the first; a descriptor, to be closed. */
int watch_opens(const char *name);
uint32_t nr_opens(int watch);

void good_scar(void);
void good_madt(void);
void good_cpus(void);
void good_control(uint32_t node);
/* @n bytes of it, with a good checksum. */
void put_scar(size_t n);
void put_madt(void);
struct sidecar_control *control(uint32_t node);
struct sidecar_command *command(uint32_t vcpu_id);
volatile uint8_t *status(uint32_t vcpu_id);
uint8_t *scratch(uint32_t vcpu_id);

/* All ways to reach a vCPU are there. */
void both_ways(void);
/* The vCPU's job ends by itself. */
void fake_job_end(uint32_t vcpu_id, uint32_t result);
/* Text in the log of @vcpu_id's job. */
void fake_log(uint32_t vcpu_id, const char *text, size_t n);

/* Another client sends it INIT, or an NMI; until close(). */
int fake_hold(uint32_t vcpu_id);

/* A handle of its own for another client. */
enum sidecar_error open_other(struct sidecar **other);
/* A new handle in place of s. */
enum sidecar_error open_again(void);
/* sidecar_find_cpu(), which has to find it; of another handle too. */
struct sidecar_vcpu *cpu(uint32_t linux_cpu);
struct sidecar_vcpu *cpu_of(struct sidecar *handle, uint32_t linux_cpu);
/* What the last error of the handle was. Until the next call. */
const char *detail_of(const struct sidecar *handle);
/* A PING to it. */
enum sidecar_error ping_cpu(uint32_t linux_cpu);

#endif
