/* SPDX-License-Identifier: MIT */
/* sidecarctl: which function of a job an address is in. */
#ifndef WHERE_H
#define WHERE_H

#include "ctl.h"

/*
 * Of the job that @c has read, from the .elf beside its file; to->known if it
 * is in a function that has a name. @fault: NULL if there was none.
 */
void where_find(const struct ctl *c, const struct sidecar_job *job,
		const struct sidecar_fault *fault, struct show_where *to);

#endif
