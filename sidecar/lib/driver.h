/* SPDX-License-Identifier: MIT */
/* The backend that uses the driver xen_sidecar. */
#ifndef DRIVER_H
#define DRIVER_H

#include "driver_handle.h"

/* NULL with errno set; ENOENT: the driver is not loaded. */
struct backend *driver_open(const struct paths *paths);

#endif
