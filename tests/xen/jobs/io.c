/* SPDX-License-Identifier: MIT */
/*
 * Its input in upper case is its output, put at the start of its memory. With
 * arg[0] it says what is not true of that: 1 that it is in no memory, 2 that it
 * is longer than that; 3 it is ended by an exception then.
 */
#include "sidecar/job.h"

static void lie(struct job_io *io, uint64_t how)
{
	if (how == 1)
		io->out_end = ~0ull;
	if (how == 2)
		io->out_bytes = io->out_end + 1;
	if (how == 3)
		__builtin_trap();
}

int job_main(struct job_services *s)
{
	uint64_t bytes, room = job_memory_bytes(s);
	const char *in = job_input(s, &bytes);
	char *out = (char *)s->memory_va;

	if (!job_io(s) || bytes > room)
		return 1;
	for (uint64_t i = 0; i < bytes; i++)
		out[i] = (char)(in[i] >= 'a' && in[i] <= 'z' ? in[i] - 32
							     : in[i]);
	if (job_set_output(s, out, bytes))
		return 2;
	s->ret[0] = bytes;
	s->ret[1] = room;
	lie(job_io(s), s->arg[0]);
	return 0;
}
