/* SPDX-License-Identifier: MIT */
/*
 * The guest of fuzz_client.c: libsidecar's files, locks and memory are here.
 */
#ifndef FUZZ_GUEST_H
#define FUZZ_GUEST_H

#include "fuzz_input.h"

#define FILE_MAX 8192u

struct file {
	char name[32];
	uint8_t data[FILE_MAX];
	size_t size;
};

/* What the fuzzer gave: calls from the front, what happens from the back. */
extern struct input in;

/* NULL if there is none. */
struct file *file_find(const char *name);
struct file *file_of_cpu(uint32_t cpu, const char *name);

void guest_make(void);
/* Memory that was mapped since the last time is zero again. */
void guest_clear(void);
/* The client has given back what it had. */
void guest_check_closed(void);

#endif
