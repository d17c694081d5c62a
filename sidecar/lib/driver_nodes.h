/* SPDX-License-Identifier: MIT */
/* libsidecar: which nodes and vCPUs there are, by the driver. */
#ifndef DRIVER_NODES_H
#define DRIVER_NODES_H

#include "error.h"

/* In place of the table, the MADT and the control pages. */
enum sidecar_error driver_nodes_read(struct sidecar *s);

#endif
