/* SPDX-License-Identifier: MIT */
/*
 * The .elf that a job was taken from lies beside it, if nobody moved it: it
 * counts only if it has the same bytes as the job.
 */
#include <stdlib.h>
#include <string.h>

#include "elf_file.h"
#include "job_file.h"
#include "where.h"

/* Of PATH.job, PATH.elf; of any other, which may be one, itself. */
static void elf_path(const struct ctl *c, char path[JOB_PATH_MAX])
{
	size_t n = strlen(c->job_path);

	memcpy(path, c->job_path, n + 1);
	if (n >= 4 && !strcmp(path + n - 4, ".job"))
		memcpy(path + n - 3, "elf", 3);
}

/* One segment has what the job has there. */
static bool is_in_job(const struct elf_file *f, const Elf64_Phdr *s,
		      const struct sidecar_job *job)
{
	const void *p = elf_file_at(f, s->p_offset, s->p_filesz);
	uint64_t at = s->p_vaddr - JOB_VA;
	/* the header is not in each .elf */
	uint64_t skip = !at && s->p_filesz >= sizeof(struct job_header)
				? sizeof(struct job_header)
				: 0;

	return p && at <= job->file_bytes &&
	       s->p_filesz <= job->file_bytes - at &&
	       !memcmp((const char *)p + skip,
		       (const char *)job->file + at + skip, s->p_filesz - skip);
}

static bool is_of_job(const struct elf_file *f, const struct sidecar_job *job)
{
	uint32_t nr = 0;
	Elf64_Phdr s;

	for (uint32_t i = 0; elf_file_segment(f, i, &s); i++) {
		if (s.p_type != PT_LOAD || !s.p_filesz)
			continue;
		if (!is_in_job(f, &s, job))
			return false;
		nr++;
	}
	return nr;
}

static void look_up(const void *p, size_t bytes, const struct sidecar_job *job,
		    struct show_where *to)
{
	struct elf_file f;
	const char *why;

	if (!elf_file_open(&f, p, bytes, &why) || !is_of_job(&f, job))
		return;
	to->known = elf_file_function(&f, to->fault->rip, to->function,
				      sizeof(to->function), &to->offset);
}

void where_find(const struct ctl *c, const struct sidecar_job *job,
		const struct sidecar_fault *fault, struct show_where *to)
{
	char path[JOB_PATH_MAX];
	size_t bytes;
	void *p;

	*to = (struct show_where){.fault = fault};
	if (!fault || !*c->job_path)
		return;
	elf_path(c, path);
	p = job_file_read_all(path, &bytes);
	if (p)
		look_up(p, bytes, job, to);
	free(p);
}
