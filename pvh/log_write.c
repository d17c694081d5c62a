/* SPDX-License-Identifier: MIT */
/*
 * Where the log goes: each line to the PV console and to memory, from where it
 * is kept for Linux. Port 0xe9, Xen's own log, is an emulated write for each
 * byte: for the last line of a domain that ends here, for what the console has
 * no room for, and for all with sidecar=log.
 */
#include "cpu.h"
#include "shim.h"

#define PORT_XEN      0xe9
#define PORT_COM1     0x3f8
#define PORT_COM1_LSR 0x3fd
#define LSR_THR_EMPTY 0x20
#define COM1_TRIES    100000

static char memory[LOG_BYTES];
static size_t used;
static uint32_t dropped;
static bool on_xen, has_console;

long log_init(const struct xen_info *x)
{
	long r = xen_console_init(x);

	on_xen = true;
	has_console = !r;
	return r;
}

/* A line that no longer fits is dropped whole, and so are all after it. */
static void memory_keep(struct text line)
{
	static const char end[] =
		"shim: log: full, lines are missing: see the console\n";
	static bool is_full;

	if (is_full)
		return;
	is_full = line.len > LOG_BYTES - sizeof(end) - used;
	__builtin_memcpy(memory + used, is_full ? end : line.p,
			 is_full ? sizeof(end) - 1 : line.len);
	used += is_full ? sizeof(end) - 1 : line.len;
}

void log_write(struct text line, bool detail)
{
	memory_keep(line);
	if (!on_xen)
		return;
	if (!has_console || !xen_console_write(line.p, line.len)) {
		dropped += has_console;
		outsb(PORT_XEN, line.p, line.len);
	} else if (detail) {
		outsb(PORT_XEN, line.p, line.len);
	}
}

void log_finish(void)
{
	if (!dropped)
		return;
	xen_console_last();
	log_line("log: console ring full, %u lines dropped: see sidecarctl log",
		 dropped);
}

const char *log_text(void)
{
	return memory;
}

void log_end(void)
{
	if (on_xen)
		xen_crash();
	for (;;)
		cpu_halt();
}

static void com1_write(char c)
{
	for (int i = 0; i < COM1_TRIES; i++)
		if (inb(PORT_COM1_LSR) & LSR_THR_EMPTY)
			break;
	outb(PORT_COM1, (uint8_t)c);
}

void log_stop_bare(const char *line)
{
	for (const char *p = line; *p; p++) {
		outb(PORT_XEN, (uint8_t)*p);
		com1_write(*p);
	}
	for (;;)
		cpu_halt();
}
