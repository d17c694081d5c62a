/* SPDX-License-Identifier: MIT */
/*
 * libsidecar: structs of its users, who may have been built with an older or a
 * newer header. Each begins with a size_t, its size there.
 */
#ifndef SIZED_H
#define SIZED_H

#include "error.h"

/*
 * SIDECAR_E_ARGUMENT, with @name, if @theirs is smaller than @least, its size
 * in the first header that had it. NULL is good.
 */
enum sidecar_error sized_check(struct sidecar *s, const void *theirs,
			       size_t least, const char *name);
/* The same, and copies it; members that we do not know have to be zero. */
enum sidecar_error sized_read(struct sidecar *s, void *ours, size_t bytes,
			      const void *theirs, size_t least,
			      const char *name);
/* Of @ours what they know; what we do not know is zero. NULL: nothing. */
void sized_write(void *theirs, const void *ours, size_t bytes);

#endif
