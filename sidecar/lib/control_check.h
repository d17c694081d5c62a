/* SPDX-License-Identifier: MIT */
/* libsidecar: which values a control page may have. */
#ifndef CONTROL_CHECK_H
#define CONTROL_CHECK_H

#include "error.h"

/* @c: a copy of the control page of @n; all but its slots. */
enum sidecar_error control_check_page(struct sidecar *s,
				      const struct sidecar_node *n,
				      const struct sidecar_control *c);
enum sidecar_error control_check_slot(struct sidecar *s,
				      const struct sidecar_node *n,
				      const struct sidecar_control *c,
				      uint32_t slot);

#endif
