/* SPDX-License-Identifier: MIT */
/* sidecarctl: how each command is called. */
#ifndef LINES_H
#define LINES_H

#include "ctl.h"

extern const struct command_line line_list, line_ping, line_run, line_jitter,
	line_attach, line_wait, line_stop, line_stats, line_regs,
	line_translate, line_online, line_return, line_log;

#endif
