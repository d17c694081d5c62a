/* SPDX-License-Identifier: MIT */
/* The backend that needs no driver. */
#ifndef DEVMEM_H
#define DEVMEM_H

#include "devmem_handle.h"

/*
 * NULL with errno set. @calls: NULL for the real ones. Both arguments have to
 * stay.
 */
struct backend *devmem_open(const struct paths *paths,
			    const struct wake_calls *calls);

#endif
