/* SPDX-License-Identifier: MIT */
/* sidecarctl list: its output. */
#ifndef SHOW_LIST_H
#define SHOW_LIST_H

#include "show.h"

#define SHOW_LIST_VCPUS 4096u

struct show_list_choice {
	bool all;
	int64_t vnode;		    /* -1: none */
	bool vcpu[SHOW_LIST_VCPUS]; /* by vCPU id */
};

void show_list(struct show *p, struct sidecar *s,
	       const struct show_list_choice *choice);

#endif
