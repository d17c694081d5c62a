/* SPDX-License-Identifier: MIT */
/* sidecarctl: words that are numbers. Each is false if @p is none. */
#ifndef WORDS_H
#define WORDS_H

#include "ctl.h"

/* Decimal, at most @max; *@p then points after it. */
bool words_number(const char **p, uint32_t max, uint32_t *v);
/* The same, nothing after it, and not 0. */
bool words_count(const char *p, uint32_t max, uint32_t *v);
/* Decimal, or hexadecimal with 0x. */
bool words_any_number(const char *p, uint64_t *v);
/* The same, or with K, M or G behind it: "64K". */
bool words_size(const char *p, uint64_t *v);
/* CPUs like 2,4-6. */
bool words_cpu_list(const char *p, bool chosen[MAX_CPU + 1]);

#endif
