/* SPDX-License-Identifier: MIT */
/*
 * The shim's own parts: log, traps, memory mapping, and the jump. What a stage
 * decides is in stages.c and stages_linux.c.
 */
#ifndef SHIM_H
#define SHIM_H

#include "lib/memmap.h"
#include "lib/text.h"
#include "xen/guest/xen_guest.h"

extern uint8_t shim_start[], shim_end[];

/* ---- entry.S ---- */
/* Zero if Xen entered the shim; else EAX was multiboot2_magic. */
extern uint32_t multiboot2_entered, multiboot2_magic;
__attribute__((noreturn)) void jump_64(uint64_t entry, uint64_t boot_params);
__attribute__((noreturn)) void jump_32(uint64_t entry, uint64_t start_info);

/* ---- log.c ---- */
#define LOG_LINE_BYTES 1024u
/* One line "shim: ..."; the newline is added. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, only with sidecar=log or SIDECAR_LOGGING=1. */
void log_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_set_detail(bool on);
/* One line and SHUTDOWN_crash: nothing can be booted. */
__attribute__((noreturn)) void log_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
__attribute__((noreturn)) void log_vdie(const char *fmt, va_list ap)
	__attribute__((format(printf, 1, 0)));

/* ---- log_write.c ---- */
#define LOG_BYTES 32768u
/*
 * Before this call lines go to memory only, afterwards to Xen, too. Returns
 * xen_console_init()'s result: without a console, lines go to port 0xe9.
 */
long log_init(const struct xen_info *x);
/* A whole line with its newline; to port 0xe9 as well with @detail. */
void log_write(struct text line, bool detail);
/* Logs how many lines were lost to a full console ring. */
void log_finish(void);
/* All lines so far; LOG_BYTES, zeros at the end. */
const char *log_text(void);
/* The domain ends: SHUTDOWN_crash, or a stop where there is no Xen. */
__attribute__((noreturn)) void log_end(void);
/* Not on Xen: the line goes to port 0xe9 and COM1; then a stop. */
__attribute__((noreturn)) void log_stop_bare(const char *line);

/* ---- log_format.c ---- */
/*
 * Makes one line "shim: ..." in @line, which has LOG_LINE_BYTES; what does not
 * fit is cut and shown as "...". Returns its length with the newline, which is
 * its last byte: there is no zero.
 */
size_t log_format(char *line, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* ---- traps.c ---- */
void traps_init(void);

/* ---- paging.c ---- */
/*
 * [pa, pa + size) for reading and writing: itself, mapped if it is above
 * 4 GiB. NULL if it wraps, is above 2^46 or the page tables are used up.
 */
void *paging_map(uint64_t pa, uint64_t size);

#endif
