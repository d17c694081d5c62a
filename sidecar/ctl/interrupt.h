/* SPDX-License-Identifier: MIT */
/* sidecarctl: an interrupt ends jobs, not sidecarctl. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdint.h>

/* Not 0 after SIGINT, SIGTERM or SIGHUP. */
extern volatile uint32_t interrupt_came;
/* Catches them from now on; none has come yet. */
void interrupt_listen(void);
/* No signal of its own comes any more, because of one that came. */
void interrupt_forget(void);

#endif
