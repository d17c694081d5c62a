/* SPDX-License-Identifier: MIT */
/* sidecarctl list: its output. */
#ifndef SHOW_LIST_H
#define SHOW_LIST_H

#include "show.h"

void show_list(struct show *p, struct sidecar *s);

#endif
