/* SPDX-License-Identifier: MIT */
/*
 * Ends by itself after arg[0] microseconds, or when it is asked to: then
 * ret[0] is 1.
 */
#include "sidecar/job.h"

/* Not at each turn: docs/testing.md, the emulator. */
#define TURNS 64u

int job_main(struct job_services *s)
{
	uint64_t begin = job_tsc();
	uint32_t turn = 0;

	while (job_tsc() - begin < s->arg[0] * s->tsc_khz / 1000) {
		if (job_should_stop(s)) {
			s->ret[0] = 1;
			break;
		}
		if (!(++turn % TURNS))
			__builtin_ia32_pause();
	}
	return 0;
}
