/* SPDX-License-Identifier: MIT */
/* sidecarctl: warnings before jobs run. */
#ifndef WARN_H
#define WARN_H

#include <stdint.h>

void warn_none_idle(void);
/* @nr vCPUs with a job never were in Linux; warns only on old Xens. */
void warn_never_in_linux(uint32_t nr);

#endif
