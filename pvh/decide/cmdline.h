/* SPDX-License-Identifier: MIT */
/*
 * Linux's command line: the user's line, the shim's tail, and the words that
 * limit Linux to the vCPUs it boots. Pure.
 */
#ifndef CMDLINE_H
#define CMDLINE_H

#include "lib/text.h"

struct cmdline_request {
	struct text user; /* Linux's own line, from its module */
	struct text tail; /* after " -- " on the shim's line; may be empty */
	bool sidecar;	  /* add boot_cpus= (and maxcpus=) */
	bool maxcpus;	  /* add maxcpus= unless the user's line decides */
	uint32_t nr_boot; /* vCPUs that Linux boots */
	const uint32_t *boot_cpus; /* their numbers in Linux, nr_boot of them */
	uint32_t max_len; /* cmdline_size: without the terminating zero */
};

struct cmdline_result {
	uint64_t needed; /* length of the whole, without the zero */
	bool maxcpus;	 /* maxcpus= was added */
};

/*
 * Writes user line, tail and our words, ours before the first bare "--", into
 * @out. False if the whole is longer than max_len: @out then holds nothing
 * useful, but @r is right.
 */
bool cmdline_build(const struct cmdline_request *rq, struct textbuf *out,
		   struct cmdline_result *r);

#endif
