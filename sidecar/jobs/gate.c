/* SPDX-License-Identifier: MIT */
/*
 * The start of a gang: job_main() begins on all ranks at the same moment. Also
 * linked into jobs that run alone.
 */
#include "sidecar/job.h"

/* A rank that slept at the first barrier is awake so long after the others. */
#define TOGETHER_NS 20000000u

int job_gate(const struct job_services *s);

/* 1: not all ranks have begun, and the gang ends. */
int job_gate(const struct job_services *s)
{
	return job_barrier(s) || job_barrier_spin(s, TOGETHER_NS);
}
