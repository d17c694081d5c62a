/* SPDX-License-Identifier: MIT */
/* libsidecar: the control and command pages. */
#ifndef CONTROL_H
#define CONTROL_H

#include "error.h"

/* Maps and checks the pages; fills s->node[] and s->vcpu[]. */
enum sidecar_error control_open(struct sidecar *s);
void control_close(struct sidecar *s);

#endif
