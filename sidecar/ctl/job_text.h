/* SPDX-License-Identifier: MIT */
/* sidecarctl: what a job writes, a line at a time or kept. */
#ifndef JOB_TEXT_H
#define JOB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JOB_TEXT_LINE 256u

struct job_text {
	FILE *to;		  /* where lines go; NULL: all of it is kept */
	uint32_t cpu;		  /* whose it is */
	bool named;		  /* lines begin with that */
	char line[JOB_TEXT_LINE]; /* not ended yet */
	uint32_t line_bytes;
	char *kept; /* NULL: nothing yet */
	size_t kept_bytes;
};

/* @text becomes printable. @lost: so many bytes are missing before it. */
void job_text_add(struct job_text *t, char *text, size_t bytes, uint32_t lost);
/* A last line that has no end. */
void job_text_end(struct job_text *t);
void job_text_free(struct job_text *t);

#endif
