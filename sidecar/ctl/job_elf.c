/* SPDX-License-Identifier: MIT */
/*
 * Segments laid out as a job's file has them. A header that the linker script
 * of jobs has put in front stays; else the ELF's own header, which nothing
 * reads at run time, makes room for one.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/job.h"
#include "elf_file.h"
#include "job_elf.h"

#define PAGE	    4096u
#define MOST	    (1u << 30) /* from JOB_VA on */
#define STACK_BYTES 65536u
#define STACK_MOST  (16u << 20)

/* Offsets from JOB_VA. */
struct layout {
	uint64_t text_end, data, file_end, memory_end, stack_bytes;
	bool has_start; /* something lies at 0 */
};

static uint64_t whole_pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static const char *check_load(const struct elf_file *f, const Elf64_Phdr *s)
{
	if (s->p_vaddr < JOB_VA || s->p_vaddr - JOB_VA > MOST ||
	    s->p_memsz > MOST - (s->p_vaddr - JOB_VA))
		return "a segment is not within 1 GiB from 0x40000000";
	if (s->p_filesz > s->p_memsz ||
	    !elf_file_at(f, s->p_offset, s->p_filesz))
		return "a segment is cut off";
	if (s->p_flags & PF_W && s->p_flags & PF_X)
		return "a segment is both written and executed";
	return NULL;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void add_load(struct layout *l, const Elf64_Phdr *s)
{
	uint64_t at = s->p_vaddr - JOB_VA;

	if (s->p_flags & PF_W)
		l->data = at < l->data ? at : l->data;
	else
		l->text_end = max_u64(l->text_end, at + s->p_memsz);
	if (s->p_filesz)
		l->file_end = max_u64(l->file_end, at + s->p_filesz);
	l->memory_end = max_u64(l->memory_end, at + s->p_memsz);
	l->has_start |= !at && s->p_filesz >= sizeof(struct job_header);
}

static const char *add_segment(struct layout *l, const struct elf_file *f,
			       const Elf64_Phdr *s)
{
	const char *why = NULL;

	switch (s->p_type) {
	case PT_LOAD:
		why = s->p_memsz ? check_load(f, s) : NULL;
		if (!why && s->p_memsz)
			add_load(l, s);
		return why;
	case PT_INTERP:
	case PT_DYNAMIC:
		return "it is linked dynamically (want -static)";
	case PT_TLS:
		return s->p_memsz ? "it has thread-local variables" : NULL;
	case PT_GNU_STACK:
		if (s->p_memsz > STACK_MOST)
			return "it wants more than 16 MiB of stack";
		if (s->p_memsz)
			l->stack_bytes = whole_pages(s->p_memsz);
		return NULL;
	default:
		return NULL;
	}
}

static const char *read_layout(const struct elf_file *f, struct layout *l)
{
	const char *why = NULL;
	Elf64_Phdr s;

	*l = (struct layout){.data = UINT64_MAX, .stack_bytes = STACK_BYTES};
	if (f->h.e_type != ET_EXEC)
		return "not a static ELF at a fixed address (want -static -no-pie)";
	for (uint32_t i = 0; !why && i < f->h.e_phnum; i++) {
		if (!elf_file_segment(f, i, &s))
			return "its program headers are cut off";
		why = add_segment(l, f, &s);
	}
	if (why)
		return why;
	if (!l->has_start || !l->text_end)
		return "nothing is at 0x40000000, where a job's header is";
	if (l->data == UINT64_MAX)
		l->data = whole_pages(l->text_end);
	return l->data % PAGE || l->data < l->text_end
		       ? "its data does not begin at a page behind its text"
		       : NULL;
}

/* The linker script's own, or one in place of the ELF's header. */
static const char *make_header(const struct elf_file *f, const struct layout *l,
			       uint8_t *job, uint64_t bytes)
{
	uint64_t entry = f->h.e_entry - JOB_VA;
	struct job_header h;

	memcpy(&h, job, sizeof(h));
	if (h.magic == JOB_MAGIC)
		return NULL;
	if (!elf_file_is(job, bytes))
		return "neither a job's header nor its own is at 0x40000000";
	if (entry < sizeof(f->h) || entry >= l->text_end)
		return "its entry point is not in its text";
	h = (struct job_header){
		.magic = JOB_MAGIC,
		.version = JOB_VERSION,
		.size_bytes = (uint32_t)bytes,
		.text_bytes = (uint32_t)l->data,
		.memory_bytes =
			(uint32_t)whole_pages(max_u64(l->memory_end, bytes)),
		.stack_bytes = (uint32_t)l->stack_bytes,
		.entry = (uint32_t)entry,
	};
	memcpy(job, &h, sizeof(h));
	return NULL;
}

static void copy_segments(const struct elf_file *f, uint8_t *job)
{
	Elf64_Phdr s;

	for (uint32_t i = 0; elf_file_segment(f, i, &s); i++)
		if (s.p_type == PT_LOAD && s.p_memsz && s.p_filesz)
			memcpy(job + (s.p_vaddr - JOB_VA),
			       elf_file_at(f, s.p_offset, s.p_filesz),
			       s.p_filesz);
}

static uint8_t *flatten(const struct elf_file *f, size_t *bytes,
			const char **why)
{
	struct layout l;
	uint8_t *job;

	*why = read_layout(f, &l);
	if (*why)
		return NULL;
	*bytes = max_u64(l.file_end, l.data);
	job = calloc(1, *bytes);
	if (!job) {
		*why = "no memory";
		return NULL;
	}
	copy_segments(f, job);
	*why = make_header(f, &l, job, *bytes);
	if (!*why)
		return job;
	free(job);
	return NULL;
}

bool job_elf_flatten(void **file, size_t *bytes, const char **why)
{
	struct elf_file f;
	size_t job_bytes;
	uint8_t *job;

	if (!elf_file_is(*file, *bytes))
		return true;
	if (!elf_file_open(&f, *file, *bytes, why))
		return false;
	job = flatten(&f, &job_bytes, why);
	if (!job)
		return false;
	free(*file);
	*file = job;
	*bytes = job_bytes;
	return true;
}
