/* SPDX-License-Identifier: MIT */
/* What the job control-job.c and its client control.c agree on. */
#ifndef CONTROL_H
#define CONTROL_H

#include "sidecar/ring.h"

#define RING_RECORDS 64u
#define RING_BYTES   4096u

struct sample { /* client to job */
	double wanted, measured;
};

struct command { /* job to client */
	double power;
};

/* At the start of the node's shared memory. */
struct control_area {
	uint8_t samples[RING_BYTES], commands[RING_BYTES];
};

#endif
