/* SPDX-License-Identifier: MIT */
/*
 * Runs the controller control-job.c on a parked vCPU and heats a room with it.
 * Usage: control CPU JOBFILE
 */
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/libsidecar.h"

#include "control.h"

#define STEPS	50
#define WANTED	20.0
#define OUTSIDE 5.0
#define WAIT_MS 100u

static struct sidecar *s;
static struct sidecar_vcpu *vcpu;
static struct sidecar_answer answer = {.size = sizeof(answer)};

static void check(enum sidecar_error e)
{
	char text[SIDECAR_DETAIL_SIZE];

	if (!e)
		return;
	sidecar_get_detail(s, text, sizeof(text));
	fprintf(stderr, "control: %s\n", text);
	exit(1);
}

/* Waits for the job to tell something, and looks after it. True: it has ended.
 */
static bool wait_for_job(void)
{
	struct sidecar_progress p = {.size = sizeof(p)};

	check(sidecar_job_poll(vcpu, &p, &answer));
	if (!p.ended)
		check(sidecar_wait(s, WAIT_MS));
	return p.ended;
}

static struct command ask(struct sidecar_ring *samples,
			  struct sidecar_ring *commands, double measured)
{
	struct sample in = {WANTED, measured};
	struct command out;

	sidecar_ring_put(samples, &in);
	check(sidecar_job_ring(vcpu));
	while (sidecar_ring_get(commands, &out) != 1)
		if (wait_for_job())
			exit(1);
	return out;
}

static void make_rings(struct sidecar_ring *samples,
		       struct sidecar_ring *commands)
{
	struct control_area *a;
	uint32_t node = 0;
	size_t bytes;

	while (sidecar_get_node(s, node) != sidecar_vcpu_node(vcpu))
		node++;
	check(sidecar_shared(s, node, (void **)&a, &bytes));
	if (!sidecar_ring_init(a->samples, RING_BYTES, RING_RECORDS,
			       sizeof(struct sample)) ||
	    !sidecar_ring_init(a->commands, RING_BYTES, RING_RECORDS,
			       sizeof(struct command)) ||
	    !sidecar_ring_writer(samples, a->samples, RING_BYTES, RING_RECORDS,
				 sizeof(struct sample)) ||
	    !sidecar_ring_reader(commands, a->commands, RING_BYTES,
				 RING_RECORDS, sizeof(struct command)))
		exit(1);
}

static void start_job(const char *name)
{
	static char file[65536];
	struct sidecar_job job = {.size = sizeof(job), .file = file};
	FILE *f = fopen(name, "rb");

	if (!f) {
		perror(name);
		exit(1);
	}
	job.file_bytes = fread(file, 1, sizeof(file), f);
	fclose(f);
	check(sidecar_job_start(vcpu, &job));
}

int main(int argc, char **argv)
{
	struct sidecar_ring samples, commands;
	double room = OUTSIDE;

	if (argc != 3) {
		fputs("Usage: control CPU JOBFILE\n", stderr);
		return 2;
	}
	check(sidecar_open(&s));
	check(sidecar_find_cpu(s, (uint32_t)atoi(argv[1]), &vcpu));
	make_rings(&samples, &commands);
	start_job(argv[2]);
	for (int i = 0; i < STEPS; i++) {
		room += ask(&samples, &commands, room).power;
		room += (OUTSIDE - room) / 20;
	}
	sidecar_job_ask_to_end(vcpu);
	while (!wait_for_job())
		;
	printf("%.1f degrees after %u commands\n", room,
	       (unsigned int)answer.ret[0]);
	sidecar_close(s);
	return 0;
}
