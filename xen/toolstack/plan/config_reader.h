/* SPDX-License-Identifier: MIT */
/* Shared by the files that read a config: one reader goes through all keys. */
#ifndef PLAN_CONFIG_READER_H
#define PLAN_CONFIG_READER_H

#include <stdint.h>

#include <libxlutil.h>

#include "config.h"

#define MAX_MIB (INT64_C(1) << 26) /* 64 TiB */
#define UNSET	(-1L)

struct reader {
	struct config *c;
	XLU_Config *xlu;
	struct lines *notes, *why;
	enum config_error error;
	long memory, maxmem, vcpus, maxvcpus;
};

/* Keeps the first one. */
#define FAIL(r, e, ...)                                      \
	do {                                                 \
		if (!(r)->error) {                           \
			(r)->error = (e);                    \
			lines_printf((r)->why, __VA_ARGS__); \
		}                                            \
	} while (0)
#define BAD(r, ...)	FAIL(r, CONFIG_BAD, __VA_ARGS__)
#define REFUSED(r, ...) FAIL(r, CONFIG_REFUSED, __VA_ARGS__)

/* " (want KEY=MIB)" for "4G", or nothing: how a size with a unit is written. */
#define SIZE_HINT_BYTES 64
const char *config_size_hint(char *to, const char *key, struct text value);

/* vnuma=: fills c->vnode, and memory and vCPUs that are not set elsewhere. */
void config_read_vnuma(struct reader *r);

#endif
