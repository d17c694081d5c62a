/* SPDX-License-Identifier: MIT */
/*
 * A controller: answers each sample with a command. It sleeps while there is
 * none. ret[0]: how many it has answered.
 */
#include "sidecar/job.h"

#include "control.h"

#define GAIN	 0.3
#define INTEGRAL 0.05

static double sum;

static struct command control(const struct sample *in)
{
	double error = in->wanted - in->measured;

	sum += error;
	return (struct command){GAIN * error + INTEGRAL * sum};
}

int job_main(struct job_services *s)
{
	struct control_area *a = (struct control_area *)s->shared_va;
	struct sidecar_ring samples, commands;
	struct sample in;
	struct command out;

	if (s->shared_bytes < sizeof(*a) ||
	    !sidecar_ring_reader(&samples, a->samples, RING_BYTES, RING_RECORDS,
				 sizeof(in)) ||
	    !sidecar_ring_writer(&commands, a->commands, RING_BYTES,
				 RING_RECORDS, sizeof(out)))
		return 1;
	while (!job_should_stop(s)) {
		while (sidecar_ring_get(&samples, &in) == 1) {
			out = control(&in);
			sidecar_ring_put(&commands, &out);
			s->ret[0]++;
		}
		job_notify();
		job_wait(0); /* returns at once if it was rung meanwhile */
	}
	return 0;
}
