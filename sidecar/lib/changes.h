/* SPDX-License-Identifier: MIT */
/* The backend that needs no driver: what Linux tells of by itself. */
#ifndef CHANGES_H
#define CHANGES_H

#include <stdbool.h>

/* Descriptors that become readable, or -1. */
int changes_open_uevents(void); /* a CPU, or memory, came or went */
int changes_open_clock(void);	/* the guest goes on, or its clock was set */
int changes_open_files(void);	/* a file of changes_add_file() */
/* Somebody writes to it, or closes it who could write; once more is the same.
 */
bool changes_add_file(int fd, const char *path);
/* Whether there was anything; it is no more afterwards. */
bool changes_take_uevents(int fd);
bool changes_take_clock(int fd);
/* The same, and whether there was more than that somebody has written. */
enum changes_files {
	CHANGES_NONE,
	CHANGES_WRITTEN,
	CHANGES_CLOSED
};
enum changes_files changes_take_files(int fd);
/* Only messages that something is online or offline reach the socket @fd. */
bool changes_only_online(int fd);

#endif
