/* SPDX-License-Identifier: MIT */
/* libsidecar: opening with what a test puts in place of Linux and Xen. */
#ifndef OPEN_H
#define OPEN_H

#include "devmem.h"
#include "handle.h"

/* What is NULL is the real one. What these point to has to stay. */
struct open_places {
	const struct paths *paths;
	const struct wake_calls *calls;
	struct backend *backend; /* sidecar_close() closes it */
};

enum sidecar_error open_at(const struct open_places *places,
			   struct sidecar **s);

#endif
