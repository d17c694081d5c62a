/* SPDX-License-Identifier: MIT */
/* What the files of the test kernel share. */
#ifndef TEST_KERNEL_H
#define TEST_KERNEL_H

#include "abi/sidecar.h"
#include "cpu.h"
#include "pvh/read/acpi.h"
#include "pvh/shim.h"

extern struct xen_info xen;

/* A deadline; the TSC may be just below 2^64. */
static inline uint64_t after_ms(uint64_t ms)
{
	return rdtsc() + xen.tsc_khz * ms;
}

static inline bool is_over(uint64_t end)
{
	return (int64_t)(rdtsc() - end) > 0;
}

/* One line `lab: ...` on the console. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The ACPI table with this signature, NULL if there is none. */
const void *table(const char *signature);

/* ---- pause.c ---- */
/* Says where it is; goes on when dom0 writes a line, or after a minute. */
void pause_for_dom0(const char *where);
/* Asks dom0 to do something (dom0-actions), and waits for its answer. */
void ask_dom0(const char *what, uint32_t seconds);

/* ---- numa.c, memory.c: what does not agree with Xen is counted ---- */
void numa_report(const struct topology *t);
/* @xen_was_told: the map that was handed over is Xen's, too. */
void memory_report(const struct memmap *m, const struct acpi_tables *tables,
		   bool xen_was_told);

/* ---- client.c: a parked vCPU as a client sees it ---- */

struct client {
	struct sidecar_control *control;
	struct sidecar_command *command;
	uint8_t *scratch, *shared;
	volatile uint8_t *status;
	uint32_t slot, vcpu_id;
};

/* The slot of the sidecar node with this index in the table SCAR. */
bool client_open(struct client *c, uint32_t node, uint32_t slot);
/* The command in place is run; false if there is no answer in time. */
bool client_run(struct client *c, uint32_t command);
/* Shared memory that the next RUN names: of this node, or of all. */
void client_name_ranges(struct client *c, bool all);
/* RUN, until the job has begun; false if it does not. */
bool client_start(struct client *c);
/* INIT, SIPI or NMI to it, by the x2APIC, which is on. */
void client_send(const struct client *c, uint32_t what);
/* INIT and SIPI; false if it is not IDLE then. */
bool client_restart(struct client *c);
/* Until the state is another one than @state; with wakes. */
bool client_wait(struct client *c, uint8_t state);
bool client_wait_ms(struct client *c, uint8_t state, uint32_t ms);
/*
 * IDLE may come before the last wake, which it counts: until it is DOWN, when
 * nothing of it changes; false if that does not come.
 */
bool client_settle(const struct client *c);
void client_nmi(const struct client *c);
/* STOP, and NMIs until it is IDLE; how many, 0 if that was no use. */
uint32_t client_stop(struct client *c);
void client_sleep_ms(uint32_t ms);
/* The error text behind a blank, or nothing; until the next call. */
const char *client_error(const struct client *c);
/* result, error text, the four first words of ret: one line lab: KEY=... */
void client_say(const struct client *c, const char *key, const char *name);

/* Of whole words. */
uint64_t sum_of(const void *p, uint64_t bytes, uint64_t sum);
/* Of page table entries, without what the CPU notes in them. */
uint64_t sum_of_entries(const uint64_t *e, uint64_t nr, uint64_t sum);
/* Of @c's node, without the window of @c: the kernel moves that. */
uint64_t sum_of_tables(const struct client *c, uint64_t sum);
/* Random numbers, the same ones for the same seed; 0: any. Says which. */
uint64_t pick_seed(const char *key, uint64_t seed);
/* Other ones, the same for the same @seed, near ones too. */
void pick_from(uint64_t seed);
uint64_t pick_any(void);
uint32_t pick(uint32_t n);

/* ---- jobs.c, commands.c, registers.c: what the word `jobs` asks for ---- */
extern const char *const register_names[SIDECAR_NR_REGS];
void jobs_report(void);
/* Runs the job `clean` in node 0's scratch: a line job.NAME= */
void jobs_clean(struct client *c, const char *name);
/* One that ends only by STOP or INIT, and uses its services all the time. */
void jobs_load_endless(struct client *c);
/* The job `clean` in a slice at @offset: it found all as it should be. */
bool jobs_run_clean(struct client *c, uint64_t offset);
/* What the job has logged since the last look, a line log.NAME= each. */
void jobs_say_log(struct client *c, const char *name);
void bell_report(struct client *c);
void commands_report(struct client *c);
void registers_report(void);
void garbage_report(void);

/* ---- garbage.c: for garbage=NR, seed=NR ---- */
/* @seed 0: any */
void garbage_while_it_runs(uint64_t nr, uint64_t seed);

/* ---- encodings.c ---- */
/* The @n-th, by the random numbers that come next; returns its end. */
uint8_t *encoding_put(uint8_t *p, uint64_t n);
/*
 * LOCK with BT, BTS, BTR or BTC of a register is #UD, but ends QEMU 7.2 ("tcg
 * fatal error"). Takes it out; looks at 2 bytes behind @bytes, too.
 */
void encodings_spare_qemu(uint8_t *p, uint32_t bytes);

/* ---- instructions.c: for instructions=NR, from=N, seed=NR ---- */
/* @seed 0: any */
void instructions_as_jobs(uint64_t first, uint64_t nr, uint64_t seed);

/* ---- measure.c: for the word `measure` ---- */
void measure_report(void);

#endif
