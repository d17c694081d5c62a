/* SPDX-License-Identifier: MIT */
/*
 * A job's memory is the end of its slice of scratch: counted from there, input
 * and output are where they are whatever the kernel puts in front of them.
 */
#include <errno.h>
#include <string.h>

#include "job_io.h"
#include "job_slice.h"
#include "vcpu.h"

#define PAGE SIDECAR_PAGE_SIZE

static uint64_t whole_pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static uint64_t slice_end_pa(const struct sidecar_vcpu *v)
{
	return v->node->scratch_pa + v->job.slice.offset + v->job.slice.bytes;
}

/* ---- Before the job ----------------------------------------------------- */

/* What is in front of the job's memory; the kernel checks the rest. */
static uint64_t bytes_in_front(const struct sidecar_job *job)
{
	struct job_header h = {0};

	if (job->file_bytes >= sizeof(h))
		memcpy(&h, job->file, sizeof(h));
	/* a guard and the services */
	return (uint64_t)h.memory_bytes + h.stack_bytes + 2 * PAGE;
}

/* With a 0 behind each; more than there is room for is only that. */
static size_t args_bytes(const struct sidecar_job *job)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < job->nr_args && bytes <= JOB_ARGS_BYTES; i++)
		bytes += strnlen(job->argv[i], JOB_ARGS_BYTES) + 1;
	return bytes;
}

static enum sidecar_error check_args(const struct sidecar_vcpu *v,
				     const struct sidecar_job *job)
{
	if (job->nr_args && !job->argv)
		return error_vcpu(v, SIDECAR_E_ARGUMENT,
				  "%u arguments that are NULL", job->nr_args);
	if (args_bytes(job) <= JOB_ARGS_BYTES)
		return SIDECAR_OK;
	return error_vcpu(v, SIDECAR_E_ARGUMENT,
			  "the job's arguments are more than %u bytes",
			  JOB_ARGS_BYTES);
}

static void write_args(struct job_io *io, const struct sidecar_job *job)
{
	char *to = io->args;

	for (uint32_t i = 0; i < job->nr_args; i++) {
		size_t n = strlen(job->argv[i]) + 1;

		memcpy(to, job->argv[i], n);
		to += n;
	}
	io->nr_args = job->nr_args;
	io->args_bytes = (uint32_t)(to - io->args);
}

enum sidecar_error job_io_check(const struct sidecar_vcpu *v,
				const struct sidecar_job *job)
{
	uint64_t bytes = job_slice_bytes(v, job);
	uint64_t front = bytes_in_front(job) + JOB_IO_BYTES;
	uint64_t room = front < bytes ? bytes - front : 0;

	if (!(job->run_flags & JOB_RUN_IO)) {
		if (!job->input && !job->input_bytes && !job->output)
			return SIDECAR_OK;
		return error_vcpu(v, SIDECAR_E_ARGUMENT,
				  "a job's input or output without JOB_RUN_IO");
	}
	if (job->input_bytes && !job->input)
		return error_vcpu(v, SIDECAR_E_ARGUMENT,
				  "an input of %zu bytes that is NULL",
				  job->input_bytes);
	if (front <= bytes && job->input_bytes <= room)
		return check_args(v, job);
	return error_vcpu(
		v, SIDECAR_E_JOB,
		"an input of %zu bytes does not fit the job's memory, %llu bytes (the shim's sidecar.scratch= gives more)",
		job->input_bytes, (unsigned long long)room);
}

static enum sidecar_error not_mapped(const struct sidecar_vcpu *v, uint64_t pa)
{
	return error_vcpu(v, SIDECAR_E_MEM, "%s: scratch 0x%llx: %s",
			  v->s->backend->memory, (unsigned long long)pa,
			  strerror(errno));
}

