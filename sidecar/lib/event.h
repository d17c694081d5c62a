/* SPDX-License-Identifier: MIT */
/* devmem.c's way to be told that something has happened to a vCPU. */
#ifndef EVENT_H
#define EVENT_H

#include "devmem_handle.h"

/* Sets fd where there is xen-evtchn; it stays the same until event_close(). */
void event_open(struct devmem *d);
void event_close(struct devmem *d);
/* fd becomes readable when somebody writes to that file, or closes it. */
bool event_watch(struct devmem *d, const char *path);
/* struct backend: event, wait */
uint64_t event_word(struct backend *b);
void event_wait(struct backend *b, uint64_t ns);

#endif
