/* SPDX-License-Identifier: MIT */
/* What report.c, report_plan.c and stages_uki.c have in common. */
#ifndef REPORT_H
#define REPORT_H

#include "boot.h"

#define LIST_BYTES 640

/*
 * The vCPU ids of Linux's CPUs @from to @nr - 1 that are parked, or those that
 * are not: "1-3,5", in @to, which has LIST_BYTES.
 */
struct text report_list_cpus(char *to, const struct boot *b, uint32_t from,
			     uint32_t nr, bool parked);
/*
 * @t in quotes, cut where it is long; what no terminal should get is a '?'.
 */
void report_quote(struct textbuf *b, struct text t);
/* The initrd's size and place, or that there is none. */
const char *report_initrd(struct report_text *to, const struct boot *b);

#endif