enum sidecar_error job_io_load(const struct sidecar_vcpu *v)
{
	const struct sidecar_job *job = &v->job.what;
	const struct gang *g = v->job.gang;
	uint64_t in = whole_pages(job->input_bytes), bytes = in + JOB_IO_BYTES;
	struct backend *b = v->s->backend;
	uint64_t pa = slice_end_pa(v) - bytes;
	uint8_t *p;

	if (!(job->run_flags & JOB_RUN_IO))
		return SIDECAR_OK;
	p = b->map(b, pa, bytes, true);
	if (!p)
		return not_mapped(v, pa);
	if (job->input_bytes)
		memcpy(p, job->input, job->input_bytes);
	memset(p + job->input_bytes, 0, bytes - job->input_bytes);
	*(struct job_io *)(p + in) = (struct job_io){
		.magic = JOB_IO_MAGIC,
		.version = JOB_IO_VERSION,
		.in_end = bytes,
		.in_bytes = job->input_bytes,
		.rank = v->job.rank,
		.nr_ranks = g ? g->nr : 0,
		.gang_id = g ? g->id : 0,
		.gang_node = g ? g->node->number : 0,
		.gang_offset = g ? g->offset : 0,
	};
	write_args((struct job_io *)(p + in), job);
	b->unmap(b, p, bytes);
	return SIDECAR_OK;
}

/* ---- After it ----------------------------------------------------------- */

bool job_io_reads_slice(const struct sidecar_job *job)
{
	return job->output || job->died;
}

/* What the job has set: it may be anything. */
static enum sidecar_error read_output(const struct sidecar_vcpu *v,
				      uint64_t *out_end, uint64_t *out_bytes)
{
	struct backend *b = v->s->backend;
	uint64_t pa = slice_end_pa(v) - JOB_IO_BYTES;
	volatile struct job_io *io = b->map(b, pa, JOB_IO_BYTES, false);

	if (!io)
		return not_mapped(v, pa);
	*out_end = io->out_end;
	*out_bytes = io->out_bytes;
	b->unmap(b, (void *)io, JOB_IO_BYTES);
	if (*out_end <= v->job.slice.bytes && *out_bytes <= *out_end)
		return SIDECAR_OK;
	return error_vcpu(
		v, SIDECAR_E_JOB,
		"its output of 0x%llx bytes, 0x%llx before the end of its memory, is not there",
		(unsigned long long)*out_bytes, (unsigned long long)*out_end);
}

static enum sidecar_error hand_out(const struct sidecar_vcpu *v, uint64_t pa,
				   uint64_t bytes)
{
	const struct sidecar_job *job = &v->job.what;
	struct backend *b = v->s->backend;
	uint64_t in_page = pa % PAGE;
	uint8_t *p = b->map(b, pa - in_page, in_page + bytes, false);

	if (!p)
		return not_mapped(v, pa);
	job->output(job->output_arg, p + in_page, bytes);
	b->unmap(b, p, in_page + bytes);
	return SIDECAR_OK;
}

enum sidecar_error job_io_unload(const struct sidecar_vcpu *v)
{
	uint64_t out_end = 0, out_bytes = 0;
	enum sidecar_error e;

	if (!v->job.what.output)
		return SIDECAR_OK;
	e = read_output(v, &out_end, &out_bytes);
	if (e || !out_bytes)
		return e;
	return hand_out(v, slice_end_pa(v) - out_end, out_bytes);
}

enum sidecar_error job_io_show_slice(const struct sidecar_vcpu *v)
{
	const struct sidecar_job *job = &v->job.what;
	const struct job_slice *slice = &v->job.slice;
	struct backend *b = v->s->backend;
	uint64_t pa = v->node->scratch_pa + slice->offset;
	void *p;

	if (!job->died || !v->job.fault.job)
		return SIDECAR_OK;
	p = b->map(b, pa, slice->bytes, false);
	if (!p)
		return not_mapped(v, pa);
	job->died(job->died_arg, v, p, slice->bytes);
	b->unmap(b, p, slice->bytes);
	return SIDECAR_OK;
}
