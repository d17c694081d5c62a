/* SPDX-License-Identifier: MIT */
/*
 * Linux's command line: the user's line, the shim's tail, and the words that
 * limit Linux to the vCPUs it boots. Pure.
 */
#ifndef CMDLINE_H
#define CMDLINE_H

#include "text.h"

struct cmdline_request {
	struct text user; /* Linux's own line, from its module */
	struct text tail; /* behind " -- " on the shim's line; may be empty */
	bool sidecar;	  /* add boot_cpus= (and maxcpus=) */
	bool maxcpus;	  /* add maxcpus= unless the user limits CPUs himself */
	uint32_t nr_boot; /* vCPUs that Linux boots */
	const uint32_t *boot_vcpus; /* their ids, nr_boot of them */
	uint32_t max_len; /* cmdline_size: without the terminating zero */
};

enum cmdline_error {
	CMDLINE_OK,
	CMDLINE_TOO_LONG, /* the whole is longer than max_len */
};

/*
 * Writes user line, tail and our words, ours before the first bare "--", into
 * @out. On CMDLINE_TOO_LONG @out holds nothing useful; *needed has the length
 * that would have been needed (also set on success), without the zero.
 */
enum cmdline_error cmdline_build(const struct cmdline_request *rq,
				 struct textbuf *out, uint64_t *needed);
/* The word before a bare "--" that limits CPUs already; empty if none. */
struct text cmdline_cpu_limit(struct text line);
/* "SIDECAR_LOGGING=1" is a word of @line. */
bool cmdline_wants_log(struct text line);

#endif
