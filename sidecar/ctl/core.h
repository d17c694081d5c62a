/* SPDX-License-Identifier: MIT */
/* sidecarctl: the core file of a job that an exception has ended. */
#ifndef CORE_H
#define CORE_H

#include "ctl.h"

/* With run --core: sets what @job needs; false, with a line, if it cannot. */
bool core_begin(struct ctl *c, struct sidecar_job *job);
/* Reports what could not be written. */
void core_end(struct ctl *c);

#endif
