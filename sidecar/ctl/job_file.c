/* SPDX-License-Identifier: MIT */
/*
 * The file of a job: a path, or the name of one that is installed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job_elf.h"
#include "job_file.h"
#include "report.h"

#define FILE_MAX   (1u << 30)
#define DETAIL_MAX 512u

const char *job_file_folder = JOBS_DIR;

static void *read_all(FILE *f, size_t *bytes)
{
	char *p = NULL;
	long n;

	if (fseek(f, 0, SEEK_END) || (n = ftell(f)) < 0)
		return NULL;
	rewind(f);
	if (!n || n > (long)FILE_MAX) {
		errno = n ? EFBIG : ENODATA;
		return NULL;
	}
	*bytes = (size_t)n;
	p = malloc(*bytes);
	if (p && fread(p, 1, *bytes, f) == *bytes)
		return p;
	free(p);
	return NULL;
}

void *job_file_read_all(const char *path, size_t *bytes)
{
	FILE *f = fopen(path, "rb");
	void *p = f ? read_all(f, bytes) : NULL;
	int error = errno;

	if (f)
		fclose(f);
	errno = error;
	return p;
}

static FILE *open_file(struct ctl *c)
{
	FILE *f = fopen(c->job, "rb");

	snprintf(c->job_path, sizeof(c->job_path), "%s", c->job);
	if (f || strchr(c->job, '/'))
		return f;
	snprintf(c->job_path, sizeof(c->job_path), "%s/%s.job", job_file_folder,
		 c->job);
	return fopen(c->job_path, "rb");
}

/* @found: by its name, but it could not be read */
static void report_unreadable(struct ctl *c, bool found)
{
	char detail[DETAIL_MAX], where[DETAIL_MAX / 2] = "";

	if (!found && !strchr(c->job, '/'))
		snprintf(where, sizeof(where), " here and in %s",
			 job_file_folder);
	snprintf(detail, sizeof(detail), "job %s: %s%s", c->job,
		 strerror(errno ? errno : EIO), where);
	report_all_text(c, SIDECAR_E_SYSTEM, detail);
}

/* A static ELF for a job's address is a job, too. */
static void make_job(struct ctl *c, void **file, size_t *bytes)
{
	char detail[DETAIL_MAX];
	const char *why;

	if (job_elf_flatten(file, bytes, &why))
		return;
	snprintf(detail, sizeof(detail), "%s: %s", c->job, why);
	report_all_text(c, SIDECAR_E_JOB, detail);
	free(*file);
	*file = NULL;
}

bool job_file_read(struct ctl *c, struct sidecar_job *job)
{
	FILE *f = open_file(c);
	void *file;

	errno = f ? 0 : errno;
	file = f ? read_all(f, &job->file_bytes) : NULL;
	if (!file)
		report_unreadable(c, f);
	if (f)
		fclose(f);
	if (file)
		make_job(c, &file, &job->file_bytes);
	job->file = file;
	return file;
}
