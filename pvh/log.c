/* SPDX-License-Identifier: MIT */
/*
 * Front end of the log: formats lines, and ends the domain after a fatal one.
 * log_write.c, or sidecar-plan, decides where lines go.
 */
#include "shim.h"

static bool detail;

static void log_v(const char *fmt, va_list ap)
{
	static char line[LOG_LINE_BYTES];

	log_write((struct text){line, log_format(line, fmt, ap)}, detail);
}

void log_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_v(fmt, ap);
	va_end(ap);
}

void log_detail(const char *fmt, ...)
{
	va_list ap;

	if (!detail)
		return;
	va_start(ap, fmt);
	log_v(fmt, ap);
	va_end(ap);
}

void log_set_detail(bool on)
{
	detail = on;
}

void log_vdie(const char *fmt, va_list ap)
{
	detail = true;
	log_v(fmt, ap);
	log_end();
}

void log_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vdie(fmt, ap);
	va_end(ap);
}
